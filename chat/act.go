package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	maxConflicts  = 5 // times a decision is made again because the conversation moved on
	conflictPause = 20 * time.Millisecond
)

// Act carries out a command: it decides on the conversation's present state and
// stores what follows, unless the state has changed in between; then it decides
// again, five times at most. The same cid of the same sender gets the same
// receipt for 30 days and stores nothing again. Errors: not_found (also for
// what the viewer may not see), forbidden, invalid, conflict (with the state),
// busy (try again with the same cid).
func (s *Service) Act(ctx context.Context, v auth.Viewer, cmd event.Command) (event.Receipt, error) {
	if !ids.Valid(cmd.Conv) {
		return event.Receipt{}, errs.New(errs.NotFound, "there is no such conversation")
	}
	if err := checkCID(cmd.CID); err != nil {
		return event.Receipt{}, err
	}
	return s.decide(ctx, v, cmd.Conv, cmd.CID, func(l *loaded) ([]event.Event, error) {
		situation, err := s.situation(ctx, &l.Conversation, cmd)
		if err != nil {
			return nil, err
		}
		return Decide(l.Conversation, v, cmd, situation)
	})
}

// decide loads the conversation, lets rule say what follows, and stores it. The
// event with the cid is the one that the receipt is for.
func (s *Service) decide(ctx context.Context, v auth.Viewer, conv, cid string, rule func(*loaded) ([]event.Event, error)) (event.Receipt, error) {
	for range maxConflicts {
		l, err := s.loadFor(ctx, v, conv)
		if err != nil {
			return event.Receipt{}, err
		}
		if receipt, ok, err := s.seen(ctx, &l, event.SenderKey(v.Actor()), cid); err != nil || ok {
			return receipt, err
		}
		events, err := rule(&l)
		if err != nil {
			return event.Receipt{}, err
		}
		receipt, err := s.store(ctx, &l, cid, events)
		if !isOvertaken(err) {
			if err == nil {
				s.notify(v, events)
			}
			return receipt, err
		}
		if err := s.pauseForOther(ctx); err != nil {
			return event.Receipt{}, err
		}
	}
	return event.Receipt{}, tooManyConflicts()
}

func tooManyConflicts() error {
	return &errs.Error{Code: errs.Busy, Message: "too much happens in this conversation at once; please try again", RetryAfter: time.Second}
}

func isOvertaken(err error) bool {
	_, ok := errors.AsType[*bus.WrongSequenceError](err)
	return ok
}

func (s *Service) pauseForOther(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(conflictPause)): //nolint:gosec // jitter, not a secret
		return nil
	}
}

// loadFor loads a conversation for somebody who may see it.
func (s *Service) loadFor(ctx context.Context, v auth.Viewer, conv string) (loaded, error) {
	l, err := s.load(ctx, conv)
	if err != nil {
		return loaded{}, err
	}
	return l, auth.MayRead(v, s.subject(ctx, &l.Conversation))
}

// subject is the conversation as the gate must know it, with the teams that its
// inbox is for. An inbox that cannot be read now names none: then staff, whose
// credentials are in PostgreSQL too, do not get this far.
func (s *Service) subject(ctx context.Context, c *Conversation) auth.Subject {
	subject := c.Subject()
	if in, err := s.Inbox(ctx, c.Inbox); err == nil {
		subject.InboxTeams = in.Teams
	}
	return subject
}

// store stores events one after another behind the last one that l knows, and
// returns the receipt of the one with the cid. A *bus.WrongSequenceError means
// that somebody else was first.
func (s *Service) store(ctx context.Context, l *loaded, cid string, events []event.Event) (event.Receipt, error) {
	last, err := s.lastInBroker(ctx, l)
	if err != nil {
		return event.Receipt{}, err
	}
	receipt := event.Receipt{CID: cid, Conv: l.ID}
	for i := range events {
		e := &events[i]
		ack, err := s.bus.PublishEvent(ctx, e, event.SenderKey(e.From), e.CID, &last)
		if err != nil {
			return event.Receipt{}, err
		}
		last = ack.Seq
		if e.CID != cid {
			continue
		}
		if ack.Duplicate {
			return s.receiptAt(ctx, l.ID, cid, ack)
		}
		receipt.Seq, receipt.At = ack.Seq, e.At
	}
	return receipt, nil
}

// lastInBroker is the subject's last sequence as the broker counts it: 0 when
// all of the conversation has left the log.
func (s *Service) lastInBroker(ctx context.Context, l *loaded) (uint64, error) {
	if len(l.tail) > 0 {
		return l.logSeq, nil
	}
	m, err := s.bus.Last(ctx, event.ChatSubject(l.ID))
	switch {
	case isMissing(err):
		return 0, nil
	case err != nil:
		return 0, err
	case m.Seq > l.logSeq: // stored since it was loaded
		return 0, &bus.WrongSequenceError{Subject: event.ChatSubject(l.ID), Expected: l.logSeq}
	}
	return m.Seq, nil
}

// receiptAt reads the receipt of what was stored at an earlier try.
func (s *Service) receiptAt(ctx context.Context, conv, cid string, ack bus.Ack) (event.Receipt, error) {
	m, err := s.bus.Get(ctx, ack.Stream, ack.Seq)
	if err != nil {
		return event.Receipt{}, err
	}
	e, err := event.Decode(conv, m.Seq, m.Data)
	if err != nil {
		return event.Receipt{}, err
	}
	return event.Receipt{CID: cid, Conv: conv, Seq: e.Seq, At: e.At}, nil
}

// notify tells an agent who was given a conversation by somebody else.
func (s *Service) notify(v auth.Viewer, events []event.Event) {
	for i := range events {
		e := &events[i]
		if e.Assigned == nil || e.Assigned.Agent == "" || e.Assigned.Agent == v.ID || e.Kind == event.KindDeclined {
			continue
		}
		notice := event.Notice{Type: event.NoticeAssigned, Agent: e.Assigned.Agent, Conv: e.Conv}
		if err := s.bus.Ephemeral(event.AgentSubject(e.Assigned.Agent), notice); err != nil {
			s.log.Warn("agent could not be told of an assignment", "agent", e.Assigned.Agent, "conv", e.Conv, "error", err)
		}
	}
}

// checkCID accepts what the protocol calls a cid.
func checkCID(cid string) error {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	if len(cid) < 1 || len(cid) > 64 || strings.Trim(cid, allowed) != "" {
		return errs.Field("cid", "must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -")
	}
	return nil
}
