package bot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// toolRight is what the operator has decided about a tool.
type toolRight struct{ Flows, Model bool }

// toolRights returns the decisions by the tools' names.
func toolRights(ctx context.Context, q pg.Querier) (map[string]toolRight, error) {
	rows, err := q.Query(ctx, `SELECT name, flows, model FROM bot.tools ORDER BY name LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("list rights of tools: %w", err)
	}
	out := map[string]toolRight{}
	var name string
	var r toolRight
	_, err = pgx.ForEachRow(rows, []any{&name, &r.Flows, &r.Model}, func() error {
		out[name] = r
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list rights of tools: %w", err)
	}
	return out, nil
}

func saveToolRight(ctx context.Context, q pg.Querier, name string, r toolRight) error {
	_, err := q.Exec(ctx, `
INSERT INTO bot.tools (name, flows, model) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET flows = excluded.flows, model = excluded.model`,
		name, r.Flows, r.Model)
	if err != nil {
		return fmt.Errorf("save rights of a tool: %w", err)
	}
	return nil
}
