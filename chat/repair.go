package chat

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// repair writes again what PostgreSQL has of a conversation: the events that
// the log holds, as far as they were projected, and the row that all events add
// up to. The projection of the conversation's stream waits meanwhile.
func (s *Service) repair(ctx context.Context, conv string) error {
	stream := s.bus.ChatStream(conv)
	tail, _, err := s.tail(ctx, conv, 0)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		at, err := lockOffset(ctx, tx, stream)
		if err != nil {
			return err
		}
		events := make([]stored, 0, len(tail))
		for i := range tail {
			e, err := decode(&tail[i])
			if err != nil || e.Seq > at.LastSeq {
				continue // no event, or not projected yet
			}
			events = append(events, e)
		}
		if err := dropDiffering(ctx, tx, conv, events); err != nil {
			return err
		}
		if _, err := insertEvents(ctx, tx, stream, at.Epoch, events); err != nil {
			return err
		}
		if err := refoldOne(ctx, tx, conv); err != nil {
			return err
		}
		return markNotes(ctx, tx, events)
	})
	if err != nil {
		return pg.Map(err)
	}
	s.announceStored(ctx, []string{conv})
	return nil
}

// refoldOne writes the row that the events of a conversation add up to. How far
// it was read stays.
func refoldOne(ctx context.Context, tx pgx.Tx, conv string) error {
	rows, err := conversationEvents(ctx, tx, conv)
	if err != nil || len(rows) == 0 {
		return err
	}
	was, err := lockConversation(ctx, tx, conv)
	if err != nil && !isMissing(err) {
		return err
	}
	c, err := foldRows(rows, was.AgentRead)
	if err != nil {
		return err
	}
	if c.State == "" {
		return nil // its beginning is not known
	}
	if was.ID != "" {
		c.Contact = was.Contact
	}
	last := rows[len(rows)-1].Seq
	return saveConversations(ctx, tx, []*projected{{Conversation: c, LogSeq: max(was.LogSeq, last)}})
}

// dropDiffering deletes rows whose bytes are not those of the log.
func dropDiffering(ctx context.Context, tx pgx.Tx, conv string, events []stored) error {
	seqs, sums := make([]int64, len(events)), make([][]byte, len(events))
	for i := range events {
		seqs[i], sums[i] = bound(events[i].Seq), sum(events[i].body)
	}
	_, err := tx.Exec(ctx, `
DELETE FROM chat.events e USING unnest($2::bigint[], $3::bytea[]) AS l (seq, sum)
WHERE e.conv = $1 AND e.seq = l.seq AND sha256(e.body) <> l.sum`, conv, seqs, sums)
	if err != nil {
		return fmt.Errorf("drop damaged events: %w", err)
	}
	return nil
}

// conversationEvents are all events of a conversation, in order.
func conversationEvents(ctx context.Context, q pg.Querier, conv string) ([]foldRow, error) {
	rows, err := q.Query(ctx, `SELECT conv, seq, stream, epoch, body FROM chat.events WHERE conv = $1 ORDER BY seq`, conv)
	if err != nil {
		return nil, fmt.Errorf("read the events of a conversation: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[foldRow])
	if err != nil {
		return nil, fmt.Errorf("read the events of a conversation: %w", err)
	}
	return list, nil
}

// lockConversation returns the row for writing it, or errs.NotFound.
func lockConversation(ctx context.Context, tx pgx.Tx, conv string) (projected, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM chat.conversations WHERE id = $1 FOR UPDATE`, conv); err != nil {
		return projected{}, fmt.Errorf("lock the conversation: %w", err)
	}
	return findConversation(ctx, tx, conv)
}
