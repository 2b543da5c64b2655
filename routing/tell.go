package routing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/event"
)

// tellNew tells those who have begun to wait so, and reports whether there were
// any and whether all are told.
func (s *Service) tellNew(ctx context.Context) (told, all bool, err error) {
	list, err := untold(ctx, s.db, maxRound)
	if err != nil {
		return false, false, err
	}
	for _, conv := range list {
		if err := s.announce(ctx, conv); err != nil {
			if ctx.Err() != nil {
				return told, false, err
			}
			s.postpone(conv, fmt.Errorf("tell that it waits: %w", err))
			continue
		}
		told = true
	}
	return told, len(list) < maxRound || !told, nil
}

// announce tells the visitor that they wait, at which place, or that nobody is
// there.
func (s *Service) announce(ctx context.Context, conv string) error {
	r, err := findRow(ctx, s.db, conv)
	if err != nil || r.State != waits || r.Announced {
		return err
	}
	inbox, err := s.inboxes.Inbox(ctx, r.Inbox)
	if err != nil {
		return err
	}
	there, _, err := attendance(ctx, s.db, &inbox)
	if err != nil {
		return err
	}
	q := &event.Queued{}
	q.Offline, q.OpensAt = offline(&inbox, there, s.now())
	if q.Position, err = position(ctx, s.db, &r); err != nil {
		return err
	}
	gap, err := pace(ctx, s.db, r.Inbox)
	if err != nil {
		return err
	}
	q.ExpectedSecs = expected(q.Position, gap)
	err = s.store(ctx, r, &event.Event{Kind: event.KindQueued, Queued: q})
	if errors.Is(err, errOvertaken) {
		return nil // the consumer learns what happened
	}
	if err != nil {
		return err
	}
	return s.edit(ctx, conv, func(r *row) bool { r.Announced = true; return true })
}

// placesEvery is how often the waiting are told where they stand, at most: each
// assignment moves all who stand behind it.
const placesEvery = 500 * time.Millisecond

// tellPlaces tells the waiting visitors where they stand after the queue has
// moved.
func (s *Service) tellPlaces(ctx context.Context) error {
	if !s.moved {
		return nil
	}
	now := s.now()
	if next := s.placesAt.Add(placesEvery); now.Before(next) && !now.Before(s.placesAt) {
		s.comeBack(next)
		return nil
	}
	list, err := places(ctx, s.db)
	if err != nil {
		return err
	}
	for _, p := range list {
		err := s.bus.Ephemeral(event.EphemeralSubject(p.Conv), event.Ephemeral{
			Type: "queue", Conv: p.Conv, Position: p.Position, ExpectedSecs: p.Expected,
		})
		if err != nil {
			return err
		}
	}
	s.moved, s.placesAt = false, now
	return nil
}
