package app

import (
	"context"
	"log/slog"
	"time"
)

// Alarm runs a piece of work when it is woken and when the time has come that
// the work itself named last. It stands where others poll.
type Alarm struct {
	wake chan struct{} // one waiting wake stands for all
	now  func() time.Time
	log  *slog.Logger
}

// NewAlarm makes an alarm; now is the clock that the work's times are of.
func NewAlarm(now func() time.Time, log *slog.Logger) *Alarm {
	return &Alarm{wake: make(chan struct{}, 1), now: now, log: log}
}

// Wake asks for the work. It never blocks; a wake during the work makes it run
// once more.
func (a *Alarm) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

const (
	soonest = 10 * time.Millisecond // between two runs for the same past time
	retryIn = time.Second           // after an error: what is down may be back
)

// Run does the work at once, and then whenever it is due, until ctx ends. The
// work returns when it wants to run next; the zero time is only when woken. Its
// error is logged with what, and it runs again after a second.
func (a *Alarm) Run(ctx context.Context, what string, work func(context.Context) (time.Time, error)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		case <-timer.C:
		}
		next, err := work(ctx)
		if ctx.Err() != nil {
			return nil // an error at the end is of the end
		}
		if err != nil {
			a.log.Error("work failed and will be tried again", "work", what, "error", err)
			next = a.now().Add(retryIn)
		}
		if next.IsZero() {
			timer.Stop()
			continue
		}
		timer.Reset(max(next.Sub(a.now()), soonest))
	}
}
