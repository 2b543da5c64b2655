package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/bus"
	"parley/internal/errs"
	embedder "parley/kb/embed"
	"parley/kb/index"
)

// snapshot is what searches of this process use. It is immutable; a change of
// the knowledge base makes a new one.
type snapshot struct {
	generation int64
	index      *index.Index
	chunks     int
	model      model             // the zero model when there are no vectors yet
	embedder   embedder.Embedder // of the model; nil when this process cannot ask it
}

// switchSubject tells other processes that the vectors of another model are in
// use. It is not stored: the generation guarantees what it makes faster.
const switchSubject = "settings.kb"

const (
	settle         = 50 * time.Millisecond // a burst of changes makes one index
	checkPeriod    = time.Minute
	refreshTimeout = time.Minute
)

// followChanges makes the index anew after changes, by this process or
// another, until ctx ends.
func (s *Service) followChanges(ctx context.Context) error {
	for _, subject := range []string{"kb.*", switchSubject} {
		sub, err := s.bus.Subscribe(subject, func(string, []byte) { wake(s.changed); wake(s.vectors) })
		if err != nil {
			return fmt.Errorf("listen for changes: %w", err)
		}
		defer unsubscribe(sub)
	}
	wake(s.changed) // what happened before the subscription
	tick := time.NewTicker(checkPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.changed:
			if !pause(ctx, settle) {
				return nil
			}
		}
		began := time.Now()
		if _, err := s.refresh(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the search index is old: it could not be made anew", "error", err)
			wake(s.changed)
			pause(ctx, time.Second)
			continue
		}
		// An index that takes long to make is made less often.
		pause(ctx, min(time.Since(began), 10*time.Second))
	}
}

func unsubscribe(sub *bus.Sub) { sub.Unsubscribe() }

// pause waits; it reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// current returns the snapshot, made now when there is none.
func (s *Service) current(ctx context.Context) (*snapshot, error) {
	if snap := s.snap.Load(); snap != nil {
		return snap, nil
	}
	return s.refresh(ctx)
}

// refresh returns a snapshot of the latest generation.
func (s *Service) refresh(ctx context.Context) (*snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	s.loading.Lock()
	defer s.loading.Unlock()
	old := s.snap.Load()
	var next *snapshot
	// One snapshot of the database, so that index and generation belong together.
	err := pgx.BeginTxFunc(ctx, s.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var generation int64
		if err := tx.QueryRow(ctx, `SELECT generation FROM kb.state`).Scan(&generation); err != nil {
			return fmt.Errorf("read the generation: %w", err)
		}
		if old != nil && old.generation == generation {
			next = old
			return nil
		}
		var err error
		next, err = s.load(ctx, tx, generation)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.snap.Store(next)
	return next, nil
}

func (s *Service) load(ctx context.Context, tx pgx.Tx, generation int64) (*snapshot, error) {
	list, chunks, err := indexed(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := models(ctx, tx)
	if err != nil {
		return nil, err
	}
	next := &snapshot{generation: generation, index: index.Build(list), chunks: chunks}
	for _, m := range all {
		if !m.Active {
			continue
		}
		next.model = m
		if next.embedder, err = s.embedderOf(m); err != nil {
			s.log.Warn("searches go without vectors", "model", m.Name, "error", err)
		}
	}
	return next, nil
}

// embedderOf returns the embedder that made a model's vectors; NotFound when it
// is not configured any more. The built-in one always is.
func (s *Service) embedderOf(m model) (embedder.Embedder, error) {
	for _, e := range []embedder.Embedder{s.cfg.Embedder, s.local} {
		if e.Name() != m.Name {
			continue
		}
		if learner, ok := e.(embedder.Learner); ok {
			return learner.With(m.State)
		}
		return e, nil
	}
	return nil, errs.New(errs.NotFound, "the embedder %s is not configured", m.Name)
}
