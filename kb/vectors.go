package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
	embedder "parley/kb/embed"
)

const (
	embedBatch   = 64
	maxParts     = 64 // vectors of a passage
	learnTexts   = 20_000
	embedPeriod  = time.Minute      // what a lost wake would leave undone
	embedPause   = 10 * time.Second // after a failure
	embedTimeout = 5 * time.Minute  // of a batch
)

// embedLoop keeps every passage embedded until ctx ends. It runs in one
// process at a time.
func (s *Service) embedLoop(ctx context.Context) error {
	tick := time.NewTicker(embedPeriod)
	defer tick.Stop()
	for {
		if err := s.EmbedAll(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("passages are not embedded yet; searches use what is there", "error", err)
			pause(ctx, embedPause)
			continue
		}
		if err := s.LearnWeights(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the search keeps its weights; they could not be learned", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.vectors:
		}
	}
}

// EmbedAll embeds every passage that has no vector. When the embedder is
// another than that of the vectors in use, or the knowledge base has outgrown
// what the built-in one learned, a new set is made beside the old one, which
// serves searches until the new one is complete. An interrupted run goes on
// where it was. Several processes may run it: whichever set is complete first
// is used, and the others start over from it. What goes wrong is kept for
// [Service.State] until a run succeeds.
func (s *Service) EmbedAll(ctx context.Context) error {
	for {
		current, err := s.embedModel(ctx)
		if err == nil && !current {
			continue
		}
		if ctx.Err() == nil { // to be stopped is no trouble
			err = errors.Join(err, noteTrouble(ctx, s.db, err))
		}
		return pg.Map(err)
	}
}

// embedModel completes the model that is wanted now; false when another
// process has meanwhile put a different one in its place.
func (s *Service) embedModel(ctx context.Context) (current bool, err error) {
	m, e, err := s.wantedModel(ctx)
	if err != nil {
		return false, err
	}
	// The last round finds nothing: a passage whose transaction was slow has a
	// lower id than those that were embedded before it.
	for round := 1; round > 0; {
		round = 0
		for after := int64(0); after >= 0; round++ {
			if after, err = s.embedOnce(ctx, m.ID, after, e); err != nil {
				return false, err
			}
		}
		round-- // the empty batch
	}
	if m.Active {
		return true, nil
	}
	return s.switchTo(ctx, m)
}

// wantedModel returns the model to complete, which is the active one or a new
// one.
func (s *Service) wantedModel(ctx context.Context) (model, embedder.Embedder, error) {
	all, err := models(ctx, s.db)
	if err != nil {
		return model{}, nil, err
	}
	chunks, err := countChunks(ctx, s.db)
	if err != nil {
		return model{}, nil, err
	}
	learner, learns := s.cfg.Embedder.(embedder.Learner)
	for _, m := range all {
		if m.Name != s.cfg.Embedder.Name() || learns && outgrown(m.Chunks, chunks) {
			continue
		}
		e, err := s.embedderOf(m)
		return m, e, err
	}
	next := model{Name: s.cfg.Embedder.Name(), State: []byte{}}
	if learns {
		texts, err := contexts(ctx, s.db, learnTexts)
		if err != nil {
			return model{}, nil, err
		}
		next.State, next.Chunks = learner.Learn(texts), chunks
	}
	sum := sha256.Sum256(append([]byte(next.Name+"\x00"), next.State...))
	next.ID = hex.EncodeToString(sum[:12])
	for _, m := range all {
		if m.ID == next.ID { // it would learn the same again
			next = m
		}
	}
	if err := insertModel(ctx, s.db, next, s.now()); err != nil {
		return model{}, nil, err
	}
	e, err := s.embedderOf(next)
	return next, e, err
}

// outgrown reports whether what was learned from so many passages is stale now
// that there are so many.
func outgrown(learned, now int) bool {
	return now > learned+learned/2+8 || now < learned/2-8
}

// embedOnce embeds a batch of the passages whose ids are above a number. It
// returns the number to go on from, -1 when there was nothing left to do: each
// passage is looked at once, however many there are. What is stored meanwhile
// has a higher id.
func (s *Service) embedOnce(ctx context.Context, model string, after int64, e embedder.Embedder) (next int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, embedTimeout)
	defer cancel()
	batch, err := missingVectors(ctx, s.db, model, after, embedBatch)
	if err != nil || len(batch) == 0 {
		return -1, err
	}
	vectors, err := embedPassages(ctx, e, batch)
	if err != nil {
		return 0, fmt.Errorf("embed %d passages: %w", len(batch), err)
	}
	err = s.db.InTx(ctx, func(tx pgx.Tx) error { return insertVectors(ctx, tx, model, batch, vectors) })
	return batch[len(batch)-1].ID, err
}

// embedPassages returns the vectors of each passage, one at least.
func embedPassages(ctx context.Context, e embedder.Embedder, batch []unembedded) ([][][]float32, error) {
	splitter, splits := e.(embedder.Splitter)
	var texts []string
	parts := make([]int, len(batch))
	for i, c := range batch {
		list := []string{c.Context}
		if splits {
			list = splitter.Split(c.Context)
			list = list[:min(len(list), maxParts)]
		}
		texts, parts[i] = append(texts, list...), len(list)
	}
	all, err := e.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([][][]float32, len(batch))
	for i, n := range parts {
		out[i], all = all[:n], all[n:]
	}
	return out, nil
}

// switchTo makes searches of all processes use a complete model; false when
// the model is gone.
func (s *Service) switchTo(ctx context.Context, m model) (bool, error) {
	mean, err := meanCosine(ctx, s.db, m.ID)
	if err != nil {
		return false, err
	}
	there := false
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		if there, err = activate(ctx, tx, m.ID, mean); err != nil || !there {
			return err
		}
		return nextGeneration(ctx, tx)
	})
	if err != nil || !there {
		return false, err
	}
	wake(s.changed)
	if err := s.bus.Ephemeral(switchSubject, map[string]string{"model": m.Name}); err != nil {
		s.log.Warn("other processes switch to the new vectors within a minute", "error", err)
	}
	s.log.Info("searches use a new set of vectors", "model", m.Name)
	return true, nil
}
