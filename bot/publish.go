package bot

import (
	"context"
	"errors"
	"fmt"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// errOvertaken means that something came in before the answer that makes it
// void: another message of the visitor, or a person.
var errOvertaken = errors.New("overtaken by another event")

// maxConflicts bounds how often one event is tried again because others come
// in between.
const maxConflicts = 20

// store publishes the events of a plan one after another, each only if nothing
// came in since the one before; after is the last sequence that the plan knows.
// What an earlier try has stored is not stored again. It returns the sequence of
// the plan's last event. Once a part of the answer is out, the rest follows
// whatever the visitor writes meanwhile; of a firm plan all does. late says that
// they have written something then.
func (s *Service) store(ctx context.Context, after uint64, events []event.Event, firm bool) (last uint64, late bool, err error) {
	out := progress{last: after, own: map[string]uint64{}, firm: firm}
	for i := range events {
		e := &events[i]
		for tries := 0; out.own[e.CID] == 0; tries++ {
			if tries == maxConflicts {
				return 0, false, errs.New(errs.Busy, "too much happens in the conversation at once")
			}
			ack, err := s.bus.PublishEvent(ctx, e, sender, e.CID, &out.last)
			if err == nil {
				out.own[e.CID] = ack.Seq
				out.last = max(out.last, ack.Seq)
				break
			}
			if _, conflict := errors.AsType[*bus.WrongSequenceError](err); !conflict {
				return 0, false, err
			}
			if err := s.catchUp(ctx, e.Conv, &out); err != nil {
				return 0, false, err
			}
		}
		out.visible = out.visible || !e.Internal()
	}
	return out.own[events[len(events)-1].CID], out.late, nil
}

// progress is how far the storing of a plan has come.
type progress struct {
	last    uint64            // sequence up to which the conversation is known
	own     map[string]uint64 // cid of the plan's stored events → sequence
	visible bool              // the visitor can see a part of it
	firm    bool              // it stands whatever the visitor writes
	late    bool              // the visitor has written since, and that stands unanswered
}

// catchUp reads what came in after p.last, or returns errOvertaken when it makes
// the plan void.
func (s *Service) catchUp(ctx context.Context, conv string, p *progress) error {
	list, err := s.bus.Read(ctx, event.ChatSubject(conv), p.last, 1000)
	if err != nil {
		return fmt.Errorf("read the conversation: %w", err)
	}
	for i := range list {
		p.last = list[i].Seq
		e, err := decode(&list[i])
		switch {
		case err != nil: // it says nothing
		case e.From.Kind == event.ActorBot:
			p.own[e.CID] = e.Seq
			p.visible = p.visible || !e.Internal()
		case !voids(&e):
		case e.Kind == event.KindMessage && e.From.Kind == event.ActorVisitor && (p.visible || p.firm):
			p.late = true
		case !p.visible:
			return errOvertaken
		}
	}
	return nil
}

// voids reports whether an event that somebody else stored makes an answer
// useless.
func voids(e *event.Event) bool {
	switch e.Kind {
	case event.KindMessage:
		return !e.Note
	case event.KindHandoff, event.KindQueued, event.KindAssigned, event.KindTransferred, event.KindSnoozed, event.KindResolved:
		return true
	}
	return false
}
