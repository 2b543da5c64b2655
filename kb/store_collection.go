package kb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// collections returns all collections in their order, with the number of
// articles that the public may read.
func collections(ctx context.Context, q pg.Querier) ([]Collection, error) {
	return topics(ctx, q, Reader{}, "")
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
