package agents

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// canned is a row of agents.canned.
type canned struct {
	ID        string
	Owner     string // "" is shared
	Shortcut  string
	Title     string
	Text      string // Markdown with {{variables}}
	UpdatedAt time.Time
}

const cannedColumns = `id, owner, shortcut, title, text, updated_at`

// listCanned returns the shared responses and the owner's own.
func listCanned(ctx context.Context, q pg.Querier, owner string) ([]canned, error) {
	rows, err := q.Query(ctx, `SELECT `+cannedColumns+` FROM agents.canned WHERE owner IN ('', $1) ORDER BY shortcut, owner DESC`, owner)
	if err != nil {
		return nil, fmt.Errorf("list canned responses: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[canned])
	if err != nil {
		return nil, fmt.Errorf("list canned responses: %w", pg.Map(err))
	}
	return list, nil
}

// lockCanned returns a response that is shared or the owner's own; others' look
// like missing ones.
func lockCanned(ctx context.Context, q pg.Querier, id, owner string) (canned, error) {
	rows, err := q.Query(ctx, `SELECT `+cannedColumns+` FROM agents.canned WHERE id = $1 AND owner IN ('', $2) FOR UPDATE`, id, owner)
	if err != nil {
		return canned{}, fmt.Errorf("read a canned response: %w", pg.Map(err))
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[canned])
	if err = pg.Map(err); errs.Is(err, errs.NotFound) {
		return canned{}, errs.New(errs.NotFound, "there is no such canned response")
	}
	if err != nil {
		return canned{}, fmt.Errorf("read a canned response: %w", err)
	}
	return c, nil
}

func saveCanned(ctx context.Context, q pg.Querier, c canned) error {
	_, err := q.Exec(ctx, `
		INSERT INTO agents.canned (`+cannedColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, shortcut = excluded.shortcut, title = excluded.title, text = excluded.text,
			updated_at = excluded.updated_at`, c.ID, c.Owner, c.Shortcut, c.Title, c.Text, c.UpdatedAt)
	if pg.IsUnique(err, "canned_owner_shortcut_key") {
		return errs.Wrap(err, errs.Conflict, "there is a response with this shortcut already")
	}
	if err != nil {
		return fmt.Errorf("save a canned response: %w", pg.Map(err))
	}
	return nil
}

func deleteCanned(ctx context.Context, q pg.Querier, id string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.canned WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete a canned response: %w", pg.Map(err))
	}
	return nil
}
