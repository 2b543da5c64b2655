package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// PublicFact is the data of the CloudEvents on
// evt.conversation.<fact>.<inbox>, see [event.PublicConversationSubject]: what
// other systems may rely on. Fields are added, never renamed. The facts are
// opened, message, handoff, queued, assigned, transferred, resolved, reopened,
// tagged and rated; notes and the bot's reasoning are never among them.
type PublicFact struct {
	Conversation string      `json:"conversation"`
	Seq          uint64      `json:"seq"` // place in the conversation: order by it
	At           time.Time   `json:"at"`
	Inbox        string      `json:"inbox"`
	Visitor      string      `json:"visitor"`
	Contact      string      `json:"contact"` // as the conversation was opened; follow evt.contact.merged
	From         event.Actor `json:"from"`

	State       event.State        `json:"state,omitempty"` // opened: bot or queued
	Page        *event.Page        `json:"page,omitempty"`
	Fields      map[string]string  `json:"fields,omitempty"` // of the pre-chat form
	Text        string             `json:"text,omitempty"`
	Attachments []event.Attachment `json:"attachments,omitempty"`
	Agent       string             `json:"agent,omitempty"` // assigned, transferred, reopened
	AgentName   string             `json:"agent_name,omitempty"`
	Team        string             `json:"team,omitempty"`
	Reason      string             `json:"reason,omitempty"` // handoff, transferred, resolved, reopened
	Tags        []string           `json:"tags,omitempty"`
	Rating      *event.Rating      `json:"rating,omitempty"`
}

// runPublic runs the durable consumer chat-public until ctx ends.
func (s *Service) runPublic(ctx context.Context) error {
	return s.bus.Consume(ctx, bus.Consumer{Name: "chat-public", Streams: s.bus.ChatStreams(), Handle: s.onPublic})
}

// isPublic reports whether other systems hear of events of the kind.
func isPublic(k event.Kind) bool {
	switch k {
	case event.KindOpened, event.KindMessage, event.KindHandoff, event.KindQueued, event.KindAssigned,
		event.KindTransferred, event.KindResolved, event.KindReopened, event.KindTagged, event.KindRated:
		return true
	}
	return false
}

// onPublic publishes one event as a CloudEvent 1.0 in binary mode (NATS
// protocol binding 1.0.3, section 3.1). The id is the event's place in the log,
// so it is stored once.
func (s *Service) onPublic(ctx context.Context, d bus.Delivery) error {
	if !isPublic(d.Kind) || (d.Kind == event.KindMessage && d.Internal) {
		return nil
	}
	e, err := decode(&d.Stored)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	origin, err := s.origin(ctx, e.Conv)
	if isMissing(err) {
		return nil // its beginning has left the log, and PostgreSQL never knew it
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(publicFact(&e.Event, origin))
	if err != nil {
		return fmt.Errorf("encode fact: %w", err)
	}
	id := fmt.Sprintf("%s:%d", d.Stream, d.Seq)
	_, err = s.bus.Publish(ctx, bus.Msg{
		Subject: event.PublicConversationSubject(string(e.Kind), origin.Inbox), ID: id, Data: body,
		Header: map[string]string{
			"ce-specversion": "1.0", "ce-id": id, "ce-source": "/inboxes/" + origin.Inbox, "ce-type": "parley.conversation." + string(e.Kind),
			"ce-subject": e.Conv, "ce-time": e.At.Format(time.RFC3339Nano), "ce-datacontenttype": "application/json",
		},
	})
	return err
}

func publicFact(e *event.Event, origin event.Opened) PublicFact {
	f := PublicFact{
		Conversation: e.Conv, Seq: e.Seq, At: e.At, Inbox: origin.Inbox, Visitor: origin.Visitor, Contact: origin.Contact, From: e.From,
		Text: e.Text, Attachments: e.Attachments, Reason: e.Reason, Tags: e.Tags, Rating: e.Rating,
	}
	if e.Opened != nil {
		f.State, f.Page, f.Fields = e.Opened.State, e.Opened.Page, e.Opened.Fields
	}
	if e.Assigned != nil {
		f.Agent, f.AgentName, f.Team = e.Assigned.Agent, e.Assigned.Name, e.Assigned.Team
	}
	if e.Handoff != nil {
		f.Reason, f.Team = e.Handoff.Reason, e.Handoff.Team
	}
	return f
}

// origin is who and where of a conversation, which never changes, so it is
// remembered for the 10,000 conversations used last.
func (s *Service) origin(ctx context.Context, conv string) (event.Opened, error) {
	if o, ok := s.origins.Get(conv); ok {
		return o, nil
	}
	var o event.Opened
	first, err := s.bus.First(ctx, event.ChatSubject(conv))
	if err == nil && first.Kind == event.KindOpened {
		e, err := decode(&first)
		if err != nil {
			return o, errs.Wrap(err, errs.Invalid, "unreadable event")
		}
		if e.Opened != nil {
			o = *e.Opened
		}
	} else {
		row, err := s.row(ctx, conv)
		if err != nil {
			return o, err
		}
		o = event.Opened{Inbox: row.Inbox, Visitor: row.Visitor, Contact: row.Contact}
	}
	s.origins.Add(conv, o)
	return o, nil
}
