package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// runPublic runs the durable consumer chat-public until ctx ends.
func (s *Service) runPublic(ctx context.Context) error {
	return s.bus.Consume(ctx, bus.Consumer{Name: "chat-public", Streams: s.bus.ChatStreams(), Handle: s.onPublic, Kinds: isPublic, Pinned: true})
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
	header := event.CloudEvent{
		ID: id, Source: "/inboxes/" + origin.Inbox, Type: "parley.conversation." + string(e.Kind), Subject: e.Conv, Time: e.At,
	}.Header()
	_, err = s.bus.Publish(ctx, bus.Msg{Subject: event.PublicConversationSubject(string(e.Kind), origin.Inbox), ID: id, Data: body, Header: header})
	return err
}

func publicFact(e *event.Event, origin event.Opened) event.ConversationFact {
	f := event.ConversationFact{
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
