package chat

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// A comparison reads tables through, so it goes by cursors: the rows of a
// transaction's snapshot, page by page. Table and sort order have no index and
// need none.

// openStoredCursor begins to read what PostgreSQL has of a stream from first to
// the offset, in the stream's order.
func openStoredCursor(ctx context.Context, tx pgx.Tx, stream string, first uint64, at offset) error {
	_, err := tx.Exec(ctx, `
DECLARE stored_events NO SCROLL CURSOR FOR
SELECT seq, conv, epoch, sha256(body) AS sum FROM chat.events WHERE stream = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq, conv`,
		pgx.QueryExecModeExec, stream, bound(first), bound(at.LastSeq))
	if err != nil {
		return fmt.Errorf("begin to read events: %w", err)
	}
	return nil
}

func fetchStored(ctx context.Context, tx pgx.Tx, n int) ([]storedPlace, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`FETCH %d FROM stored_events`, n))
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[storedPlace])
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return list, nil
}

func closeStoredCursor(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `CLOSE stored_events`); err != nil {
		return fmt.Errorf("end reading events: %w", err)
	}
	return nil
}

// openEventCursor begins to read all events, conversation by conversation.
func openEventCursor(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `DECLARE all_events NO SCROLL CURSOR FOR SELECT conv, seq, stream, epoch, body FROM chat.events ORDER BY conv, seq`)
	if err != nil {
		return fmt.Errorf("begin to read conversations: %w", err)
	}
	return nil
}

func fetchEvents(ctx context.Context, tx pgx.Tx, n int) ([]foldRow, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`FETCH %d FROM all_events`, n))
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[foldRow])
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	return list, nil
}

// epochsOf returns the present epoch of each stream.
func epochsOf(ctx context.Context, q pg.Querier) (map[string]int, error) {
	rows, err := q.Query(ctx, `SELECT stream, epoch FROM chat.offsets`)
	if err != nil {
		return nil, fmt.Errorf("list epochs: %w", err)
	}
	out := map[string]int{}
	var stream string
	var epoch int
	_, err = pgx.ForEachRow(rows, []any{&stream, &epoch}, func() error { out[stream] = epoch; return nil })
	if err != nil {
		return nil, fmt.Errorf("list epochs: %w", err)
	}
	return out, nil
}

// findConversations returns the rows that there are, by id.
func findConversations(ctx context.Context, q pg.Querier, ids []string) (map[string]projected, error) {
	rows, err := q.Query(ctx, `SELECT `+conversationColumns+conversationTables+`WHERE v.id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("find conversations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[projected])
	if err != nil {
		return nil, fmt.Errorf("find conversations: %w", err)
	}
	out := make(map[string]projected, len(list))
	for i := range list {
		list[i].inUTC()
		out[list[i].ID] = list[i]
	}
	return out, nil
}

func emptyConversations(ctx context.Context, q pg.Querier, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `
SELECT id FROM chat.conversations v WHERE NOT EXISTS (SELECT FROM chat.events e WHERE e.conv = v.id) ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("find conversations without events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find conversations without events: %w", err)
	}
	return list, nil
}
