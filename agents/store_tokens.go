package agents

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/pg"
)

// APIToken is what is known of an API token; the token itself is shown once.
type APIToken struct {
	ID         string     `json:"id"`
	Label      string     `json:"label"`
	Role       auth.Role  `json:"role"`
	Inboxes    []string   `json:"inboxes"` // the only inboxes it may see; null means all
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

const tokenColumns = `id, label, role, inboxes, created_by, created_at, last_used_at, revoked_at` //nolint:gosec // names of columns

func insertToken(ctx context.Context, q pg.Querier, t APIToken, hash []byte) error {
	_, err := q.Exec(ctx, `
		INSERT INTO agents.tokens (hash, id, label, role, inboxes, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		hash, t.ID, t.Label, t.Role, t.Inboxes, t.CreatedBy, t.CreatedAt)
	if err != nil {
		return fmt.Errorf("create a token: %w", pg.Map(err))
	}
	return nil
}

// tokenByHash returns the token of a secret unless it was revoked.
func tokenByHash(ctx context.Context, q pg.Querier, hash []byte) (APIToken, error) {
	rows, err := q.Query(ctx, `SELECT `+tokenColumns+` FROM agents.tokens WHERE hash = $1 AND revoked_at IS NULL`, hash)
	if err != nil {
		return APIToken{}, fmt.Errorf("read a token: %w", pg.Map(err))
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[APIToken])
	if err != nil {
		return APIToken{}, fmt.Errorf("read a token: %w", pg.Map(err))
	}
	return t, nil
}

func touchToken(ctx context.Context, q pg.Querier, id string, at time.Time) error {
	if _, err := q.Exec(ctx, `UPDATE agents.tokens SET last_used_at = $2 WHERE id = $1`, id, at); err != nil {
		return fmt.Errorf("mark token %s as used: %w", id, pg.Map(err))
	}
	return nil
}

// listTokens returns the newest tokens first, revoked ones too.
func listTokens(ctx context.Context, q pg.Querier, limit int) ([]APIToken, error) {
	rows, err := q.Query(ctx, `SELECT `+tokenColumns+` FROM agents.tokens ORDER BY created_at DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[APIToken])
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", pg.Map(err))
	}
	for i := range list {
		t := &list[i]
		t.CreatedAt = t.CreatedAt.UTC() // the driver gives times in the machine's zone
		for _, at := range []*time.Time{t.LastUsedAt, t.RevokedAt} {
			if at != nil {
				*at = at.UTC()
			}
		}
	}
	return list, nil
}

// revokeToken ends a token; not_found when there is none that could end.
func revokeToken(ctx context.Context, q pg.Querier, id string, at time.Time) error {
	tag, err := q.Exec(ctx, `UPDATE agents.tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, at)
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, pg.Map(err))
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such token, or it was revoked before")
	}
	return nil
}
