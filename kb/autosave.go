package kb

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Autosave is what an author has typed and not saved yet: it survives a closed
// tab and another device. Each author has at most one of an article.
type Autosave struct {
	Article   string          `json:"article"`  // id; "" while it is new
	Body      json.RawMessage `json:"body"`     // the editor's fields
	Revision  int             `json:"revision"` // that the author had before them
	UpdatedAt time.Time       `json:"updated_at"`
}

const (
	maxAutosave   = 600 << 10 // bytes
	keepAutosaves = 30 * 24 * time.Hour
)

// KeepTyped stores what an author has typed.
func (s *Service) KeepTyped(ctx context.Context, author string, a Autosave) error {
	if len(a.Body) == 0 || len(a.Body) > maxAutosave || a.Body[0] != '{' {
		return errs.Field("body", "must be an object of at most %d bytes", maxAutosave)
	}
	_, err := s.db.Exec(ctx, `INSERT INTO kb.autosaves (author, article, body, revision, updated_at)
		SELECT $1, $2, $3, $4, $5 WHERE $2 = '' OR EXISTS (SELECT FROM kb.articles WHERE id = $2)
		ON CONFLICT (author, article) DO UPDATE SET body = excluded.body, revision = excluded.revision, updated_at = excluded.updated_at`,
		author, a.Article, []byte(a.Body), a.Revision, s.now())
	if err != nil {
		return pg.Map(fmt.Errorf("keep what was typed: %w", err))
	}
	return nil
}

// Typed returns what an author had typed; NotFound when there is nothing.
func (s *Service) Typed(ctx context.Context, author, article string) (Autosave, error) {
	a := Autosave{Article: article}
	err := s.db.QueryRow(ctx, `SELECT body, revision, updated_at FROM kb.autosaves WHERE author = $1 AND article = $2`, author, article).
		Scan(&a.Body, &a.Revision, &a.UpdatedAt)
	if err != nil {
		return a, pg.Map(missing(err, "draft"))
	}
	return a, nil
}

// ForgetTyped drops what an author had typed, after it was saved or given up.
func (s *Service) ForgetTyped(ctx context.Context, author, article string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM kb.autosaves WHERE author = $1 AND article = $2`, author, article); err != nil {
		return pg.Map(fmt.Errorf("drop what was typed: %w", err))
	}
	return nil
}
