package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/blob"
	"parley/internal/pg"
)

// attachment is a row of chat.attachments.
type attachment struct {
	event.Attachment
	Owner    string
	Conv     string
	Internal bool
}

const attachmentColumns = `id, name, type, size, width, height, owner, conv, internal`

// reserveAttachment notes an upload before its bytes are stored, so that
// whatever happens to it the sweep finds them. It reports false when the owner
// has maxUnclaimed files already that no message has claimed; 0 is no limit.
func reserveAttachment(ctx context.Context, q pg.Querier, a attachment, maxUnclaimed int) (bool, error) {
	tag, err := q.Exec(ctx, `
INSERT INTO chat.attachments (id, owner, name, type)
SELECT $1, $2, $3, '' WHERE $4 <= 0 OR (SELECT count(*) FROM chat.attachments WHERE owner = $2 AND conv = '') < $4`,
		a.ID, a.Owner, a.Name, maxUnclaimed)
	if err != nil {
		return false, pg.Map(fmt.Errorf("reserve attachment: %w", err))
	}
	return tag.RowsAffected() == 1, nil
}

// completeAttachment notes that the bytes are stored, and what they are.
func completeAttachment(ctx context.Context, q pg.Querier, id string, info blob.Info) error {
	_, err := q.Exec(ctx, `UPDATE chat.attachments SET stored = true, type = $2, size = $3, width = $4, height = $5 WHERE id = $1`,
		id, info.Type, info.Size, info.Width, info.Height)
	if err != nil {
		return pg.Map(fmt.Errorf("complete attachment: %w", err))
	}
	return nil
}

// findAttachment returns a complete file, or errs.NotFound.
func findAttachment(ctx context.Context, q pg.Querier, id string) (attachment, error) {
	rows, err := q.Query(ctx, `SELECT `+attachmentColumns+` FROM chat.attachments WHERE id = $1 AND stored`, id)
	if err != nil {
		return attachment{}, pg.Map(fmt.Errorf("find attachment: %w", err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[attachment])
	if err != nil {
		return attachment{}, pg.Map(fmt.Errorf("find attachment: %w", err))
	}
	return a, nil
}

// claimAttachments binds those of the owner's files that no other conversation
// has to the conversation and returns them, in any order.
func claimAttachments(ctx context.Context, tx pg.Querier, owner, conv string, ids []string) ([]attachment, error) {
	rows, err := tx.Query(ctx, `
UPDATE chat.attachments SET conv = $2 WHERE id = ANY($3) AND owner = $1 AND stored AND (conv = '' OR conv = $2)
RETURNING `+attachmentColumns, owner, conv, ids)
	if err != nil {
		return nil, fmt.Errorf("claim attachments: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[attachment])
	if err != nil {
		return nil, fmt.Errorf("claim attachments: %w", err)
	}
	return list, nil
}

// setInternal says which files belong to notes and which to public messages.
func setInternal(ctx context.Context, q pg.Querier, internal, public []string) error {
	_, err := q.Exec(ctx, `
UPDATE chat.attachments SET internal = (id = ANY($1) AND NOT id = ANY($2)) WHERE id = ANY($1) OR id = ANY($2)`, orEmpty(internal), orEmpty(public))
	if err != nil {
		return fmt.Errorf("mark attachments: %w", err)
	}
	return nil
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// orphanAttachments returns files made before a time that no message claimed.
func orphanAttachments(ctx context.Context, q pg.Querier, before time.Time, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT id FROM chat.attachments WHERE conv = '' AND created_at < $1 ORDER BY created_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("find orphaned attachments: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find orphaned attachments: %w", err)
	}
	return ids, nil
}

// deleteOrphan removes the row if still no message has claimed it, and reports
// whether it did.
func deleteOrphan(ctx context.Context, q pg.Querier, id string) (bool, error) {
	tag, err := q.Exec(ctx, `DELETE FROM chat.attachments WHERE id = $1 AND conv = ''`, id)
	if err != nil {
		return false, fmt.Errorf("delete orphaned attachment: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
