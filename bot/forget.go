package bot

import (
	"context"
	"fmt"

	"parley/internal/pg"
)

// Forget deletes what is remembered of conversations.
func (s *Service) Forget(ctx context.Context, convs []string) error {
	for _, table := range []string{"talks", "resolutions", "feedback", "misfits", "replay_rows", "codes", "tool_calls"} {
		if _, err := s.db.Exec(ctx, `DELETE FROM bot.`+table+` WHERE conv = ANY($1)`, convs); err != nil {
			return pg.Map(fmt.Errorf("forget %s: %w", table, err))
		}
	}
	return nil
}
