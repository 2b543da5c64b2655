package kb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// collections returns all collections in their order, with the number of
// articles that the public may read; in one locale when it is not "".
func collections(ctx context.Context, q pg.Querier, locale string) ([]Collection, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.slug, c.titles, c.position, count(a.id)
		FROM kb.collections c
		LEFT JOIN kb.articles a ON a.collection = c.id AND a.status = 'published' AND a.audience = 'public' AND ($1 = '' OR a.locale = $1)
		GROUP BY c.id ORDER BY c.position, c.slug`, locale)
	if err != nil {
		return nil, fmt.Errorf("list collections: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Collection])
	if err != nil {
		return nil, fmt.Errorf("list collections: %w", err)
	}
	return out, nil
}

func collectionForUpdate(ctx context.Context, tx pgx.Tx, id string) (Collection, error) {
	var c Collection
	rows, err := tx.Query(ctx, `SELECT id, slug, titles, position, 0::bigint FROM kb.collections WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return c, fmt.Errorf("load a collection: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Collection])
	if err != nil {
		return c, fmt.Errorf("load a collection: %w", err)
	}
	if len(list) == 0 {
		return c, errs.New(errs.NotFound, "there is no such collection")
	}
	return list[0], nil
}

func saveCollection(ctx context.Context, tx pgx.Tx, c *Collection) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.collections (id, slug, titles, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, titles = excluded.titles, position = excluded.position`,
		c.ID, c.Slug, c.Titles, c.Position)
	if pg.IsUnique(err, "collections_slug_key") {
		return errs.Wrap(err, errs.Conflict, "another collection has this address already; choose another slug")
	}
	if err != nil {
		return fmt.Errorf("store a collection: %w", err)
	}
	return nil
}

func deleteCollection(ctx context.Context, tx pgx.Tx, id string) error {
	tag, err := tx.Exec(ctx, `DELETE FROM kb.collections WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("delete a collection: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such collection")
	}
	return nil
}

// articlesOf returns what the public may read of a collection, in its order,
// without the texts.
func articlesOf(ctx context.Context, q pg.Querier, collection, locale string) ([]Article, error) {
	return articles(ctx, q, "list a collection's articles", `SELECT `+briefColumns+` FROM kb.articles a WHERE collection = $1 AND locale = $2 AND status = 'published' AND audience = 'public'
		ORDER BY position, title, id LIMIT 1000`, collection, locale)
}

// locales returns the languages in which the public finds articles.
func locales(ctx context.Context, q pg.Querier) ([]string, error) {
	return rowsOf[string](ctx, q, "list languages",
		`SELECT DISTINCT locale FROM kb.articles WHERE status = 'published' AND audience = 'public' ORDER BY locale`)
}

func localesOf(ctx context.Context, q pg.Querier, collection string) ([]string, error) {
	return rowsOf[string](ctx, q, "list a collection's languages",
		`SELECT DISTINCT locale FROM kb.articles WHERE collection = $1 AND status = 'published' AND audience = 'public' ORDER BY locale`, collection)
}
