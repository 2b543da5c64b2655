package kb

import (
	"context"
	"fmt"
	"time"

	"parley/docs/help"
	"parley/internal/pg"
)

// SeedDemo fills an empty knowledge base with Parley's own help centre. It
// leaves any other alone, so it may be called at every start.
func (s *Service) SeedDemo(ctx context.Context) error {
	var empty bool
	if err := s.db.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM kb.articles)`).Scan(&empty); err != nil {
		return pg.Map(fmt.Errorf("look for articles: %w", err))
	}
	if !empty {
		return nil
	}
	report, err := s.ImportFS(ctx, help.Articles(), ImportOptions{Locale: "en", Author: "Parley", origin: originDemo}, nil)
	if err != nil {
		return err
	}
	s.log.Info("the help centre of the demo is there", "articles", report.Created)
	// Who tries the demo asks at once.
	limited, cancel := context.WithTimeout(ctx, seedPatience)
	defer cancel()
	if err := s.EmbedAll(limited); err != nil && ctx.Err() == nil {
		s.log.Warn("the demo's articles are found by their words only, until they are embedded", "error", err)
	}
	return nil
}

// seedPatience bounds how long the vectors of the demo's articles hold up the
// first start.
const seedPatience = 30 * time.Second
