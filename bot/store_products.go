package bot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

const productColumns = `id, name, synonyms, updated_by, updated_at`

func scanProduct(row pgx.CollectableRow) (Product, error) {
	p := Product{Synonyms: []string{}}
	err := row.Scan(&p.ID, &p.Name, &p.Synonyms, &p.UpdatedBy, &p.UpdatedAt)
	p.UpdatedAt = p.UpdatedAt.UTC()
	return p, err
}

// allProducts lists the products by name.
func allProducts(ctx context.Context, q pg.Querier) ([]Product, error) {
	rows, err := q.Query(ctx, `SELECT `+productColumns+` FROM bot.products ORDER BY lower(name)`)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProduct)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return list, nil
}

// findProduct returns the product, or pgx.ErrNoRows, and keeps others from
// changing it until the transaction ends.
func findProduct(ctx context.Context, tx pgx.Tx, id string) (Product, error) {
	rows, err := tx.Query(ctx, `SELECT `+productColumns+` FROM bot.products WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return Product{}, fmt.Errorf("find product: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanProduct)
	if err != nil {
		return Product{}, fmt.Errorf("find product: %w", err)
	}
	return p, nil
}

const productInsert = `
INSERT INTO bot.products (id, name, synonyms, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, synonyms = excluded.synonyms, updated_by = excluded.updated_by, updated_at = excluded.updated_at`

func saveProduct(ctx context.Context, q pg.Querier, p *Product) error {
	_, err := q.Exec(ctx, productInsert, p.ID, p.Name, p.Synonyms, p.UpdatedBy, p.UpdatedAt)
	return productError(err)
}

// saveProducts is saveProduct for many.
func saveProducts(ctx context.Context, tx pgx.Tx, list []Product) error {
	if len(list) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	for i := range list {
		p := &list[i]
		b.Queue(productInsert, p.ID, p.Name, p.Synonyms, p.UpdatedBy, p.UpdatedAt)
	}
	return productError(tx.SendBatch(ctx, b).Close())
}

func productError(err error) error {
	if pg.IsUnique(err, "products_name") {
		return errs.Wrap(err, errs.Conflict, "there is a product of that name already; give that one the synonyms")
	}
	if err != nil {
		return fmt.Errorf("save product: %w", err)
	}
	return nil
}

// lockProducts makes transactions that add products wait for each other, so that
// their number stays within its limit.
func lockProducts(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE bot.products IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock the products: %w", err)
	}
	return nil
}

// deleteProduct reports whether there was one.
func deleteProduct(ctx context.Context, q pg.Querier, id string) (bool, error) {
	tag, err := q.Exec(ctx, `DELETE FROM bot.products WHERE id = $1`, id)
	if err != nil {
		return false, fmt.Errorf("delete product: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
