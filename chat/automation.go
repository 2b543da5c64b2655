package chat

import (
	"context"
	"fmt"
	"strconv"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// snoozeTimer is the kind of the timers that wake snoozed conversations.
const snoozeTimer = "snooze"

// system is chat as an author.
func system() event.Actor {
	return event.Actor{Kind: event.ActorSystem, ID: "chat", Name: "Parley"}
}

// ruledConvs is how many conversations' states chat-rules remembers.
const ruledConvs = 20_000

// runRules runs the durable consumer chat-rules until ctx ends. One process at a
// time follows a stream, so that it may remember.
func (s *Service) runRules(ctx context.Context) error {
	s.states.Clear()
	return s.bus.Consume(ctx, bus.Consumer{Name: "chat-rules", Streams: s.bus.ChatStreams(), Handle: s.onEvent, Lanes: 8, Pinned: true}) // few: those that do something ask PostgreSQL
}

// runSnooze runs the consumer of due timers until ctx ends.
func (s *Service) runSnooze(ctx context.Context) error {
	return s.bus.OnDue(ctx, "chat-snooze", snoozeTimer, s.onSnoozeDue)
}

// onEvent follows what was said with what it means for the conversation. An
// event may come twice: what follows depends on the state that the conversation
// has by then, and carries a cid made of the event's sequence.
//
// The state in which something was said says when nothing follows: had it
// changed since, then after what was said, which the rules leave alone. So they
// remember it, and what people say to each other costs them nothing.
func (s *Service) onEvent(ctx context.Context, d bus.Delivery) error {
	state, known := s.states.Recall(&d)
	if known && d.Kind == event.KindMessage && !d.Internal && !mayFollow(state, event.ActorHeaderKind(d.Actor)) {
		return nil // chat-public reads it
	}
	e, err := decode(&d.Stored)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	if next := after(state, &e.Event); next != "" {
		s.states.Learn(&d, next)
	}
	switch {
	case e.Kind == event.KindSnoozed:
		return s.bus.Schedule(ctx, snoozeTimer, e.Conv, e.Until, []byte(strconv.FormatUint(e.Seq, 10)))
	case e.Kind != event.KindMessage || e.Note || (known && !mayFollow(state, e.From.Kind)):
		return nil
	case e.From.Kind == event.ActorVisitor:
		return s.followSaid(ctx, &d, &e.Event, s.wake)
	case e.From.Kind == event.ActorAgent && !e.From.Program:
		return s.followSaid(ctx, &d, &e.Event, s.take)
	}
	return nil
}

// after is the state after an event; "" when that was not known before it and
// the event does not say.
func after(state event.State, e *event.Event) event.State {
	c := Conversation{State: state}
	c.Apply(e)
	return c.State
}

// mayFollow reports whether a rule may follow from what somebody of the kind
// says in the state.
func mayFollow(state event.State, who event.ActorKind) bool {
	switch who {
	case event.ActorVisitor:
		return state == event.StateResolved || state == event.StateSnoozed
	case event.ActorAgent:
		return state == event.StateBot || state == event.StateQueued
	}
	return false
}

// followSaid applies a rule about what was said, and learns the state in which
// it was.
func (s *Service) followSaid(ctx context.Context, d *bus.Delivery, said *event.Event, rule func(context.Context, *loaded, *event.Event) (event.Event, bool, error)) error {
	return s.follow(ctx, said.Conv, func(l *loaded) (event.Event, bool, error) {
		if l.StateSeq < said.Seq {
			s.states.Learn(d, l.State)
		}
		return rule(ctx, l, said)
	})
}

// wake reopens what the visitor wrote into: a closed conversation, or a snoozed
// one, which goes to its agent.
func (s *Service) wake(ctx context.Context, l *loaded, said *event.Event) (event.Event, bool, error) {
	if (l.State != event.StateResolved && l.State != event.StateSnoozed) || l.StateSeq > said.Seq {
		return event.Event{}, false, nil
	}
	return s.reopening(ctx, l, l.State == event.StateSnoozed || s.presence.there(l.Agent), "message", said.Seq)
}

func (s *Service) reopening(ctx context.Context, l *loaded, keep bool, reason string, cause uint64) (event.Event, bool, error) {
	in, err := s.Inbox(ctx, l.Inbox)
	if err != nil && !isMissing(err) {
		return event.Event{}, false, err
	}
	e := l.reopened(&in, keep)
	e.CID, e.Reason = fmt.Sprintf("reopened.%d", cause), reason
	return e, true, nil
}

// take gives the conversation that nobody had to the agent who answered in it.
func (s *Service) take(ctx context.Context, l *loaded, said *event.Event) (event.Event, bool, error) {
	if (l.State != event.StateBot && l.State != event.StateQueued) || l.StateSeq > said.Seq {
		return event.Event{}, false, nil
	}
	agent, err := s.profile(ctx, said.From.ID)
	if err != nil {
		return event.Event{}, false, err
	}
	if agent == nil || agent.Disabled {
		return event.Event{}, false, nil
	}
	return event.Event{
		Kind: event.KindAssigned, CID: fmt.Sprintf("taken.%d", said.Seq),
		Assigned: &event.Assigned{Agent: agent.ID, Name: agent.Name, Team: l.Team},
	}, true, nil
}

// onSnoozeDue brings a conversation back whose snooze is over: the one that the
// timer was set for, no later one.
func (s *Service) onSnoozeDue(ctx context.Context, conv string, data []byte) error {
	seq, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable timer")
	}
	err = s.follow(ctx, conv, func(l *loaded) (event.Event, bool, error) {
		if l.State != event.StateSnoozed || l.StateSeq != seq {
			return event.Event{}, false, nil
		}
		return s.reopening(ctx, l, true, "snooze", seq)
	})
	if isMissing(err) {
		return nil // erased meanwhile
	}
	return err
}

// follow stores the event that a rule makes of the conversation's present
// state, deciding again when the state changes meanwhile.
func (s *Service) follow(ctx context.Context, conv string, rule func(*loaded) (event.Event, bool, error)) error {
	for range maxConflicts {
		l, err := s.load(ctx, conv)
		if err != nil {
			return err
		}
		e, ok, err := rule(&l)
		if err != nil || !ok {
			return err
		}
		e.Conv, e.At, e.From = conv, s.now(), system()
		_, err = s.store(ctx, &l, e.CID, []event.Event{e})
		if !isOvertaken(err) {
			return err
		}
		if err := s.pauseForOther(ctx); err != nil {
			return err
		}
	}
	return tooManyConflicts()
}
