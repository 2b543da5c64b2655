package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

// inboxRow is a row of chat.inboxes; the rules hold the fields of event.Inbox
// that have no column.
type inboxRow struct {
	ID, Key, Name string
	Rules         event.Inbox
	Secret        string // sealed
	Archived      bool
}

func rowOf(in event.Inbox, sealed string) inboxRow {
	row := inboxRow{ID: in.ID, Key: in.Key, Name: in.Name, Archived: in.Archived, Rules: in, Secret: sealed}
	row.Rules.ID, row.Rules.Key, row.Rules.Name, row.Rules.Archived = "", "", "", false
	return row
}

func (r inboxRow) inbox() event.Inbox {
	in := r.Rules
	in.ID, in.Key, in.Name, in.Archived = r.ID, r.Key, r.Name, r.Archived
	return in
}

func allInboxes(ctx context.Context, q pg.Querier) ([]inboxRow, error) {
	rows, err := q.Query(ctx, `SELECT id, key, name, rules, secret, archived FROM chat.inboxes ORDER BY created_at, id`)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list inboxes: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[inboxRow])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list inboxes: %w", err))
	}
	return list, nil
}

func insertInbox(ctx context.Context, q pg.Querier, r inboxRow) error {
	rules, err := json.Marshal(r.Rules)
	if err != nil {
		return fmt.Errorf("encode inbox: %w", err)
	}
	_, err = q.Exec(ctx, `INSERT INTO chat.inboxes (id, key, name, rules, secret, archived) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, r.Key, r.Name, rules, r.Secret, r.Archived)
	if err != nil {
		return pg.Map(fmt.Errorf("insert inbox: %w", err))
	}
	return nil
}

// lockInbox returns the row for changing it, or errs.NotFound.
func lockInbox(ctx context.Context, tx pg.Querier, id string) (inboxRow, error) {
	rows, err := tx.Query(ctx, `SELECT id, key, name, rules, secret, archived FROM chat.inboxes WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return inboxRow{}, fmt.Errorf("find inbox: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[inboxRow])
	if err != nil {
		return inboxRow{}, pg.Map(fmt.Errorf("find inbox: %w", err))
	}
	return row, nil
}

// updateInbox writes everything but the key.
func updateInbox(ctx context.Context, q pg.Querier, r inboxRow) error {
	rules, err := json.Marshal(r.Rules)
	if err != nil {
		return fmt.Errorf("encode inbox: %w", err)
	}
	_, err = q.Exec(ctx, `UPDATE chat.inboxes SET name = $2, rules = $3, secret = $4, archived = $5 WHERE id = $1`,
		r.ID, r.Name, rules, r.Secret, r.Archived)
	if err != nil {
		return pg.Map(fmt.Errorf("update inbox: %w", err))
	}
	return nil
}

// lockInboxes keeps two processes that start together from both creating the
// first inbox. tx is a transaction.
func lockInboxes(ctx context.Context, tx pg.Querier) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE chat.inboxes IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock inboxes: %w", err)
	}
	return nil
}
