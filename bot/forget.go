package bot

import (
	"context"
	"fmt"

	"parley/internal/pg"
)

// Forget deletes what is remembered of conversations.
func (s *Service) Forget(ctx context.Context, convs []string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM bot.talks WHERE conv = ANY($1)`, convs); err != nil {
		return pg.Map(fmt.Errorf("forget talks: %w", err))
	}
	return nil
}
