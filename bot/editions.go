package bot

import (
	"context"
	"fmt"

	"parley/internal/pg"
)

// editions count the changes of what the team edits and every process holds: a
// process that holds less than an edition reads again before it answers. They
// are read with the conversation, so that an answer is never older than the last
// change, whatever notice was missed. The zero value is any.
type editions struct{ Intents, Flows, Products int64 }

const editionColumns = `v.version, v.flows, v.products`

// scan are the places of editionColumns.
func (e *editions) scan() []any { return []any{&e.Intents, &e.Flows, &e.Products} }

// findEditions reads them where no conversation is read.
func findEditions(ctx context.Context, q pg.Querier) (editions, error) {
	var e editions
	if err := q.QueryRow(ctx, `SELECT `+editionColumns+` FROM bot.version v`).Scan(e.scan()...); err != nil {
		return e, fmt.Errorf("read what has changed: %w", err)
	}
	return e, nil
}
