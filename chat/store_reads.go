package chat

import (
	"context"
	"fmt"

	"parley/internal/pg"
)

// readMarks are up to where each side has seen a conversation.
type readMarks struct {
	Agent   uint64 `json:"agent"`
	Visitor uint64 `json:"visitor"`
}

func findReads(ctx context.Context, q pg.Querier, conv string) (readMarks, error) {
	var m readMarks
	err := q.QueryRow(ctx, `SELECT agent_read, visitor_read FROM chat.conversations WHERE id = $1`, conv).Scan(&m.Agent, &m.Visitor)
	if err != nil {
		return readMarks{}, pg.Map(fmt.Errorf("find read marks: %w", err))
	}
	return m, nil
}

// saveVisitorRead moves the visitor's mark forward.
func saveVisitorRead(ctx context.Context, q pg.Querier, conv string, seq uint64) error {
	_, err := q.Exec(ctx, `UPDATE chat.conversations SET visitor_read = greatest(visitor_read, $2) WHERE id = $1`, conv, bound(seq))
	if err != nil {
		return pg.Map(fmt.Errorf("save read mark: %w", err))
	}
	return nil
}

// saveAgentRead moves the agents' mark forward and counts what is unread after
// it; it reports whether anything changed. The row is locked first, so that the
// count sees every event the projection has counted. tx is a transaction.
func saveAgentRead(ctx context.Context, tx pg.Querier, conv string, seq uint64) (bool, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM chat.conversations WHERE id = $1 FOR UPDATE`, conv); err != nil {
		return false, fmt.Errorf("lock conversation: %w", err)
	}
	tag, err := tx.Exec(ctx, `
UPDATE chat.conversations v SET agent_read = $2,
    unread = (SELECT count(*) FROM chat.events e WHERE e.conv = v.id AND e.seq > $2 AND e.kind = 'message' AND e.actor = 'visitor')
WHERE v.id = $1 AND v.agent_read < $2`, conv, bound(seq))
	if err != nil {
		return false, fmt.Errorf("save read mark: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
