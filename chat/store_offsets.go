package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// offset is up to where a stream was projected, and which incarnation of it.
type offset struct {
	Stream  string
	Epoch   int
	Created time.Time
	LastSeq uint64
}

// findOffset returns errs.NotFound for a stream that was never projected.
func findOffset(ctx context.Context, q pg.Querier, stream string) (offset, error) {
	return scanOffset(q.QueryRow(ctx, `SELECT stream, epoch, created, last_seq FROM chat.offsets WHERE stream = $1`, stream))
}

const lockOffsetQuery = `SELECT stream, epoch, created, last_seq FROM chat.offsets WHERE stream = $1 FOR UPDATE`

// lockOffset is findOffset for writing.
func lockOffset(ctx context.Context, q pg.Querier, stream string) (offset, error) {
	return scanOffset(q.QueryRow(ctx, lockOffsetQuery, stream))
}

func scanOffset(row pgx.Row) (offset, error) {
	var o offset
	if err := row.Scan(&o.Stream, &o.Epoch, &o.Created, &o.LastSeq); err != nil {
		return offset{}, pg.Map(fmt.Errorf("find offset: %w", err))
	}
	return o, nil
}

// offsets returns up to where each stream was projected.
func offsets(ctx context.Context, q pg.Querier) (map[string]uint64, error) {
	rows, err := q.Query(ctx, `SELECT stream, last_seq FROM chat.offsets`)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	out := map[string]uint64{}
	var stream string
	var seq uint64
	_, err = pgx.ForEachRow(rows, []any{&stream, &seq}, func() error { out[stream] = seq; return nil })
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	return out, nil
}

const saveOffsetQuery = `
INSERT INTO chat.offsets (stream, epoch, created, last_seq) VALUES ($1, $2, $3, $4)
ON CONFLICT (stream) DO UPDATE SET epoch = excluded.epoch, created = excluded.created, last_seq = excluded.last_seq`

func saveOffset(ctx context.Context, q pg.Querier, o offset) error {
	if _, err := q.Exec(ctx, saveOffsetQuery, o.Stream, o.Epoch, o.Created, bound(o.LastSeq)); err != nil {
		return fmt.Errorf("save offset: %w", err)
	}
	return nil
}

// adoptStream says that a stream of another creation is the one projected so
// far, unless it ends before that.
func adoptStream(ctx context.Context, q pg.Querier, stream string, created time.Time, last uint64) error {
	_, err := q.Exec(ctx, `UPDATE chat.offsets SET created = $2 WHERE stream = $1 AND last_seq <= $3`, stream, created, bound(last))
	if err != nil {
		return fmt.Errorf("adopt the stream %s: %w", stream, err)
	}
	return nil
}
