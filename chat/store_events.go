package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

// insertEvents stores events of one stream and returns the sequences of those
// that are new. A command that was stored before, under whatever sequence, is
// not stored again.
func insertEvents(ctx context.Context, q pg.Querier, stream string, epoch int, events []stored) (map[uint64]bool, error) {
	var (
		n                                       = len(events)
		convs, kinds, actors, senders, cids     = make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		texts, seqs, times, internals, contents = make([]string, n), make([]int64, n), make([]time.Time, n), make([]bool, n), make([][]byte, n)
	)
	for i, e := range events {
		convs[i], seqs[i], times[i] = e.Conv, int64(e.Seq), e.At //nolint:gosec // a stream never has 2⁶³ messages
		kinds[i], actors[i] = storable(string(e.Kind)), storable(string(e.From.Kind))
		senders[i], cids[i] = storable(event.SenderKey(e.From)), storable(e.CID)
		internals[i], contents[i], texts[i] = e.Internal(), e.body, searchText(&e.Event)
	}
	const query = `
INSERT INTO chat.events (stream, epoch, conv, seq, at, kind, actor, sender, cid, internal, body, text)
SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[], $11::bytea[], $12::text[])
ON CONFLICT DO NOTHING
RETURNING seq`
	rows, err := q.Query(ctx, query, stream, epoch, convs, seqs, times, kinds, actors, senders, cids, internals, contents, texts)
	if err != nil {
		return nil, fmt.Errorf("insert events: %w", err)
	}
	fresh := make(map[uint64]bool, n)
	var seq int64
	_, err = pgx.ForEachRow(rows, []any{&seq}, func() error {
		fresh[uint64(seq)] = true //nolint:gosec // it was a sequence
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("insert events: %w", err)
	}
	return fresh, nil
}

// searchText is what a search finds of an event: the words of a message and
// the names of its files.
func searchText(e *event.Event) string {
	if e.Kind != event.KindMessage {
		return ""
	}
	parts := []string{e.Text}
	for _, a := range e.Attachments {
		parts = append(parts, a.Name)
	}
	return strings.TrimSpace(storable(strings.Join(parts, "\n")))
}

// entryRow is an event as the log's reader needs it.
type entryRow struct {
	Seq      uint64
	Kind     event.Kind
	Internal bool
	Body     []byte
}

func (r entryRow) entry() event.Entry {
	return event.Entry{Seq: r.Seq, Kind: r.Kind, Internal: r.Internal, Body: r.Body}
}

// eventsBefore returns the newest events of an audience below before, newest
// first.
func eventsBefore(ctx context.Context, q pg.Querier, conv string, before uint64, limit int, internal bool) ([]entryRow, error) {
	const query = `
SELECT seq, kind, internal, body FROM chat.events
WHERE conv = $1 AND seq < $2 AND (NOT internal OR $4) ORDER BY seq DESC LIMIT $3`
	return collectEntries(ctx, q, query, conv, bound(before), limit, internal)
}

// eventsAfter returns the oldest events of an audience above after.
func eventsAfter(ctx context.Context, q pg.Querier, conv string, after uint64, limit int, internal bool) ([]entryRow, error) {
	const query = `
SELECT seq, kind, internal, body FROM chat.events
WHERE conv = $1 AND seq > $2 AND (NOT internal OR $4) ORDER BY seq LIMIT $3`
	return collectEntries(ctx, q, query, conv, bound(after), limit, internal)
}

// bound fits a client's number into PostgreSQL's bigint.
func bound(seq uint64) int64 {
	return int64(min(seq, endOfLog))
}

func collectEntries(ctx context.Context, q pg.Querier, query string, args ...any) ([]entryRow, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[entryRow])
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return list, nil
}

// logSeq is the broker's sequence up to which the conversation was projected;
// errs.NotFound before its first event was.
func logSeq(ctx context.Context, q pg.Querier, conv string) (uint64, error) {
	var seq uint64
	err := q.QueryRow(ctx, `SELECT log_seq FROM chat.conversations WHERE id = $1`, conv).Scan(&seq)
	return seq, pg.Map(err)
}

// findCommand returns the receipt of a command stored after since, or
// errs.NotFound.
func findCommand(ctx context.Context, q pg.Querier, conv, sender, cid string, since time.Time) (event.Receipt, error) {
	const query = `SELECT seq, at FROM chat.events WHERE conv = $1 AND sender = $2 AND cid = $3 AND cid <> '' AND at > $4`
	r := event.Receipt{CID: cid, Conv: conv}
	err := q.QueryRow(ctx, query, conv, storable(sender), storable(cid), since).Scan(&r.Seq, &r.At)
	if err != nil {
		return event.Receipt{}, pg.Map(fmt.Errorf("find command: %w", err))
	}
	r.At = r.At.UTC()
	return r, nil
}

// knownCommands returns the sequences of those commands that are stored, by
// "<sender>:<cid>".
func knownCommands(ctx context.Context, q pg.Querier, conv string, senders, cids []string) (map[string]uint64, error) {
	const query = `
SELECT e.sender || ':' || e.cid, e.seq FROM chat.events e
JOIN unnest($2::text[], $3::text[]) AS c (sender, cid) ON e.sender = c.sender AND e.cid = c.cid
WHERE e.conv = $1 AND e.cid <> ''`
	rows, err := q.Query(ctx, query, conv, senders, cids)
	if err != nil {
		return nil, fmt.Errorf("find commands: %w", err)
	}
	known := make(map[string]uint64, len(cids))
	var (
		key string
		seq uint64
	)
	_, err = pgx.ForEachRow(rows, []any{&key, &seq}, func() error {
		known[key] = seq
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find commands: %w", err)
	}
	return known, nil
}
