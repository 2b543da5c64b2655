package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/bus"
	"parley/internal/pg"
)

// seenTool is a tool as a program last described it.
type seenTool struct {
	bus.Tool
	At time.Time
}

// seenAfresh is how old the time of a sighting may be: it is written no oftener.
const seenAfresh = time.Minute

// noteTools remembers what was found, as far as that is news.
func noteTools(ctx context.Context, db *pg.DB, found []bus.Tool, now time.Time) error {
	if len(found) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for i := range found {
		t := &found[i]
		batch.Queue(`
INSERT INTO bot.seen_tools AS s (name, description, program, version, personal, input_schema, output_schema, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO UPDATE SET description = excluded.description, program = excluded.program, version = excluded.version, personal = excluded.personal,
	input_schema = excluded.input_schema, output_schema = excluded.output_schema, seen_at = excluded.seen_at
WHERE s.seen_at < $9 OR (s.description, s.program, s.version, s.personal, s.input_schema, s.output_schema)
	IS DISTINCT FROM (excluded.description, excluded.program, excluded.version, excluded.personal, excluded.input_schema, excluded.output_schema)`,
			t.Name, storable(t.Description), storable(t.Program), storable(t.Version), t.Personal, string(t.InputSchema), string(t.OutputSchema), now, now.Add(-seenAfresh))
	}
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("remember tools: %w", err)
	}
	return nil
}

// storable is a text that PostgreSQL can hold.
func storable(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// seenTools returns the tools that were seen and not forgotten, by name.
func seenTools(ctx context.Context, q pg.Querier) (map[string]seenTool, error) {
	rows, err := q.Query(ctx, `
SELECT name, description, program, version, personal, input_schema, output_schema, seen_at FROM bot.seen_tools ORDER BY name LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("list seen tools: %w", err)
	}
	out := map[string]seenTool{}
	var t seenTool
	var input, output string
	_, err = pgx.ForEachRow(rows, []any{&t.Name, &t.Description, &t.Program, &t.Version, &t.Personal, &input, &output, &t.At}, func() error {
		t.InputSchema, t.OutputSchema = json.RawMessage(input), json.RawMessage(output)
		out[t.Name] = t
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list seen tools: %w", err)
	}
	return out, nil
}

// ToolCall is a call that was made, without what was said.
type ToolCall struct {
	At           time.Time `json:"at"`
	Conversation string    `json:"conversation"`
	Inbox        string    `json:"-"`
	By           string    `json:"by"`      // flow or model
	Outcome      string    `json:"outcome"` // ok, refused, timeout, missing, forbidden, unverified, invalid_input, invalid_output or failed
	Micros       int64     `json:"us"`      // that the program took, µs; 0 when it was not asked
}

func saveToolCall(ctx context.Context, q pg.Querier, id, tool string, c *ToolCall) error {
	_, err := q.Exec(ctx, `
INSERT INTO bot.tool_calls (id, tool, conv, inbox, by, outcome, micros, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
		id, tool, c.Conversation, c.Inbox, c.By, c.Outcome, c.Micros, c.At)
	if err != nil {
		return fmt.Errorf("record a call of a tool: %w", err)
	}
	return nil
}

// callsOf returns the last calls of a tool in the inboxes, nil for all, the newest
// first.
func callsOf(ctx context.Context, q pg.Querier, tool string, inboxes []string, limit int) ([]ToolCall, error) {
	rows, err := q.Query(ctx, `
SELECT at, conv, inbox, by, outcome, micros FROM bot.tool_calls
WHERE tool = $1 AND ($2::text[] IS NULL OR inbox = ANY($2)) ORDER BY at DESC LIMIT $3`, tool, inboxes, limit)
	if err != nil {
		return nil, fmt.Errorf("list calls of a tool: %w", err)
	}
	out := []ToolCall{}
	var c ToolCall
	_, err = pgx.ForEachRow(rows, []any{&c.At, &c.Conversation, &c.Inbox, &c.By, &c.Outcome, &c.Micros}, func() error {
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list calls of a tool: %w", err)
	}
	return out, nil
}

// forgetTool deletes what is known and decided of a tool, and reports whether
// there was anything. Its calls stay as long as any.
func forgetTool(ctx context.Context, db *pg.DB, name string) (found bool, err error) {
	err = db.InTx(ctx, func(tx pgx.Tx) error {
		for _, table := range []string{"tools", "seen_tools"} {
			tag, err := tx.Exec(ctx, `DELETE FROM bot.`+table+` WHERE name = $1`, name)
			if err != nil {
				return fmt.Errorf("forget a tool: %w", err)
			}
			found = found || tag.RowsAffected() > 0
		}
		return nil
	})
	return found, err
}

// deleteOldCalls forgets calls, and tools that nobody has offered, since before.
func deleteOldCalls(ctx context.Context, q pg.Querier, before time.Time) error {
	for _, statement := range []string{`DELETE FROM bot.tool_calls WHERE at < $1`, `DELETE FROM bot.seen_tools WHERE seen_at < $1`} {
		if _, err := q.Exec(ctx, statement, before); err != nil {
			return fmt.Errorf("delete old calls of tools: %w", err)
		}
	}
	return nil
}
