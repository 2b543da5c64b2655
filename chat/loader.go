package chat

import (
	"context"
	"sync"
	"time"

	"parley/internal/pg"
)

// Bounds of what a loader asks at once.
const (
	maxLoads = 4
	maxBatch = 200
)

// loader reads values by key, many in one query. While its queries are on their
// way, who else asks waits for the next one, which reads for all of them: when
// everybody comes back after a restart, that is one query for some hundred
// people instead of one each. A value is never older than the question for it.
type loader[K comparable, V any] struct {
	read     func(ctx context.Context, keys []K) (map[K]V, error)
	patience time.Duration // of a query

	mu      sync.Mutex
	waiting []*wanted[K, V] // bounded by the connections of the process
	running int
}

type wanted[K comparable, V any] struct {
	key   K
	value V
	found bool
	err   error
	done  chan struct{}
}

// find returns the value of the key, and whether there is one.
func (l *loader[K, V]) find(ctx context.Context, key K) (V, bool, error) {
	w := &wanted[K, V]{key: key, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	start := l.running < maxLoads
	if start {
		l.running++
	}
	l.mu.Unlock()
	if start {
		go l.run(context.WithoutCancel(ctx)) // it reads for others too
	}
	select {
	case <-w.done:
		return w.value, w.found, w.err
	case <-ctx.Done():
		var none V
		return none, false, ctx.Err()
	}
}

// run reads for who waits until nobody does.
func (l *loader[K, V]) run(ctx context.Context) {
	for {
		batch := l.take()
		if len(batch) == 0 {
			return
		}
		l.answer(ctx, batch)
	}
}

// take returns who waits for different keys: two must not share a value. When
// nobody does, this run has ended.
func (l *loader[K, V]) take() []*wanted[K, V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := make(map[K]bool, min(len(l.waiting), maxBatch))
	var batch, left []*wanted[K, V]
	for _, w := range l.waiting {
		if len(batch) == maxBatch || asked[w.key] {
			left = append(left, w)
			continue
		}
		asked[w.key] = true
		batch = append(batch, w)
	}
	l.waiting = left
	if len(batch) == 0 {
		l.running--
	}
	return batch
}

func (l *loader[K, V]) answer(ctx context.Context, batch []*wanted[K, V]) {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	keys := make([]K, len(batch))
	for i, w := range batch {
		keys[i] = w.key
	}
	values, err := l.read(ctx, keys)
	for _, w := range batch {
		w.value, w.found = values[w.key]
		w.err = pg.Map(err)
		close(w.done)
	}
}
