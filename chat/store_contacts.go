package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// saveContactName keeps the newest name of a contact.
func saveContactName(ctx context.Context, q pg.Querier, id, name string, at time.Time) error {
	_, err := q.Exec(ctx, `
INSERT INTO chat.contacts AS k (id, name, at) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, at = excluded.at WHERE k.at <= excluded.at`, id, storable(name), at)
	if err != nil {
		return pg.Map(fmt.Errorf("save contact: %w", err))
	}
	return nil
}

// saveContactMerge notes that a contact was merged into another; those merged
// into it earlier follow. tx is a transaction.
func saveContactMerge(ctx context.Context, tx pg.Querier, id, into string, at time.Time) error {
	_, err := tx.Exec(ctx, `
INSERT INTO chat.contacts (id, merged, at)
VALUES ($1, coalesce((SELECT nullif(merged, '') FROM chat.contacts WHERE id = $2), $2), $3)
ON CONFLICT (id) DO UPDATE SET merged = excluded.merged`, id, into, at)
	if err != nil {
		return fmt.Errorf("save merge: %w", err)
	}
	_, err = tx.Exec(ctx, `
UPDATE chat.contacts k SET merged = r.merged FROM chat.contacts r WHERE r.id = $1 AND k.merged = $1`, id)
	if err != nil {
		return fmt.Errorf("save merge: %w", err)
	}
	return nil
}

// conversationsOf returns the conversations of a contact that lists may show,
// newest first.
func conversationsOf(ctx context.Context, q pg.Querier, contact string, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT v.id FROM chat.conversations v WHERE `+fmt.Sprintf(ofContact, "$1")+` ORDER BY v.last_at DESC LIMIT $2`, contact, limit)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find a contact's conversations: %w", err))
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find a contact's conversations: %w", err))
	}
	return ids, nil
}

// seesContact reports whether a conversation of the contact, or of one merged
// into it, lies in the scope.
func seesContact(ctx context.Context, q pg.Querier, sc scope, contact string) (bool, error) {
	var sees bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM chat.conversations v WHERE `+fmt.Sprintf(ofContact, "$4")+` AND `+visible+`)`, append(sc.args(), contact)...).Scan(&sees)
	if err != nil {
		return false, pg.Map(fmt.Errorf("look for a contact's conversations: %w", err))
	}
	return sees, nil
}
