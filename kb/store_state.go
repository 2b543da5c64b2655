package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
	"parley/kb/index"
)

// state is what all processes agree on.
type state struct {
	generation int64 // of what search and pages show
	dropped    int64 // up to which it is not known any more what changed
	learned    int64 // the generation that weights were learned from
	weights    index.Weights
}

func stateOf(ctx context.Context, q pg.Querier) (state, error) {
	var st state
	var weights *index.Weights
	err := q.QueryRow(ctx, `SELECT generation, dropped, learned, weights FROM kb.state`).Scan(&st.generation, &st.dropped, &st.learned, &weights)
	if err != nil {
		return st, fmt.Errorf("read the generation: %w", err)
	}
	st.weights = index.DefaultWeights()
	if weights != nil {
		st.weights = *weights
	}
	return st, nil
}

// saveWeights makes searches of all processes weigh evidence in this way.
func saveWeights(ctx context.Context, tx pgx.Tx, w index.Weights, learned int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE kb.state SET weights = $1, learned = $2, learned_at = $3`, w, learned, at); err != nil {
		return fmt.Errorf("store the weights of the search: %w", err)
	}
	return nextGeneration(ctx, tx)
}

// changedSince returns the articles that later generations have changed.
func changedSince(ctx context.Context, q pg.Querier, generation int64) ([]string, error) {
	return rowsOf[string](ctx, q, "list changed articles", `SELECT DISTINCT article FROM kb.changes WHERE generation > $1`, generation)
}

// dropChanges forgets what was changed before a time.
func dropChanges(ctx context.Context, tx pgx.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `WITH old AS (DELETE FROM kb.changes WHERE at < $1 RETURNING generation)
		UPDATE kb.state SET dropped = greatest(dropped, (SELECT max(generation) FROM old)) WHERE EXISTS (SELECT FROM old)`, before)
	if err != nil {
		return fmt.Errorf("forget old changes: %w", err)
	}
	return nil
}
