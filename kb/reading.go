package kb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

const (
	flushPeriod   = 15 * time.Second
	cleanPeriod   = 6 * time.Hour
	keepSearches  = 90 * 24 * time.Hour
	keepViews     = 400 * 24 * time.Hour
	keepChanges   = 7 * 24 * time.Hour
	popularWithin = 60 * 24 * time.Hour
	maxCounted    = 10_000 // articles between two flushes; further ones are not counted
)

// viewCounts counts page views between flushes, so that reading a page writes
// nothing.
type viewCounts struct {
	mu sync.Mutex
	by map[string]int64 // article
}

func (v *viewCounts) add(article string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.by == nil {
		v.by = map[string]int64{}
	}
	if _, known := v.by[article]; known || len(v.by) < maxCounted {
		v.by[article]++
	}
}

func (v *viewCounts) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.by)
}

func (v *viewCounts) take() map[string]int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	taken := v.by
	v.by = nil
	return taken
}

// keepHouse stores view counts and forgets what is old, until ctx ends.
func (s *Service) keepHouse(ctx context.Context) error {
	flush, clean := time.NewTicker(flushPeriod), time.NewTicker(cleanPeriod)
	defer flush.Stop()
	defer clean.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := s.FlushViews(last); err != nil {
				s.log.Debug("the last page views were not counted", "error", err)
			}
			return nil
		case <-flush.C:
			err = s.FlushViews(ctx)
		case <-clean.C:
			err = s.forget(ctx, s.now())
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("housekeeping of the knowledge base failed and is tried again later", "error", err)
		}
	}
}

// FlushViews stores the page views that were counted since the last time.
func (s *Service) FlushViews(ctx context.Context) error {
	counts := s.views.take()
	if len(counts) == 0 {
		return nil
	}
	articles := slices.Sorted(maps.Keys(counts)) // one order for all processes: no deadlock
	numbers := make([]int64, len(articles))
	for i, a := range articles {
		numbers[i] = counts[a]
	}
	_, err := s.db.Exec(ctx, `INSERT INTO kb.views (article, day, count)
		SELECT n.article, current_date, n.count FROM unnest($1::text[], $2::bigint[]) AS n (article, count)
		WHERE EXISTS (SELECT FROM kb.articles WHERE id = n.article)
		ON CONFLICT (article, day) DO UPDATE SET count = kb.views.count + excluded.count`, articles, numbers)
	if err != nil {
		return fmt.Errorf("store page views: %w", err)
	}
	return nil
}

func (s *Service) forget(ctx context.Context, now time.Time) error {
	for _, what := range []struct {
		sql  string
		keep time.Duration
	}{
		{`DELETE FROM kb.searches WHERE at < $1`, keepSearches},
		{`DELETE FROM kb.views WHERE day < $1::timestamptz::date`, keepViews},
		{`DELETE FROM kb.autosaves WHERE updated_at < $1`, keepAutosaves},
	} {
		if _, err := s.db.Exec(ctx, what.sql, now.Add(-what.keep)); err != nil {
			return fmt.Errorf("forget old searches, views and drafts: %w", err)
		}
	}
	return s.db.InTx(ctx, func(tx pgx.Tx) error { return dropChanges(ctx, tx, now.Add(-keepChanges)) })
}

// Vote records whether an article helped and returns the vote's id.
func (s *Service) Vote(ctx context.Context, article string, helpful bool, reason string) (string, error) {
	id := ids.New()
	reason = markup.Cut(printable(reason), maxReason)
	_, err := s.db.Exec(ctx, `INSERT INTO kb.votes (id, article, helpful, reason, at) VALUES ($1, $2, $3, $4, $5)`, id, article, helpful, reason, s.now())
	if err != nil {
		return "", pg.Map(fmt.Errorf("store a vote: %w", err))
	}
	return id, nil
}

// Explain adds the reason to a vote of the last hour that has none.
func (s *Service) Explain(ctx context.Context, article, vote, reason string) error {
	reason = markup.Cut(printable(reason), maxReason)
	tag, err := s.db.Exec(ctx, `UPDATE kb.votes SET reason = $3 WHERE id = $1 AND article = $2 AND reason = '' AND at > $4`,
		vote, article, reason, s.now().Add(-time.Hour))
	if err != nil {
		return pg.Map(fmt.Errorf("store a vote's reason: %w", err))
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such vote")
	}
	return nil
}

// IndexState counts what the index holds.
type IndexState struct {
	Articles int    `json:"articles"` // published
	Chunks   int    `json:"chunks"`
	Embedded int    `json:"embedded"` // of the chunks, by the model that is being made, else by Model
	Model    string `json:"model"`    // whose vectors searches use
	Making   string `json:"making,omitempty"`
	Note     string `json:"note,omitempty"`
	Trouble  string `json:"trouble,omitempty"` // why the last attempt to embed failed; tried again by itself
}

// State says how far the index is.
func (s *Service) State(ctx context.Context) (IndexState, error) {
	var st IndexState
	// The model being made is the newest one that is not active.
	err := s.db.QueryRow(ctx, `WITH making AS (SELECT id, name FROM kb.models WHERE NOT active ORDER BY created_at DESC LIMIT 1),
			used AS (SELECT id, name FROM kb.models WHERE active)
		SELECT (SELECT count(*) FROM kb.articles WHERE status = 'published'), (SELECT count(*) FROM kb.chunks),
			(SELECT count(*) FROM kb.embeddings WHERE part = 0 AND model = coalesce((SELECT id FROM making), (SELECT id FROM used))),
			coalesce((SELECT name FROM used), ''), coalesce((SELECT name FROM making), ''),
			(SELECT trouble FROM kb.state)`).
		Scan(&st.Articles, &st.Chunks, &st.Embedded, &st.Model, &st.Making, &st.Trouble)
	if err != nil {
		return st, pg.Map(fmt.Errorf("count the index: %w", err))
	}
	if noted, ok := s.cfg.Embedder.(interface{ Note() string }); ok {
		st.Note = noted.Note()
	}
	return st, nil
}
