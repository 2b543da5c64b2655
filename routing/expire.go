package routing

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// expire ends offers that ran out and claims whose event never came.
func (s *Service) expire(ctx context.Context) error {
	for {
		before, ended, err := s.expireOne(ctx)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !ended || before.State != offered {
			continue
		}
		e := event.Event{Kind: event.KindDeclined, Reason: "timeout", Assigned: &event.Assigned{Agent: before.Agent, Auto: true}}
		if err := s.store(ctx, before, &e); err != nil && !errors.Is(err, errOvertaken) {
			return err
		}
	}
}

// expireOne takes the next overdue row back to the queue, unless its event is
// in the log already and the consumer only has not come to it: then the row
// gets more time, because giving its place away would give it twice.
func (s *Service) expireOne(ctx context.Context) (before row, ended bool, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		ended = false
		r, err := overdue(ctx, tx, s.now())
		if err != nil {
			return err
		}
		before = r
		tail, err := s.bus.Read(ctx, event.ChatSubject(r.Conv), r.Seq, tailPage)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(tail, func(m bus.Stored) bool { return overtakes(m.Kind) }) {
			later := s.now().Add(claimFor)
			r.NextAt = &later
			return save(ctx, tx, s.now(), before, r)
		}
		ended = true
		again := s.now().Add(declineFor)
		r.State, r.Agent, r.NextAt = waits, "", &again
		r.Declined = append(r.Declined, before.Agent)
		return save(ctx, tx, s.now(), before, r)
	})
	return before, ended, err
}
