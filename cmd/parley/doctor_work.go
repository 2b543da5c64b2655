package main

import (
	"context"
	"fmt"
	"time"

	"parley/internal/pg"
)

const longWait = time.Minute // of the oldest announcement

// examineWork looks at what waits outside the broker's consumers: events that
// are not in PostgreSQL yet, announcements in the outbox, dead letters.
func (s *stack) examineWork(ctx context.Context) []finding {
	return []finding{s.examineProjection(ctx), s.examineOutbox(ctx), s.examineDeadLetters(ctx)}
}

func (s *stack) examineProjection(ctx context.Context) finding {
	m, err := s.build(nil)
	if err != nil {
		return unseen("lag", err)
	}
	behind, err := m.chat.Behind(ctx)
	if pg.Unmigrated(err) {
		return finding{Name: "lag", Of: "chat-projection", Level: levelWarning, Detail: "the database has no tables yet", Fix: "parley serve makes them"}
	}
	if err != nil {
		return unseen("lag", err)
	}
	f := finding{
		Name: "lag", Of: "chat-projection", Level: levelOK, Detail: fmt.Sprintf("%d events are not in PostgreSQL yet", behind),
		Figures: map[string]int64{"pending_messages": int64(behind)}, //nolint:gosec // a count of messages on a disk
	}
	if behind > muchLag {
		f.Level, f.Fix = levelWarning, "lists and search are behind; see the log of the module chat, and whether PostgreSQL is slow"
	}
	return f
}

func (s *stack) examineOutbox(ctx context.Context) finding {
	waiting, oldest, err := s.bus.OutboxWaiting(ctx, s.db)
	if pg.Unmigrated(err) {
		return finding{Name: "lag", Of: "outbox", Level: levelWarning, Detail: "the database has no tables yet", Fix: "parley serve makes them"}
	}
	if err != nil {
		return unseen("lag", err)
	}
	f := finding{
		Name: "lag", Of: "outbox", Level: levelOK, Detail: fmt.Sprintf("%d announcements wait", waiting),
		Figures: map[string]int64{"pending_messages": waiting, "oldest_ms": oldest.Milliseconds()},
	}
	if oldest > longWait {
		f.Level = levelWarning
		f.Detail += fmt.Sprintf(", the oldest for %s", oldest.Round(time.Second))
		f.Fix = "a running server publishes them; see its log for the relay of the outbox"
	}
	return f
}

func (s *stack) examineDeadLetters(ctx context.Context) finding {
	state, err := s.bus.StreamState(ctx, "DLQ")
	if err != nil {
		return unseen("dead letters", err)
	}
	f := finding{Name: "dead letters", Level: levelOK, Detail: "none", Figures: map[string]int64{"messages": int64(state.Msgs)}} //nolint:gosec // a count of messages on a disk
	if state.Msgs > 0 {
		f.Level, f.Detail = levelWarning, fmt.Sprintf("%d messages could not be digested", state.Msgs)
		f.Fix = "parley dlq list shows why; then replay or drop them"
	}
	return f
}
