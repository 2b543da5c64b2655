package bot

import (
	"context"
	_ "embed" // of the demonstration's intents
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/ids"
	"parley/internal/pg"
)

//go:embed demo/intents.yaml
var demoFile []byte

// demoIntents reads the embedded intents. Their ids follow from their names, so
// that every installation learns the same.
func demoIntents() ([]Intent, error) {
	list, err := readIntents(demoFile)
	if err != nil {
		return nil, fmt.Errorf("read the demo's intents: %w", err)
	}
	for n := range list {
		list[n].ID = ids.Derive("demo intent", list[n].Name)
	}
	return list, nil
}

// SeedDemo fills an installation that has no intents with those of the
// demonstration, for the given inbox: they say nothing about the products of
// others.
func (s *Service) SeedDemo(ctx context.Context, inbox string) error {
	list, err := demoIntents()
	if err != nil {
		return err
	}
	// Look before locking: later starts find some, and must not make every
	// process learn again.
	if n, err := countIntents(ctx, s.db); err != nil || n > 0 {
		return pg.Map(err)
	}
	return s.changeIntents(ctx, edit{change: "the demonstration's intents"}, func(tx pgx.Tx) error {
		n, err := countIntents(ctx, tx)
		if err != nil || n > 0 {
			return err
		}
		for i := range list {
			list[i].UpdatedAt, list[i].InboxIDs = s.now(), []string{inbox}
			if err := saveIntent(ctx, tx, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
