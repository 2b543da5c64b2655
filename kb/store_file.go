package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// insertFile keeps the first name of a file that is uploaded again.
func insertFile(ctx context.Context, q pg.Querier, id, author string, f File, at time.Time) error {
	_, err := q.Exec(ctx, `INSERT INTO kb.files (id, name, type, size, sha256, author, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO NOTHING`, id, f.Name, f.Type, f.Size, f.SHA256, author, at)
	if err != nil {
		return fmt.Errorf("note a file: %w", err)
	}
	return nil
}

func filesByID(ctx context.Context, q pg.Querier, ids []string) (map[string]File, error) {
	rows, err := q.Query(ctx, `SELECT id, name, type, size, sha256 FROM kb.files WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("load files: %w", err)
	}
	out := map[string]File{}
	var id string
	var f File
	if _, err := pgx.ForEachRow(rows, []any{&id, &f.Name, &f.Type, &f.Size, &f.SHA256}, func() error {
		out[id] = f
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load files: %w", err)
	}
	return out, nil
}

// fileFor returns a file that a published article for the reader needs; staff
// may have every file. open says that everybody may. It is errs.NotFound
// otherwise.
func fileFor(ctx context.Context, q pg.Querier, r Reader, id string) (f File, open bool, err error) {
	rows, err := q.Query(ctx, `SELECT f.name, f.type, f.size, f.sha256, EXISTS (
			SELECT FROM kb.file_uses u JOIN kb.articles a ON a.id = u.article
			WHERE u.file = f.id AND a.status = 'published' AND a.audience = 'public')
		FROM kb.files f WHERE f.id = $3 AND ($1 = 'agents' OR EXISTS (
			SELECT FROM kb.file_uses u JOIN kb.articles a ON a.id = u.article
			WHERE u.file = f.id AND a.status = 'published' AND kb.readable(a.audience, a.segments, $1, $2)))`, r.audience(), r.Segments, id)
	if err != nil {
		return f, false, fmt.Errorf("load a file: %w", err)
	}
	found := false
	if _, err := pgx.ForEachRow(rows, []any{&f.Name, &f.Type, &f.Size, &f.SHA256, &open}, func() error {
		found = true
		return nil
	}); err != nil {
		return f, false, fmt.Errorf("load a file: %w", err)
	}
	if !found {
		return f, false, errs.New(errs.NotFound, "there is no such file")
	}
	return f, open, nil
}

// useFiles keeps which files an article needs.
func useFiles(ctx context.Context, tx pgx.Tx, a *Article) error {
	needed := a.Extra.uploaded()
	if needed == nil {
		needed = []string{}
	}
	_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM kb.file_uses WHERE article = $1 AND file <> ALL($2))
		INSERT INTO kb.file_uses (article, file) SELECT $1, f FROM unnest($2::text[]) AS f ON CONFLICT DO NOTHING`, a.ID, needed)
	if err != nil {
		return fmt.Errorf("keep which files an article needs: %w", err)
	}
	return nil
}

// segmentsUsed returns those of the segments that any article is for: the others
// need not be remembered.
func segmentsUsed(ctx context.Context, q pg.Querier, segments []string) ([]string, error) {
	return rowsOf[string](ctx, q, "look for segments", `SELECT DISTINCT s FROM kb.articles a, unnest(a.segments) AS s
		WHERE a.audience = 'segment' AND a.segments && $1 AND s = ANY($1) ORDER BY s LIMIT $2`, segments, maxHeld)
}

const maxHeld = 30 // segments in a cookie, which browsers take up to 4 KiB
