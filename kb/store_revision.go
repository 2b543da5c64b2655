package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Revision is an article's text as it was saved.
type Revision struct {
	Number   int       `json:"number"` // 1 is the first
	Title    string    `json:"title"`
	Summary  string    `json:"summary"`
	Markdown string    `json:"markdown,omitempty"`
	Aliases  []string  `json:"aliases"`
	Author   string    `json:"author"`
	At       time.Time `json:"at"`
}

func insertRevision(ctx context.Context, tx pgx.Tx, a *Article) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.revisions (article, number, title, summary, markdown, aliases, author, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, a.ID, a.Revision, a.Title, a.Summary, a.Markdown, a.Aliases, a.Author, a.UpdatedAt)
	if err != nil {
		return fmt.Errorf("keep a revision: %w", err)
	}
	return nil
}

// maxRevisions bounds a list; older ones are kept and can be asked for by
// number.
const maxRevisions = 200

func revisions(ctx context.Context, q pg.Querier, article string) ([]Revision, error) {
	rows, err := q.Query(ctx, `SELECT number, title, summary, '' AS markdown, aliases, author, at
		FROM kb.revisions WHERE article = $1 ORDER BY number DESC LIMIT $2`, article, maxRevisions)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Revision])
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	return out, nil
}

func revisionByNumber(ctx context.Context, q pg.Querier, article string, number int) (Revision, error) {
	rows, err := q.Query(ctx, `SELECT number, title, summary, markdown, aliases, author, at
		FROM kb.revisions WHERE article = $1 AND number = $2`, article, number)
	if err != nil {
		return Revision{}, fmt.Errorf("load a revision: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Revision])
	if err != nil {
		return Revision{}, fmt.Errorf("load a revision: %w", err)
	}
	if len(list) == 0 {
		return Revision{}, errs.New(errs.NotFound, "there is no such revision")
	}
	return list[0], nil
}
