package chat

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// hit is a message that a search has found.
type hit struct {
	Conv    string    `json:"conv"`
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	From    string    `json:"from"`    // visitor, agent, bot or system
	Snippet string    `json:"snippet"` // HTML: escaped text with <mark> around what matches
	Name    string    `json:"name"`    // of the contact
}

// place is where a page of hits ended.
type place struct {
	At   time.Time
	Conv string
	Seq  uint64
}

// searchMessages returns messages in conversations of the scope, newest first,
// after a place (the zero place: from the beginning). inboxes narrows to some;
// nil does not.
func searchMessages(ctx context.Context, q pg.Querier, s scope, query Query, inboxes []string, after place, limit int) ([]hit, error) {
	args := s.args()
	param := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	where, snippet := `WHERE e.kind = 'message' AND `+visible, `translate(left(f.text, 200), E'\uE000\uE001', '')`
	if query.Words != "" {
		words := `websearch_to_tsquery('chat.plain', ` + param(query.Words) + `)`
		where += ` AND e.text <> '' AND e.search @@ ` + words
		snippet = `ts_headline('chat.plain', translate(f.text, E'\uE000\uE001', ''), ` + words +
			`, E'StartSel=\uE000, StopSel=\uE001, MaxWords=30, MinWords=12, MaxFragments=1')`
	}
	if query.From != "" {
		where += ` AND e.actor = ` + param(query.From)
	}
	if query.Tag != "" {
		where += ` AND ` + hasTag(param(query.Tag))
	}
	if inboxes != nil {
		where += ` AND v.inbox = ANY(` + param(inboxes) + `)`
	}
	if !query.Before.IsZero() {
		where += ` AND e.at < ` + param(query.Before)
	}
	if !query.After.IsZero() {
		where += ` AND e.at >= ` + param(query.After)
	}
	if !after.At.IsZero() {
		where += ` AND (e.at, e.conv, e.seq) < (` + param(after.At) + `, ` + param(after.Conv) + `, ` + param(bound(after.Seq)) + `)`
	}
	// The page is cut before the snippets are made, which cost more than finding.
	sql := `
SELECT f.conv, f.seq, f.at, f.actor AS from, ` + snippet + ` AS snippet, f.name
FROM (SELECT e.conv, e.seq, e.at, e.actor, e.text, coalesce(nullif(m.name, ''), nullif(k.name, ''), v.name) AS name
      FROM chat.events e JOIN chat.conversations v ON v.id = e.conv
      LEFT JOIN chat.contacts k ON k.id = v.contact LEFT JOIN chat.contacts m ON m.id = k.merged
      ` + where + ` ORDER BY e.at DESC, e.conv DESC, e.seq DESC LIMIT ` + param(limit) + `) f
ORDER BY f.at DESC, f.conv DESC, f.seq DESC`
	return collectHits(ctx, q, sql, args)
}

func collectHits(ctx context.Context, q pg.Querier, sql string, args []any) ([]hit, error) {
	// Words are rare or common, so the plan must be made for these.
	rows, err := q.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("search messages: %w", err))
	}
	hits, err := pgx.CollectRows(rows, pgx.RowToStructByName[hit])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("search messages: %w", err))
	}
	for i := range hits {
		hits[i].At = hits[i].At.UTC()
		hits[i].Snippet = snippetHTML(hits[i].Snippet)
	}
	return hits, nil
}

// place is where the page ends that ends with h.
func (h *hit) place() place { return place{At: h.At, Conv: h.Conv, Seq: h.Seq} }
