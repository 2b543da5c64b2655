package agents

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// sweepLoop ends old sessions once a minute: that a session has become old is
// not an event of its own.
func (s *Service) sweepLoop(ctx context.Context) error {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("end old sessions", "error", err)
			}
		}
	}
}

// sweep keeps the sessions of open consoles, deletes those that have expired,
// closing their sockets, and deletes links that were not used in time.
func (s *Service) sweep(ctx context.Context) error {
	now := s.now()
	return s.write(ctx, func(tx pgx.Tx, c *changes) error {
		if err := keepPresent(ctx, tx, s.presence.there(), now); err != nil {
			return err
		}
		gone, err := endOld(ctx, tx, now)
		if err != nil {
			return err
		}
		c.ended(gone)
		return dropOldLinks(ctx, tx, now)
	})
}
