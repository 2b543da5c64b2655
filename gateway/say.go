package gateway

import (
	"context"
	"errors"
	"strings"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
)

// say publishes a message. The ack is sent from the broker's answer; the
// reader goes on with the next object meanwhile, and while a retry is looked up.
func (s *socket) say(ctx context.Context, f Send) error {
	if err := checkCID(f.CID); err != nil {
		return err
	}
	if f.Note && !s.viewer.Staff() {
		return errs.New(errs.Forbidden, "notes are for agents")
	}
	if f.Text == "" && f.Choice != "" {
		f.Text = f.Choice
	}
	if strings.TrimSpace(f.Text) == "" && len(f.Attachments) == 0 {
		return errs.Field("text", "is empty; say something or attach a file")
	}
	if err := s.admit(f.Text); err != nil {
		return err
	}
	if !ids.Valid(f.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	return s.inTurn(f.Conv, f.CID, f.Attempt > 1, func() error {
		if err := s.mayRead(ctx, f.Conv); err != nil {
			return err
		}
		return s.tell(ctx, f)
	})
}

// tell publishes a message that was admitted.
func (s *socket) tell(ctx context.Context, f Send) error {
	known, ok, err := s.known(ctx, f.Conv, f.CID, f.Attempt)
	if err != nil {
		return err
	}
	if ok {
		s.ack(known)
		return nil
	}
	files, err := s.claim(ctx, f.Conv, f.Attachments)
	if err != nil {
		return err
	}
	e := event.Event{
		Conv: f.Conv, At: s.svc.now(), CID: f.CID, From: s.viewer.Actor(), Kind: event.KindMessage,
		Text: f.Text, Choice: clip(f.Choice, 64), Note: f.Note, ReplyTo: f.ReplyTo, Attachments: files,
		Signed: s.viewer.Signed(),
	}
	if s.viewer.Staff() {
		e.HTML = markup.Render(f.Text)
	}
	return s.publish(ctx, &e)
}

// admit checks what every command that stores text must pass.
func (s *socket) admit(text string) error {
	if len(text) > s.svc.cfg.MaxText {
		return errs.New(errs.TooLarge, "a message has at most %d bytes; send it in parts or as a file", s.svc.cfg.MaxText)
	}
	if s.viewer.Kind != auth.Visitor {
		return nil
	}
	return s.svc.visitors.Allow(s.viewer.ID)
}

func (s *socket) claim(ctx context.Context, conv string, files []string) ([]event.Attachment, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if err := checkFiles(files); err != nil {
		return nil, err
	}
	return s.svc.desk.Claim(ctx, s.viewer, conv, files)
}

func checkFiles(files []string) error {
	if len(files) > maxAttachments {
		return errs.Field("attachments", "has more than %d files", maxAttachments)
	}
	for _, id := range files {
		if !ids.Valid(id) {
			return errs.New(errs.NotFound, "there is no such file")
		}
	}
	return nil
}

// publish stores the event and acknowledges it to this socket.
func (s *socket) publish(ctx context.Context, e *event.Event) error {
	sender := event.SenderKey(e.From)
	at, conv, cid := e.At, e.Conv, e.CID
	started := s.svc.metrics.clock()
	msg, err := bus.EventMsg(e, sender, cid, nil)
	if err != nil {
		return err
	}
	return s.svc.bus.PublishAsync(msg, func(ack bus.Ack, err error) {
		if err != nil {
			s.fail(cid, err)
			return
		}
		s.svc.metrics.stored(started)
		receipt := event.Receipt{CID: cid, Conv: conv, Seq: ack.Seq, At: at}
		if !ack.Duplicate {
			s.ack(receipt)
			return
		}
		// A retry: the answer must carry the first one's time. Reading it may
		// block, which a callback must not.
		go s.ackStored(ctx, conv, cid, ack)
	})
}

// ackStored acknowledges a command by what is in the log.
func (s *socket) ackStored(ctx context.Context, conv, cid string, ack bus.Ack) {
	stored, err := s.svc.bus.Get(ctx, ack.Stream, ack.Seq)
	if err != nil {
		s.fail(cid, err)
		return
	}
	receipt, err := receiptOf(conv, stored)
	if err != nil {
		s.fail(cid, err)
		return
	}
	s.ack(receipt)
}

func receiptOf(conv string, stored bus.Stored) (event.Receipt, error) {
	e, err := event.Decode(conv, stored.Seq, stored.Data)
	if err != nil {
		return event.Receipt{}, err
	}
	return event.Receipt{CID: e.CID, Conv: conv, Seq: stored.Seq, At: e.At}, nil
}

// open starts a visitor's conversation. Its id follows from the visitor and
// the cid, so that a repeated open finds the first one, through any gateway
// and after any crash.
func (s *socket) open(ctx context.Context, f Open) error {
	if err := checkCID(f.CID); err != nil {
		return err
	}
	if s.viewer.Kind != auth.Visitor {
		return errs.New(errs.Forbidden, "only visitors open conversations here; programs use the service parley.v1.chat.open")
	}
	if err := s.admit(f.Text); err != nil {
		return err
	}
	if err := checkFields(f.Fields, f.Page); err != nil {
		return err
	}
	inbox, err := s.svc.desk.Inbox(ctx, s.viewer.Inbox)
	if err != nil {
		return err
	}
	if inbox.Archived {
		return errs.New(errs.Forbidden, "this inbox is closed")
	}
	conv := ids.Derive("conversation", s.viewer.ID, f.CID)
	if _, err := s.claim(ctx, conv, f.Attachments); err != nil { // before anything is stored: tell must not fail for them
		return err
	}
	says := strings.TrimSpace(f.Text) != "" || len(f.Attachments) > 0
	receipt, err := s.begin(ctx, conv, &inbox, f, says)
	if err != nil {
		return err
	}
	from := uint64(0)
	if err := s.join(ctx, conv, &from); err != nil {
		return err
	}
	if !says {
		s.ack(receipt)
		return nil
	}
	return s.tell(ctx, Send{CID: f.CID, Conv: conv, Text: f.Text, Attachments: f.Attachments})
}

// begin stores the first event, or finds it stored. Only one of the events of
// an open carries its cid: the message when there is one.
func (s *socket) begin(ctx context.Context, conv string, inbox *event.Inbox, f Open, says bool) (event.Receipt, error) {
	state := event.StateQueued
	if inbox.Bot {
		state = event.StateBot
	}
	e := event.Event{
		Conv: conv, At: s.svc.now(), From: s.viewer.Actor(), Kind: event.KindOpened,
		Opened: &event.Opened{
			Inbox: s.viewer.Inbox, Visitor: s.viewer.ID, Contact: s.viewer.Contact, State: state, Verified: s.viewer.Verified,
			Page: f.Page, Fields: f.Fields,
		},
	}
	if !says {
		e.CID = f.CID
	}
	none := uint64(0)
	ack, err := s.svc.bus.PublishEvent(ctx, &e, event.SenderKey(e.From), "opened", &none)
	if err == nil && !ack.Duplicate {
		return event.Receipt{CID: f.CID, Conv: conv, Seq: ack.Seq, At: e.At}, nil
	}
	if wrong, ok := errors.AsType[*bus.WrongSequenceError](err); err != nil && (!ok || wrong == nil) {
		return event.Receipt{}, err
	}
	first, err := s.svc.bus.First(ctx, event.ChatSubject(conv))
	if err != nil {
		return event.Receipt{}, err
	}
	receipt, err := receiptOf(conv, first)
	receipt.CID = f.CID
	return receipt, err
}

const (
	maxFields = 32
	maxField  = 2000 // bytes
	maxURL    = 2048 // bytes
)

func checkFields(fields map[string]string, page *event.Page) error {
	if len(fields) > maxFields {
		return errs.Field("fields", "has more than %d entries", maxFields)
	}
	for name, value := range fields {
		if len(name) > 64 || len(value) > maxField {
			return errs.Field("fields", "has an entry that is too long")
		}
	}
	if page != nil && (len(page.URL) > maxURL || len(page.Title) > maxField) {
		return errs.Field("page", "is too long")
	}
	return nil
}
