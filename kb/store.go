package kb

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// rowsOf is for lists of one column.
func rowsOf[T any](ctx context.Context, q pg.Querier, what, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
