package bot

import (
	"context"
	"fmt"
	"time"

	"parley/internal/pg"
)

// reserveTokens adds tokens to the day's use when that stays within the budget,
// and reports whether it did. The row's lock makes the count exact over all
// processes.
func reserveTokens(ctx context.Context, q pg.Querier, day time.Time, tokens, budget int) (bool, error) {
	tag, err := q.Exec(ctx, `
INSERT INTO bot.usage AS u (day, tokens) SELECT $1::date, $2::bigint WHERE $2::bigint <= $3::bigint
ON CONFLICT (day) DO UPDATE SET tokens = u.tokens + excluded.tokens WHERE u.tokens + excluded.tokens <= $3::bigint`, day, tokens, budget)
	if err != nil {
		return false, fmt.Errorf("reserve tokens: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// correctTokens adds the difference between what was used and what was
// reserved.
func correctTokens(ctx context.Context, q pg.Querier, day time.Time, difference int) error {
	if _, err := q.Exec(ctx, `UPDATE bot.usage SET tokens = greatest(tokens + $2::bigint, 0) WHERE day = $1::date`, day, difference); err != nil {
		return fmt.Errorf("correct tokens: %w", err)
	}
	return nil
}

// usedTokens returns the tokens used on the day.
func usedTokens(ctx context.Context, q pg.Querier, day time.Time) (int64, error) {
	var n int64
	err := q.QueryRow(ctx, `SELECT coalesce(sum(tokens), 0)::bigint FROM bot.usage WHERE day = $1::date`, day).Scan(&n)
	if err != nil {
		return 0, pg.Map(fmt.Errorf("count tokens: %w", err))
	}
	return n, nil
}
