package chat

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// Bounds of what rowLoader asks at once.
const (
	maxRowQueries = 4
	maxRowBatch   = 200
)

// rowLoader reads single rows of conversations. While its queries are on their
// way, who else asks waits for the next one, which reads for all of them: when
// everybody comes back after a restart, that is one query for some hundred
// people instead of one each. A row is never older than the question for it.
type rowLoader struct {
	db       *pg.DB
	patience time.Duration // of a query

	mu      sync.Mutex
	waiting []*wantedRow // bounded by the connections of the process
	running int
}

type wantedRow struct {
	conv string
	row  projected
	err  error
	done chan struct{}
}

// find returns the row, or errs.NotFound.
func (l *rowLoader) find(ctx context.Context, conv string) (projected, error) {
	w := &wantedRow{conv: conv, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	start := l.running < maxRowQueries
	if start {
		l.running++
	}
	l.mu.Unlock()
	if start {
		go l.run(context.WithoutCancel(ctx)) // it reads for others too
	}
	select {
	case <-w.done:
		return w.row, w.err
	case <-ctx.Done():
		return projected{}, fmt.Errorf("find conversation: %w", ctx.Err())
	}
}

// run reads for who waits until nobody does.
func (l *rowLoader) run(ctx context.Context) {
	for {
		batch := l.take()
		if len(batch) == 0 {
			return
		}
		l.read(ctx, batch)
	}
}

// take returns who waits for different conversations: two must not share a row.
// When nobody does, this run has ended.
func (l *rowLoader) take() []*wantedRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	var batch, left []*wantedRow
	for _, w := range l.waiting {
		if len(batch) == maxRowBatch || slices.ContainsFunc(batch, func(b *wantedRow) bool { return b.conv == w.conv }) {
			left = append(left, w)
			continue
		}
		batch = append(batch, w)
	}
	l.waiting = left
	if len(batch) == 0 {
		l.running--
	}
	return batch
}

func (l *rowLoader) read(ctx context.Context, batch []*wantedRow) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	convs := make([]string, len(batch))
	for i, w := range batch {
		convs[i] = w.conv
	}
	found, err := findConversations(ctx, l.db, convs)
	for _, w := range batch {
		row, ok := found[w.conv]
		switch {
		case err != nil:
			w.err = pg.Map(err)
		case !ok:
			w.err = pg.Map(fmt.Errorf("find conversation: %w", pgx.ErrNoRows))
		default:
			w.row = row
		}
		close(w.done)
	}
}
