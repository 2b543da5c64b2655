package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

// The queries of this file run after a disaster only, so they have no index by
// stream and read the table through.

// lostRow is an event that a stream has lost.
type lostRow struct {
	Seq  uint64
	Conv string
	Body []byte
}

// streamEvents returns the newest projected events of a stream below before,
// newest first.
func streamEvents(ctx context.Context, q pg.Querier, stream string, before uint64, limit int) ([]lostRow, error) {
	const query = `SELECT seq, conv, body FROM chat.events WHERE stream = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`
	return collectLost(ctx, q, query, stream, bound(before), limit)
}

func findLost(ctx context.Context, q pg.Querier, stream string, limit int) ([]lostRow, error) {
	return collectLost(ctx, q, `SELECT seq, conv, body FROM chat.lost WHERE stream = $1 ORDER BY seq, conv LIMIT $2`, stream, limit)
}

func collectLost(ctx context.Context, q pg.Querier, query string, args ...any) ([]lostRow, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read a stream's events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[lostRow])
	if err != nil {
		return nil, fmt.Errorf("read a stream's events: %w", err)
	}
	return list, nil
}

// dropLost drops all up to a row.
func dropLost(ctx context.Context, q pg.Querier, stream string, upTo lostRow) error {
	if _, err := q.Exec(ctx, `DELETE FROM chat.lost WHERE stream = $1 AND (seq, conv) <= ($2, $3)`, stream, bound(upTo.Seq), upTo.Conv); err != nil {
		return fmt.Errorf("drop refilled events: %w", err)
	}
	return nil
}

// moveLost moves the stream's events above common into chat.lost, sets their
// conversations back to what remains, and returns how many were moved.
// Conversations quiet since cutoff are not in the stream by its own age limit:
// they stay in PostgreSQL, numbered anew from 1, so that what is said in them
// later comes after.
func moveLost(ctx context.Context, tx pgx.Tx, stream string, common uint64, cutoff time.Time) (int, error) {
	warm, err := convsAbove(ctx, tx, stream, common, cutoff, true)
	if err != nil {
		return 0, err
	}
	cold, err := convsAbove(ctx, tx, stream, common, cutoff, false)
	if err != nil {
		return 0, err
	}
	// The stream must end above the longest conversation that is numbered anew.
	// Refilling that one too sees to it.
	if len(cold) > 0 && cold[0].Events > common {
		warm, cold = append(warm, cold[0]), cold[1:]
	}
	tag, err := tx.Exec(ctx, `
WITH gone AS (DELETE FROM chat.events WHERE stream = $1 AND seq > $2 AND conv = ANY($3) RETURNING stream, seq, conv, body)
INSERT INTO chat.lost (stream, seq, conv, body) SELECT stream, seq, conv, body FROM gone ON CONFLICT DO NOTHING`,
		stream, bound(common), convIDs(warm))
	if err != nil {
		return 0, fmt.Errorf("set lost events aside: %w", err)
	}
	if err := refold(ctx, tx, convIDs(warm)); err != nil {
		return 0, err
	}
	return int(tag.RowsAffected()), renumber(ctx, tx, convIDs(cold))
}

type convCount struct {
	Conv   string
	Events uint64
}

func convIDs(list []convCount) []string {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.Conv
	}
	return ids
}

// convsAbove returns the conversations with events of the stream above common,
// longest first.
func convsAbove(ctx context.Context, tx pg.Querier, stream string, common uint64, cutoff time.Time, warm bool) ([]convCount, error) {
	const query = `
SELECT e.conv, count(*) AS events FROM chat.events e JOIN chat.conversations v ON v.id = e.conv
WHERE e.stream = $1 AND (v.active_at > $3) = $4
GROUP BY e.conv HAVING max(e.seq) > $2 ORDER BY events DESC`
	rows, err := tx.Query(ctx, query, stream, bound(common), cutoff, warm)
	if err != nil {
		return nil, fmt.Errorf("find conversations with lost events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[convCount])
	if err != nil {
		return nil, fmt.Errorf("find conversations with lost events: %w", err)
	}
	return list, nil
}

// refold computes conversations from the events that are left of them.
func refold(ctx context.Context, tx pgx.Tx, convs []string) error {
	if _, err := tx.Exec(ctx, `
DELETE FROM chat.conversations v WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM chat.events e WHERE e.conv = v.id)`, convs); err != nil {
		return fmt.Errorf("drop empty conversations: %w", err)
	}
	rows, err := collectLost(ctx, tx, `SELECT seq, conv, body FROM chat.events WHERE conv = ANY($1) ORDER BY seq`, convs)
	if err != nil {
		return err
	}
	folded := map[string]*projected{}
	for _, r := range rows {
		e, err := event.Decode(r.Conv, r.Seq, r.Body)
		if err != nil {
			return fmt.Errorf("decode event %d of %s: %w", r.Seq, r.Conv, err)
		}
		if folded[r.Conv] == nil {
			folded[r.Conv] = &projected{}
		}
		folded[r.Conv].Apply(&e)
		folded[r.Conv].LogSeq = r.Seq
	}
	list := make([]*projected, 0, len(folded))
	for _, row := range folded {
		if row.State != "" {
			list = append(list, row)
		}
	}
	return saveConversations(ctx, tx, list)
}

// renumber gives the events of conversations the sequences 1, 2, 3 …, by way
// of negative ones, because the key must hold at every moment.
func renumber(ctx context.Context, tx pg.Querier, convs []string) error {
	for _, query := range []string{
		`UPDATE chat.events e SET seq = -n.seq
FROM (SELECT conv, seq AS old, row_number() OVER (PARTITION BY conv ORDER BY seq) AS seq FROM chat.events WHERE conv = ANY($1)) n
WHERE e.conv = n.conv AND e.seq = n.old`,
		`UPDATE chat.events SET seq = -seq WHERE conv = ANY($1) AND seq < 0`,
		`UPDATE chat.conversations v SET seq = n.last, state_seq = n.last, log_seq = 0, agent_read = n.last, visitor_read = n.last, unread = 0
FROM (SELECT conv, max(seq) AS last FROM chat.events WHERE conv = ANY($1) GROUP BY conv) n WHERE v.id = n.conv`,
	} {
		if _, err := tx.Exec(ctx, query, convs); err != nil {
			return fmt.Errorf("number old conversations anew: %w", err)
		}
	}
	return nil
}
