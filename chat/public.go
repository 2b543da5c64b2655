package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// runPublic runs the durable consumer chat-public until ctx ends. Each
// conversation's facts are stored one after another, those of many
// conversations together.
func (s *Service) runPublic(ctx context.Context) error {
	return s.bus.Consume(ctx, bus.Consumer{Name: "chat-public", Streams: s.bus.ChatStreams(), Handle: s.onPublic, Kinds: isPublic, Lanes: 256, Pinned: true})
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

// onPublic publishes one event as a CloudEvent. The id is the event's place in
// the log, so it is stored once.
func (s *Service) onPublic(ctx context.Context, d bus.Delivery) error {
	if !isPublic(d.Kind) || (d.Kind == event.KindMessage && d.Internal) {
		return nil
	}
	e, err := decode(&d.Stored)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	from, err := s.origin(ctx, e.Conv)
	if isMissing(err) {
		return nil // its beginning has left the log, and PostgreSQL never knew it
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(publicFact(&e.Event, from))
	if err != nil {
		return fmt.Errorf("encode fact: %w", err)
	}
	id := d.Stream + ":" + strconv.FormatUint(d.Seq, 10)
	header := event.CloudEvent{
		ID: id, Source: "/inboxes/" + from.Inbox, Type: "parley.conversation." + string(e.Kind), Subject: e.Conv, Time: e.At,
	}.Header()
	return s.facts.Publish(bus.Msg{ //nolint:contextcheck // it is stored with others' facts, in their time
		Subject: event.PublicConversationSubject(string(e.Kind), from.Inbox), ID: id, Data: body, Header: header,
	})
}

func publicFact(e *event.Event, o origin) event.ConversationFact {
	f := event.ConversationFact{
		Conversation: e.Conv, Seq: e.Seq, At: e.At, Inbox: o.Inbox, Visitor: o.Visitor, Contact: o.Contact, From: e.From,
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

// origin is who and where of a conversation, which never changes.
type origin struct{ Inbox, Visitor, Contact string }

// origin is remembered for the 20,000 conversations used last.
func (s *Service) origin(ctx context.Context, conv string) (origin, error) {
	if o, ok := s.origins.Get(conv); ok {
		return o, nil
	}
	o, err := s.findOrigin(ctx, conv)
	if err == nil {
		s.origins.Add(conv, o)
	}
	return o, err
}

func (s *Service) findOrigin(ctx context.Context, conv string) (origin, error) {
	first, err := s.bus.First(ctx, event.ChatSubject(conv))
	if err != nil && !isMissing(err) {
		return origin{}, err
	}
	if err == nil && first.Kind == event.KindOpened {
		e, err := decode(&first)
		if err != nil {
			return origin{}, errs.Wrap(err, errs.Invalid, "unreadable event")
		}
		if e.Opened == nil {
			return origin{}, nil
		}
		return origin{Inbox: e.Opened.Inbox, Visitor: e.Opened.Visitor, Contact: e.Opened.Contact}, nil
	}
	row, err := s.row(ctx, conv)
	return origin{Inbox: row.Inbox, Visitor: row.Visitor, Contact: row.Contact}, err
}
