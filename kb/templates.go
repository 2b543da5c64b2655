package kb

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/ids"
	"parley/internal/pg"
)

// Template is the text with which an author begins.
type Template struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Markdown string `json:"markdown"`
	Position int    `json:"position"`
}

const maxTemplates = 100

func (t *Template) normalise() error {
	t.Name = strings.TrimSpace(t.Name)
	switch {
	case t.Name == "" || !field.Line(t.Name, maxTitle):
		return errs.Field("name", "must be one line of 1 to %d characters", maxTitle)
	case len(t.Markdown) > maxMarkdown || !utf8.ValidString(t.Markdown) || strings.ContainsRune(t.Markdown, 0):
		return errs.Field("markdown", "may have %d bytes of text at most", maxMarkdown)
	}
	return nil
}

// TemplateChange is what to change of a template; nil fields stay.
type TemplateChange struct {
	Name     *string `json:"name"`
	Markdown *string `json:"markdown"`
	Position *int    `json:"position"`
}

func (ch TemplateChange) apply(t *Template) {
	set(&t.Name, ch.Name)
	set(&t.Markdown, ch.Markdown)
	set(&t.Position, ch.Position)
}

// Templates lists the templates in their order.
func (s *Service) Templates(ctx context.Context) ([]Template, error) {
	rows, err := s.db.Query(ctx, `SELECT id, name, markdown, position FROM kb.templates ORDER BY position, name, id`)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list templates: %w", err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Template])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list templates: %w", err))
	}
	return out, nil
}

// SaveTemplate stores a new template for an empty id, else changes one.
func (s *Service) SaveTemplate(ctx context.Context, id string, change TemplateChange) (Template, error) {
	var t Template
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		if id != "" {
			err := tx.QueryRow(ctx, `SELECT id, name, markdown, position FROM kb.templates WHERE id = $1 FOR UPDATE`, id).
				Scan(&t.ID, &t.Name, &t.Markdown, &t.Position)
			if err != nil {
				return missing(err, "template")
			}
		}
		change.apply(&t)
		if err := t.normalise(); err != nil {
			return err
		}
		if id == "" {
			t.ID = ids.New()
		}
		tag, err := tx.Exec(ctx, `INSERT INTO kb.templates (id, name, markdown, position)
			SELECT $1, $2, $3, $4 WHERE $5 OR (SELECT count(*) FROM kb.templates) < $6
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, markdown = excluded.markdown, position = excluded.position`,
			t.ID, t.Name, t.Markdown, t.Position, id != "", maxTemplates)
		if err != nil {
			return fmt.Errorf("store a template: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "there are %d templates already; remove one first", maxTemplates)
		}
		return nil
	})
	return t, pg.Map(err)
}

// DeleteTemplate removes a template. Articles begun with it stay.
func (s *Service) DeleteTemplate(ctx context.Context, id string) error {
	tag, err := s.db.Exec(ctx, `DELETE FROM kb.templates WHERE id = $1`, id)
	if err != nil {
		return pg.Map(fmt.Errorf("remove a template: %w", err))
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such template")
	}
	return nil
}
