package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

// Backlog counts the messages of a stream of conversations above after, and
// tells the age of the oldest of them.
func (b *Bus) Backlog(ctx context.Context, stream string, after uint64) (waiting uint64, oldest time.Duration, err error) {
	state, err := b.StreamState(ctx, stream)
	if err != nil || state.After(after) == 0 {
		return 0, 0, err
	}
	first, err := b.getFromLeader(ctx, stream, getRequest{Seq: after + 1, NextFor: "chat.>"})
	if errs.Is(err, errs.NotFound) {
		return 0, 0, nil // what was there has left the log meanwhile
	}
	if err != nil {
		return 0, 0, err
	}
	return state.After(after), time.Since(first.Time), nil
}

// WaitingTimers counts the timers that have not fired.
func (b *Bus) WaitingTimers(ctx context.Context) (uint64, error) {
	body, err := json.Marshal(getRequest{Seq: 1, NextFor: event.TimerSubject("*", "*"), Batch: 1})
	if err != nil {
		return 0, err
	}
	resp, err := b.nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+timerStream, body)
	if err != nil {
		return 0, fmt.Errorf("count the timers: %w", err)
	}
	_, behind, err := directMessage(resp)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count the timers: %w", err)
	}
	return 1 + behind, nil
}

// DeadLetterCounts counts the dead letters of each module that has any.
func (b *Bus) DeadLetterCounts(ctx context.Context) (map[string]uint64, error) {
	s, err := b.js.Stream(ctx, deadLetterStream)
	if err != nil {
		return nil, fmt.Errorf("count the dead letters: %w", err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(event.DeadLetterSubject(">")))
	if err != nil {
		return nil, fmt.Errorf("count the dead letters: %w", err)
	}
	out := make(map[string]uint64)
	for subject, n := range info.State.Subjects {
		out[strings.TrimPrefix(subject, event.DeadLetterSubject(""))] = n
	}
	return out, nil
}
