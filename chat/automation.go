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

// runRules runs the durable consumer chat-rules until ctx ends.
func (s *Service) runRules(ctx context.Context) error {
	return s.bus.Consume(ctx, bus.Consumer{Name: "chat-rules", Streams: s.bus.ChatStreams(), Handle: s.onEvent, Lanes: 8, Pinned: true}) // few: each asks PostgreSQL
}

// runSnooze runs the consumer of due timers until ctx ends.
func (s *Service) runSnooze(ctx context.Context) error {
	return s.bus.OnDue(ctx, "chat-snooze", snoozeTimer, s.onSnoozeDue)
}

// onEvent follows what was said with what it means for the conversation. An
// event may come twice: what follows depends on the state that the conversation
// has by then, and carries a cid made of the event's sequence.
func (s *Service) onEvent(ctx context.Context, d bus.Delivery) error {
	e, err := decode(&d.Stored)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	switch {
	case e.Kind == event.KindSnoozed:
		return s.bus.Schedule(ctx, snoozeTimer, e.Conv, e.Until, []byte(strconv.FormatUint(e.Seq, 10)))
	case e.Kind != event.KindMessage || e.Note:
		return nil
	case e.From.Kind == event.ActorVisitor:
		return s.follow(ctx, e.Conv, func(l *loaded) (event.Event, bool, error) { return s.wake(ctx, l, &e.Event) })
	case e.From.Kind == event.ActorAgent && !e.From.Program:
		return s.follow(ctx, e.Conv, func(l *loaded) (event.Event, bool, error) { return s.take(ctx, l, &e.Event) })
	}
	return nil
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
