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

// snapshot is what searches of this process use. A change of the knowledge base
// makes a new one, which shares the index: that follows article by article.
type snapshot struct {
	generation int64
	index      *index.Index
	vectors    int               // of the model, up to exactBelow
	model      model             // the zero model when there are no vectors yet
	embedder   embedder.Embedder // of the model; nil when this process cannot ask it
}

// switchSubject tells other processes that the vectors of another model are in
// use. It is not stored: the generation guarantees what it makes faster.
const switchSubject = "settings.kb"

const (
	settle         = 50 * time.Millisecond // a burst of changes is taken in at once
	checkPeriod    = time.Minute
	refreshTimeout = time.Minute
)

// followChanges keeps the index up to date with changes, by this process or
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
		if _, err := s.refresh(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the search index is old: changes could not be loaded", "error", err)
			wake(s.changed)
			pause(ctx, time.Second)
			continue
		}
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
	var apply func()
	// One snapshot of the database, so that index and generation belong together.
	err := pgx.BeginTxFunc(ctx, s.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		st, err := stateOf(ctx, tx)
		if err != nil {
			return err
		}
		if old != nil && old.generation == st.generation {
			same := *old // but for the vectors, which come in without a change
			next = &same
			return s.loadModel(ctx, tx, next)
		}
		if next, apply, err = s.load(ctx, tx, old, st); err != nil {
			return err
		}
		return s.loadModel(ctx, tx, next)
	})
	if err != nil {
		return nil, err
	}
	if apply != nil {
		apply()
	}
	s.snap.Store(next)
	return next, nil
}

// load reads what has changed since the old snapshot, or everything when there
// is none or too much has happened since. apply brings the index up to date; it
// cannot fail.
func (s *Service) load(ctx context.Context, tx pgx.Tx, old *snapshot, st state) (next *snapshot, apply func(), err error) {
	if old == nil || old.generation < st.dropped {
		list, err := indexed(ctx, tx, nil)
		if err != nil {
			return nil, nil, err
		}
		x := index.Build(list)
		return &snapshot{generation: st.generation, index: x}, func() { x.SetWeights(st.weights) }, nil
	}
	changed, err := changedSince(ctx, tx, old.generation)
	if err != nil {
		return nil, nil, err
	}
	var list []index.Article
	if len(changed) > 0 {
		if list, err = indexed(ctx, tx, changed); err != nil {
			return nil, nil, err
		}
	}
	x := old.index
	return &snapshot{generation: st.generation, index: x}, func() {
		there := make(map[string]bool, len(list))
		for i := range list {
			x.Put(&list[i])
			there[list[i].ID] = true
		}
		for _, id := range changed {
			if !there[id] {
				x.Drop(id)
			}
		}
		x.SetWeights(st.weights)
	}, nil
}

// loadModel says whose vectors searches use.
func (s *Service) loadModel(ctx context.Context, tx pgx.Tx, next *snapshot) error {
	all, err := models(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !m.Active {
			continue
		}
		next.model = m
		if next.embedder, err = s.embedderOf(m); err != nil {
			s.log.Warn("searches go without vectors", "model", m.Name, "error", err)
		}
		if next.vectors, err = countVectors(ctx, tx, m.ID, exactBelow); err != nil {
			return err
		}
	}
	return nil
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
