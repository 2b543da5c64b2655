package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// Expired lists closed conversations in which nobody has said anything since
// before, the oldest first.
func (s *Service) Expired(ctx context.Context, before time.Time, limit int) ([]string, error) {
	rows, err := s.db.Query(ctx, `
SELECT id FROM chat.conversations WHERE state = 'resolved' AND last_at < $1 ORDER BY last_at, id LIMIT $2`, before, limit)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find expired conversations: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find expired conversations: %w", err))
	}
	return list, nil
}

// ExpiredFiles lists files of such conversations.
func (s *Service) ExpiredFiles(ctx context.Context, before time.Time, limit int) ([]File, error) {
	rows, err := s.db.Query(ctx, `
SELECT a.id, a.name, a.type, a.size FROM chat.conversations v JOIN chat.attachments a ON a.conv = v.id AND a.conv <> ''
WHERE v.state = 'resolved' AND v.last_at < $1 ORDER BY v.last_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find expired files: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[File])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find expired files: %w", err))
	}
	return list, nil
}
