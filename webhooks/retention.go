package webhooks

import (
	"context"
	"time"
)

const forgetEvery = time.Hour

// forgetOld deletes deliveries that are done and old enough, now and every
// hour, until ctx ends.
func (s *Service) forgetOld(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if err := forget(ctx, s.db, s.now().Add(-keepDone), s.now().Add(-keepDead)); err != nil && ctx.Err() == nil {
			s.log.Warn("old webhook deliveries could not be deleted; it is tried again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
