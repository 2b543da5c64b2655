package bot

import (
	"context"
	"encoding/json"
	"time"
)

// replayNotice is the core subject on which a process that was asked for a report
// tells those that run the bot.
const replayNotice = "settings.replays"

const (
	replayLook  = time.Minute     // bounds how long a report waits whose notice was missed
	replayStale = 5 * time.Minute // a report without a sign of life since then was abandoned
)

// replays wakes the worker of this process.
type replays struct{ wanted chan struct{} }

func newReplays() *replays { return &replays{wanted: make(chan struct{}, 1)} }

// wake never blocks: one that waits already is enough.
func (r *replays) wake() {
	select {
	case r.wanted <- struct{}{}:
	default:
	}
}

// replaysChanged tells every process that a report waits.
func (s *Service) replaysChanged() {
	s.replays.wake()
	if err := s.bus.Ephemeral(replayNotice, json.RawMessage(`{}`)); err != nil {
		s.log.Warn("the report begins within a minute only", "error", err)
	}
}

// runReplays makes the reports that wait, one at a time, until ctx ends.
func (s *Service) runReplays(ctx context.Context) error {
	notices, err := s.bus.Subscribe(replayNotice, func(string, []byte) { s.replays.wake() })
	if err != nil {
		return err
	}
	defer notices.Unsubscribe()
	tick := time.NewTicker(replayLook)
	defer tick.Stop()
	for {
		for ctx.Err() == nil && s.nextReplay(ctx) {
			s.log.Info("a report of shadow mode is made")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.replays.wanted:
		case <-tick.C:
		}
	}
}

// nextReplay makes one report, and reports whether there was one.
func (s *Service) nextReplay(ctx context.Context) bool {
	r, found, err := claimReplay(ctx, s.db, s.now(), s.now().Add(-replayStale))
	if err != nil {
		if ctx.Err() == nil {
			s.log.Warn("the reports that wait cannot be read", "error", err)
		}
		return false
	}
	if !found {
		return false
	}
	if err := s.makeReplay(ctx, &r, nil); err != nil {
		s.log.Warn("a report of shadow mode could not be made", "replay", r.ID, "error", err)
	}
	return true
}
