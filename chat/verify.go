package chat

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// Verification is what a comparison of the log with PostgreSQL has found.
type Verification struct {
	Events        uint64       `json:"events"`        // of the log that were compared
	Conversations int          `json:"conversations"` // rows that were compared with their events
	Behind        uint64       `json:"behind"`        // events that the projection has not reached yet: no difference
	Found         int          `json:"found"`         // differences
	Repaired      int          `json:"repaired"`
	LogLosses     int          `json:"log_losses"`  // of Found: what the log has lost and PostgreSQL has
	Differences   []Difference `json:"differences"` // the first 1000
}

// Open is how many differences remain that a repair could mend.
func (v *Verification) Open() int {
	return v.Found - v.Repaired - v.LogLosses
}

// What may differ.
const (
	EventMissing        = "event_missing"        // in the log, and not in PostgreSQL
	EventDiffers        = "event_differs"        // the bytes are not those of the log
	EventLostByLog      = "event_lost_by_log"    // in PostgreSQL, and not in the log any more; readers get it from PostgreSQL
	ConversationMissing = "conversation_missing" // there are events of it, and no row
	ConversationDiffers = "conversation_differs" // the row is not what its events add up to
	ConversationEmpty   = "conversation_empty"   // there is a row, and neither side has an event of it
)

// Difference is one place where the two do not agree.
type Difference struct {
	What         string   `json:"what"`
	Conversation string   `json:"conversation"`
	Stream       string   `json:"stream,omitempty"`
	Seq          uint64   `json:"seq,omitempty"`
	Fields       []string `json:"fields,omitempty"` // of the row: state, agent, tags …
	Repaired     bool     `json:"repaired,omitempty"`
}

const listedDifferences = 1000

// add counts a difference and returns it when it is listed.
func (v *Verification) add(d Difference) {
	v.Found++
	if d.What == EventLostByLog {
		v.LogLosses++
	}
	if len(v.Differences) < listedDifferences {
		v.Differences = append(v.Differences, d)
	}
}

// repaired marks the listed differences of a conversation.
func (v *Verification) repaired(conv string, n int) {
	v.Repaired += n
	for i := range v.Differences {
		if d := &v.Differences[i]; d.Conversation == conv && mends(d.What) {
			d.Repaired = true
		}
	}
}

// mends tells what a repair puts right.
func mends(what string) bool { return what != EventLostByLog && what != ConversationEmpty }

// Verify compares every event that the log holds with PostgreSQL's copy, byte
// for byte, and every conversation's row with what its events add up to. It
// looks at PostgreSQL as it was at one moment, so it may run beside a server.
// With repair, what is wrong is written again from the log. Damage of the log
// itself is reported: PostgreSQL goes on serving what the log has lost.
func (s *Service) Verify(ctx context.Context, repair bool) (Verification, error) {
	v := Verification{Differences: []Difference{}}
	broken := map[string]int{} // conversation → differences that a repair mends
	tx, err := s.db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return v, pg.Map(fmt.Errorf("begin the comparison: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it has only read
	for _, stream := range s.bus.ChatStreams() {
		if err := s.verifyStream(ctx, tx, stream, &v, broken); err != nil {
			return v, fmt.Errorf("compare %s: %w", stream, err)
		}
	}
	if err := s.verifyFolds(ctx, tx, &v, broken); err != nil {
		return v, fmt.Errorf("compare conversations: %w", err)
	}
	if err := verifyEmpty(ctx, tx, &v, broken); err != nil {
		return v, err
	}
	if err := tx.Rollback(ctx); err != nil { // a repair must not wait for a table it holds itself
		return v, pg.Map(fmt.Errorf("end the comparison: %w", err))
	}
	if !repair {
		return v, nil
	}
	for conv, n := range broken {
		if err := s.repair(ctx, conv); err != nil {
			return v, fmt.Errorf("repair the conversation %s: %w", conv, err)
		}
		v.repaired(conv, n)
	}
	return v, nil
}
