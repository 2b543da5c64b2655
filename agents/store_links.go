package agents

import (
	"context"
	"fmt"
	"time"

	"parley/internal/errs"
	"parley/internal/pg"
)

// replaceLink stores a one-time link for the account ("" for the one that makes
// the first admin). Older links of the same account die.
func replaceLink(ctx context.Context, q pg.Querier, acct string, hash []byte, expires time.Time) error {
	if err := dropLinks(ctx, q, acct); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `INSERT INTO agents.links (hash, account, expires_at) VALUES ($1, nullif($2, ''), $3)`, hash, acct, expires)
	if err != nil {
		return fmt.Errorf("create a link: %w", pg.Map(err))
	}
	return nil
}

func dropLinks(ctx context.Context, q pg.Querier, acct string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.links WHERE account IS NOT DISTINCT FROM nullif($1, '')`, acct); err != nil {
		return fmt.Errorf("drop links: %w", pg.Map(err))
	}
	return nil
}

// useLink consumes a link and returns its account, "" for the one that makes the
// first admin. Deleting is what makes it single: of two who use it at once, one
// deletes the row.
func useLink(ctx context.Context, q pg.Querier, hash []byte, now time.Time) (string, error) {
	var acct string
	err := q.QueryRow(ctx, `DELETE FROM agents.links WHERE hash = $1 AND expires_at > $2 RETURNING coalesce(account, '')`, hash, now).Scan(&acct)
	if err = pg.Map(err); errs.Is(err, errs.NotFound) {
		return "", errBadLink()
	}
	if err != nil {
		return "", fmt.Errorf("use a link: %w", err)
	}
	return acct, nil
}

func dropOldLinks(ctx context.Context, q pg.Querier, now time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.links WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("drop old links: %w", pg.Map(err))
	}
	return nil
}

func errBadLink() error {
	return errs.New(errs.Unauthenticated, "this link has been used or has expired; ask an admin for a new one")
}
