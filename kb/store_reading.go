package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// What readers find. Every query asks kb.readable, so that a page cannot show
// what its reader may not see.

// translations returns the published articles that share a slug.
func translations(ctx context.Context, q pg.Querier, r Reader, slug string) ([]Article, error) {
	return articles(ctx, q, "load an article's translations", `SELECT `+articleColumns+` FROM kb.articles
		WHERE slug = $3 AND status = 'published' AND kb.readable(audience, segments, $1, $2) ORDER BY locale`, r.audience(), r.Segments, slug)
}

// articleAt returns the id of an article that the reader may read, in the wanted
// language where there is one.
func articleAt(ctx context.Context, q pg.Querier, r Reader, slug, locale string) (string, error) {
	found, err := rowsOf[string](ctx, q, "look for an article", `SELECT id FROM kb.articles
		WHERE slug = $3 AND status = 'published' AND kb.readable(audience, segments, $1, $2) ORDER BY locale = $4 DESC, locale LIMIT 1`,
		r.audience(), r.Segments, slug, locale)
	if err != nil {
		return "", pg.Map(err)
	}
	if len(found) == 0 {
		return "", errs.New(errs.NotFound, "there is no such article")
	}
	return found[0], nil
}

// redirectOf returns the slug that a former slug leads to, "" when it is none.
func redirectOf(ctx context.Context, q pg.Querier, r Reader, slug string) (string, error) {
	to, err := rowsOf[string](ctx, q, "look for a redirect", `SELECT a.slug FROM kb.redirects r JOIN kb.articles a ON a.id = r.article
		WHERE r.slug = $3 AND a.status = 'published' AND kb.readable(a.audience, a.segments, $1, $2) ORDER BY r.locale LIMIT 1`, r.audience(), r.Segments, slug)
	if err != nil || len(to) == 0 {
		return "", err
	}
	return to[0], nil
}

// topics returns all collections in their order, with the number of articles
// for the reader; in one locale when it is not "".
func topics(ctx context.Context, q pg.Querier, r Reader, locale string) ([]Collection, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.slug, c.titles, c.position, count(a.id)
		FROM kb.collections c LEFT JOIN kb.articles a ON a.collection = c.id AND a.status = 'published'
			AND kb.readable(a.audience, a.segments, $1, $2) AND ($3 = '' OR a.locale = $3)
		GROUP BY c.id ORDER BY c.position, c.slug`, r.audience(), r.Segments, locale)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Collection])
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	return out, nil
}

// articlesOf returns what is in a collection, in its order, without the texts.
func articlesOf(ctx context.Context, q pg.Querier, r Reader, collection, locale string) ([]Article, error) {
	return articles(ctx, q, "list a collection's articles", `SELECT `+briefColumns+` FROM kb.articles a
		WHERE collection = $3 AND locale = $4 AND status = 'published' AND kb.readable(audience, segments, $1, $2)
		ORDER BY position, title, id LIMIT 1000`, r.audience(), r.Segments, collection, locale)
}

// locales returns the languages in which there are articles.
func locales(ctx context.Context, q pg.Querier, r Reader) ([]string, error) {
	return rowsOf[string](ctx, q, "list languages", `SELECT DISTINCT locale FROM kb.articles
		WHERE status = 'published' AND kb.readable(audience, segments, $1, $2) ORDER BY locale`, r.audience(), r.Segments)
}

func localesOf(ctx context.Context, q pg.Querier, r Reader, collection string) ([]string, error) {
	return rowsOf[string](ctx, q, "list a collection's languages", `SELECT DISTINCT locale FROM kb.articles
		WHERE collection = $3 AND status = 'published' AND kb.readable(audience, segments, $1, $2) ORDER BY locale`, r.audience(), r.Segments, collection)
}

// popular returns the articles that are read most, then those changed last, at
// most limit.
func popular(ctx context.Context, q pg.Querier, r Reader, locale string, since time.Time) ([]Article, error) {
	return articles(ctx, q, "list popular articles", `SELECT `+briefColumns+` FROM kb.articles a
		LEFT JOIN (SELECT article, sum(count) AS n FROM kb.views WHERE day >= $4::timestamptz::date GROUP BY article) v ON v.article = a.id
		WHERE a.locale = $3 AND a.status = 'published' AND kb.readable(a.audience, a.segments, $1, $2)
		ORDER BY v.n DESC NULLS LAST, a.position, a.updated_at DESC, a.id LIMIT $5`, r.audience(), r.Segments, locale, since, listedArticles)
}

// recent returns the articles that were changed last.
func recent(ctx context.Context, q pg.Querier, r Reader, locale string) ([]Article, error) {
	return articles(ctx, q, "list recent articles", `SELECT `+briefColumns+` FROM kb.articles a
		WHERE locale = $3 AND status = 'published' AND kb.readable(audience, segments, $1, $2)
		ORDER BY updated_at DESC, id LIMIT $4`, r.audience(), r.Segments, locale, listedArticles)
}
