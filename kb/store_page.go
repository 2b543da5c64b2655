package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// placeOf is what a result says beside its text.
type placeOf struct {
	titles  map[string]string // of the collection
	updated time.Time
}

func placesOf(ctx context.Context, q pg.Querier, articles []string) (map[string]placeOf, error) {
	rows, err := q.Query(ctx, `SELECT a.id, coalesce(c.titles, '{}'), a.updated_at
		FROM kb.articles a LEFT JOIN kb.collections c ON c.id = a.collection WHERE a.id = ANY($1)`, articles)
	if err != nil {
		return nil, fmt.Errorf("load the collections of results: %w", err)
	}
	out := make(map[string]placeOf, len(articles))
	for rows.Next() {
		var id string
		var p placeOf
		if err := rows.Scan(&id, &p.titles, &p.updated); err != nil {
			rows.Close()
			return nil, fmt.Errorf("read the collection of a result: %w", err)
		}
		out[id] = p
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load the collections of results: %w", err)
	}
	return out, nil
}

type sitemapEntry struct {
	slug, locale string
	updated      time.Time
}

func sitemapOf(ctx context.Context, q pg.Querier) ([]sitemapEntry, error) {
	rows, err := q.Query(ctx, `SELECT slug, locale, updated_at FROM kb.articles
		WHERE status = 'published' AND audience = 'public' ORDER BY slug, locale LIMIT $1`, maxSitemap)
	if err != nil {
		return nil, fmt.Errorf("list articles for the sitemap: %w", err)
	}
	var out []sitemapEntry
	var e sitemapEntry
	if _, err := pgx.ForEachRow(rows, []any{&e.slug, &e.locale, &e.updated}, func() error {
		out = append(out, e)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list articles for the sitemap: %w", err)
	}
	return out, nil
}
