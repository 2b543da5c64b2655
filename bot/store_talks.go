package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/internal/pg"
)

// findTalk returns what is remembered of the conversation, and whether anything
// is. The editions come with it: they cost no round trip of their own.
func findTalk(ctx context.Context, q pg.Querier, conv string) (talk, bool, error) {
	t := talk{Conv: conv}
	var seq *int64 // nil when nothing is remembered
	var state []byte
	err := q.QueryRow(ctx, `SELECT `+editionColumns+`, t.seq, t.state FROM bot.version v LEFT JOIN bot.talks t ON t.conv = $1`, conv).
		Scan(append(t.Editions.scan(), &seq, &state)...)
	if err != nil {
		return t, false, fmt.Errorf("find talk: %w", err)
	}
	if seq == nil {
		return t, false, nil
	}
	t.Seq = uint64(*seq) //nolint:gosec // a sequence, as it was saved
	if err := json.Unmarshal(state, &t); err != nil {
		return t, false, fmt.Errorf("read talk: %w", err)
	}
	return t, true, nil
}

// saveTalk writes the talk unless a later one is there.
func saveTalk(ctx context.Context, q pg.Querier, t *talk, now time.Time) error {
	state, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode talk: %w", err)
	}
	_, err = q.Exec(ctx, `
INSERT INTO bot.talks AS t (conv, seq, state, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (conv) DO UPDATE SET seq = excluded.seq, state = excluded.state, updated_at = excluded.updated_at WHERE t.seq <= excluded.seq`,
		t.Conv, int64(t.Seq), state, now) //nolint:gosec // a stream ends long before 2^63
	if err != nil {
		return fmt.Errorf("save talk: %w", err)
	}
	return nil
}

// deleteOldTalks forgets conversations that have rested since before.
func deleteOldTalks(ctx context.Context, q pg.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM bot.talks WHERE updated_at < $1`, before); err != nil {
		return fmt.Errorf("delete old talks: %w", err)
	}
	return nil
}
