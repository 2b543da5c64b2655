package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Revision is a version of an article as it was saved. A collection that is no
// more is none.
type Revision struct {
	Version
	Number int       `json:"number"` // 1 is the first
	Author string    `json:"author"`
	At     time.Time `json:"at"`
}

// versionColumns are those of a [Version], in revisions and staged versions;
// briefVersion is without the text.
const (
	versionColumns = `title, summary, markdown, aliases, kind, extra, audience, segments, coalesce(collection, '')`
	briefVersion   = `title, summary, '', aliases, kind, extra, audience, segments, coalesce(collection, '')`
)

// targets are where to scan them.
func (v *Version) targets() []any {
	return []any{&v.Title, &v.Summary, &v.Markdown, &v.Aliases, &v.Kind, &v.Extra, &v.Audience, &v.Segments, &v.Collection}
}

func scanRevision(row pgx.CollectableRow) (Revision, error) {
	var r Revision
	err := row.Scan(append(r.targets(), &r.Number, &r.Author, &r.At)...)
	return r, err
}

func insertRevision(ctx context.Context, tx pgx.Tx, a *Article) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.revisions (article, number, author, at, title, summary, markdown, aliases, kind, extra, audience, segments, collection)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13, ''))`, a.ID, a.Revision, a.Author, a.UpdatedAt,
		a.Title, a.Summary, a.Markdown, a.Aliases, a.Kind, a.Extra, a.Audience, a.Segments, a.Collection)
	if err != nil {
		return fmt.Errorf("keep a revision: %w", err)
	}
	return nil
}

// maxRevisions bounds a list; older ones are kept and can be asked for by
// number.
const maxRevisions = 200

func revisions(ctx context.Context, q pg.Querier, article string) ([]Revision, error) {
	rows, err := q.Query(ctx, `SELECT `+briefVersion+`, number, author, at
		FROM kb.revisions WHERE article = $1 ORDER BY number DESC LIMIT $2`, article, maxRevisions)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanRevision)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	return out, nil
}

func revisionByNumber(ctx context.Context, q pg.Querier, article string, number int) (Revision, error) {
	rows, err := q.Query(ctx, `SELECT `+versionColumns+`, number, author, at
		FROM kb.revisions WHERE article = $1 AND number = $2`, article, number)
	if err != nil {
		return Revision{}, fmt.Errorf("load a revision: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRevision)
	if err != nil {
		return Revision{}, fmt.Errorf("load a revision: %w", err)
	}
	if len(list) == 0 {
		return Revision{}, errs.New(errs.NotFound, "there is no such revision")
	}
	return list[0], nil
}
