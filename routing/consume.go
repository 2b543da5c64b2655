package routing

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// onChat applies an event of a conversation. Messages change nothing here.
func (s *Service) onChat(ctx context.Context, d bus.Delivery) error {
	if !concerns(d.Kind) {
		return nil
	}
	e, err := event.Decode(event.ChatConversation(d.Subject), d.Seq, d.Data)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	var before, after row
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		before, err = lockRow(ctx, tx, e.Conv)
		if errs.Is(err, errs.NotFound) && e.Kind == event.KindOpened {
			before, err = row{Conv: e.Conv, State: idle}, nil
		}
		if err != nil {
			return err
		}
		after = before
		if e.Seq <= before.Seq {
			return nil
		}
		after = apply(before, e)
		if err := save(ctx, tx, s.now(), before, after); err != nil {
			return err
		}
		return s.remember(ctx, tx, before, after, e)
	})
	if errs.Is(err, errs.NotFound) {
		return nil // opened before the log began: nothing to route
	}
	if err != nil {
		return err
	}
	if e.Kind == event.KindAssigned && e.Assigned != nil && e.Assigned.Auto && after.Seq == e.Seq {
		return s.releaseAbsent(ctx, after)
	}
	switch {
	case before.loads() && (!after.loads() || before.Agent != after.Agent):
		s.roomAppeared()
	case after.State == waits || before.Agent != after.Agent:
		s.alarm.Wake()
	}
	return nil
}

// roomAppeared looks at the queue from its front again: an agent may have room.
func (s *Service) roomAppeared() {
	s.openings.Add(1)
	s.alarm.Wake()
}

func concerns(k event.Kind) bool {
	return k == event.KindOpened || k == event.KindQueued || overtakes(k)
}

// remember keeps who served the contact and how long the wait was.
func (s *Service) remember(ctx context.Context, tx pgx.Tx, before, after row, e event.Event) error {
	if after.State != assigned || (before.State == assigned && before.Agent == after.Agent) {
		return nil
	}
	if err := saveLastAgent(ctx, tx, after.Contact, after.Agent, e.At); err != nil {
		return err
	}
	switch before.State {
	case waits, claimed, offered:
		return depart(ctx, tx, after.Inbox, e.At, e.At.Sub(before.Since))
	}
	return nil
}

// apply returns the row after the event.
func apply(r row, e event.Event) row {
	r.Seq = e.Seq
	switch e.Kind {
	case event.KindOpened:
		r.Inbox, r.Contact, r.Since = e.Opened.Inbox, e.Opened.Contact, e.At
		if e.Opened.State == event.StateQueued {
			r.wait(e)
		}
	case event.KindHandoff:
		if h := e.Handoff; h != nil {
			r.Skills, r.Language, r.Priority, r.Team = h.Skills, h.Language, h.Priority, h.Team
		}
		r.wait(e)
	case event.KindQueued:
		if r.State == idle || r.State == assigned || r.State == snoozed {
			r.wait(e) // somebody put it back
		}
		r.Announced = true
	case event.KindOffered:
		until := e.Until
		r.State, r.Agent, r.NextAt = offered, e.Assigned.Agent, &until
	case event.KindDeclined:
		again := e.At.Add(declineFor)
		r.State, r.Agent, r.NextAt = waits, "", &again
		if e.Assigned != nil && !slices.Contains(r.Declined, e.Assigned.Agent) {
			r.Declined = append(slices.Clone(r.Declined), e.Assigned.Agent)
		}
	case event.KindAssigned:
		r.give(e.Assigned)
	case event.KindTransferred, event.KindReopened:
		r.moved(e)
	case event.KindSnoozed:
		r.State, r.NextAt = snoozed, nil
	case event.KindResolved:
		r.State, r.Agent, r.NextAt, r.Declined = idle, "", nil, nil
	}
	return r
}

// moved applies a transfer or a reopening: to an agent, to a team's queue, or
// back to the bot.
func (r *row) moved(e event.Event) {
	switch {
	case e.Assigned != nil && e.Assigned.Agent != "":
		r.give(e.Assigned)
	case e.Kind == event.KindReopened && e.Queued == nil:
		r.State, r.Agent, r.NextAt = idle, "", nil // the bot has it
	default:
		r.Team = ""
		if e.Assigned != nil {
			r.Team = e.Assigned.Team
		}
		r.wait(e)
	}
}

func (r *row) wait(e event.Event) {
	if r.State == waits {
		return
	}
	r.State, r.Agent, r.NextAt, r.Declined, r.Announced, r.Since = waits, "", nil, nil, false, e.At
}

func (r *row) give(a *event.Assigned) {
	if a == nil || a.Agent == "" {
		return
	}
	r.State, r.Agent, r.NextAt, r.Declined = assigned, a.Agent, nil, nil
	if a.Team != "" {
		r.Team = a.Team
	}
}
