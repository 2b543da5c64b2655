package webhooks

import (
	"context"
	"fmt"

	"parley/internal/pg"
)

// Forget deletes deliveries whose body names one of the ids, those that wait
// too.
func (s *Service) Forget(ctx context.Context, ids []string) error {
	patterns := make([]string, len(ids))
	for i, id := range ids {
		patterns[i] = "%" + id + "%" // ids have letters and digits only
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM webhooks.deliveries WHERE body LIKE ANY ($1)`, patterns); err != nil {
		return pg.Map(fmt.Errorf("forget deliveries: %w", err))
	}
	return nil
}
