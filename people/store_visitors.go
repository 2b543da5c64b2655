package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// visitor is a row of people.visitors: a browser of a contact in an inbox.
type visitor struct {
	ID         string
	Contact    string
	Inbox      string
	UserAgent  string
	PageURL    string
	PageTitle  string
	CreatedAt  time.Time
	LastSeenAt time.Time
}

func lockVisitor(ctx context.Context, q pg.Querier, id string) (visitor, error) {
	rows, err := q.Query(ctx, `
		SELECT id, contact, inbox, user_agent, page_url, page_title, created_at, last_seen_at
		FROM people.visitors WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return visitor{}, fmt.Errorf("lock visitor %s: %w", id, pg.Map(err))
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[visitor])
	if err != nil {
		return visitor{}, fmt.Errorf("lock visitor %s: %w", id, pg.Map(err))
	}
	return v, nil
}

// saveVisitor creates the visitor, or updates what changes with a visit.
func saveVisitor(ctx context.Context, q pg.Querier, v visitor) error {
	_, err := q.Exec(ctx, `
		INSERT INTO people.visitors (id, contact, inbox, user_agent, page_url, page_title, created_at, last_seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET contact = excluded.contact, user_agent = excluded.user_agent,
			page_url = excluded.page_url, page_title = excluded.page_title, last_seen_at = excluded.last_seen_at`,
		v.ID, v.Contact, v.Inbox, v.UserAgent, v.PageURL, v.PageTitle, v.CreatedAt, v.LastSeenAt)
	if err != nil {
		return fmt.Errorf("save visitor %s: %w", v.ID, pg.Map(err))
	}
	return nil
}

// moveVisitors gives every visitor of one contact to another.
func moveVisitors(ctx context.Context, q pg.Querier, from, to string) error {
	if _, err := q.Exec(ctx, `UPDATE people.visitors SET contact = $2 WHERE contact = $1`, from, to); err != nil {
		return fmt.Errorf("move visitors of %s: %w", from, pg.Map(err))
	}
	return nil
}

// lockIdentity makes transactions about one identity take turns, also while
// there is no row to lock, and returns its contact, or "" for an identity that
// was not seen before.
func lockIdentity(ctx context.Context, q pg.Querier, id identity) (string, error) {
	_, err := q.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('people.identity:' || $1 || ':' || $2 || ':' || $3, 0))`,
		id.Inbox, id.Kind, id.Value)
	if err != nil {
		return "", fmt.Errorf("lock an identity: %w", pg.Map(err))
	}
	var contact string
	err = q.QueryRow(ctx, `SELECT contact FROM people.identities WHERE inbox = $1 AND kind = $2 AND value = $3`,
		id.Inbox, id.Kind, id.Value).Scan(&contact)
	if err = pg.Map(err); errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up an identity: %w", err)
	}
	return contact, nil
}

func saveIdentity(ctx context.Context, q pg.Querier, id identity, contact string, at time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO people.identities (inbox, kind, value, contact, proved_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (inbox, kind, value) DO UPDATE SET proved_at = excluded.proved_at`,
		id.Inbox, id.Kind, id.Value, contact, at)
	if err != nil {
		return fmt.Errorf("save an identity: %w", pg.Map(err))
	}
	return nil
}

// shareInbox reports whether both contacts have an identity in one inbox: a
// site says that they are different people.
func shareInbox(ctx context.Context, q pg.Querier, a, b string) (bool, error) {
	var share bool
	err := q.QueryRow(ctx, `
		SELECT exists (SELECT FROM people.identities x JOIN people.identities y ON x.inbox = y.inbox AND x.kind = y.kind
			WHERE x.contact = $1 AND y.contact = $2)`, a, b).Scan(&share)
	if err != nil {
		return false, fmt.Errorf("compare identities: %w", pg.Map(err))
	}
	return share, nil
}
