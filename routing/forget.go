package routing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Forget deletes conversations, and which agents contacts had last. What an
// agent had of them is free again.
func (s *Service) Forget(ctx context.Context, convs, contacts []string) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		for _, conv := range convs {
			r, err := lockRow(ctx, tx, conv)
			if err = pg.Map(err); errs.Is(err, errs.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			gone := r
			gone.State, gone.Agent, gone.NextAt = idle, "", nil
			if err := save(ctx, tx, s.now(), r, gone); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM routing.conversations WHERE conv = ANY($1)`, convs); err != nil {
			return fmt.Errorf("forget conversations: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM routing.last_agents WHERE contact = ANY($1)`, contacts); err != nil {
			return fmt.Errorf("forget last agents: %w", err)
		}
		return nil
	})
	return pg.Map(err)
}
