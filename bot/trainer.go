package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"parley/internal/pg"
)

// brain is what was learned from one version of the intents. It is immutable;
// a new one replaces it whole.
type brain struct {
	version int64
	model   *Model
	intents map[string]*Intent // enabled ones, by id
	samples int
	took    time.Duration
}

// intent returns the intent when the bot uses it in the inbox, else nil.
func (b *brain) intent(id, inbox string) *Intent {
	if in := b.intents[id]; in != nil && in.in(inbox) {
		return in
	}
	return nil
}

// empty reports whether the bot has no intents for the inbox.
func (b *brain) empty(inbox string) bool {
	for _, in := range b.intents {
		if in.in(inbox) {
			return false
		}
	}
	return true
}

// inboxesOf lists the inboxes of the intents that are not in all.
func inboxesOf(list []Intent) map[string][]string {
	out := map[string][]string{}
	for i := range list {
		if len(list[i].InboxIDs) > 0 {
			out[list[i].ID] = list[i].InboxIDs
		}
	}
	return out
}

// trainSeed makes every process that trains on the same intents hold the same
// model.
const trainSeed = 1

// trainer keeps the brain up to date.
type trainer struct {
	db      *pg.DB
	log     *slog.Logger
	current atomic.Pointer[brain]
	wanted  chan struct{} // holds one: wakes that come while it trains are one more round
	running chan struct{} // holds one: whoever has put it there trains
}

func newTrainer(db *pg.DB, log *slog.Logger) *trainer {
	return &trainer{db: db, log: log, wanted: make(chan struct{}, 1), running: make(chan struct{}, 1)}
}

// training reports whether a newer brain is being made.
func (t *trainer) training() bool { return len(t.running) > 0 }

// wake asks for a look at the intents' version. It never blocks.
func (t *trainer) wake() {
	select {
	case t.wanted <- struct{}{}:
	default: // one is waiting already
	}
}

const (
	lookEvery  = time.Minute // bounds how long the brain is old where nobody asks
	retryAfter = 5 * time.Second
	// learnWithin bounds how long an answer waits for what was changed just now; the
	// last model answers then, and says so in its trace.
	learnWithin = 10 * time.Second
)

// run trains whenever the intents have changed, until ctx ends.
func (t *trainer) run(ctx context.Context) error {
	for {
		pause := lookEvery
		if _, err := t.refresh(ctx); err != nil && ctx.Err() == nil {
			t.log.Warn("the intents could not be learned; the last model is used", "error", err)
			pause = retryAfter
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-t.wanted:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// get returns the brain, making the first one when there is none yet.
func (t *trainer) get(ctx context.Context) (*brain, error) {
	if b := t.current.Load(); b != nil {
		return b, nil
	}
	return t.refresh(ctx)
}

// atLeast returns a brain that has learned the version of the intents, learning
// it when this process has not: it may have missed the notice of the change, and
// a visitor must not be answered by what the team has just corrected. What
// cannot be learned in [learnWithin] is answered by the brain there is.
func (t *trainer) atLeast(ctx context.Context, version int64) (*brain, error) {
	old := t.current.Load()
	if old == nil {
		return t.get(ctx)
	}
	if old.version >= version {
		return old, nil
	}
	t.wake() // goes on where this ends too early
	soon, cancel := context.WithTimeout(ctx, learnWithin)
	defer cancel()
	b, err := t.refresh(soon)
	if err == nil {
		return b, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	t.log.Warn("the changed intents are not learned yet; the last model answers", "version", old.version, "newest", version, "error", err)
	return t.current.Load(), nil
}

// refresh trains when there is a newer version, and returns the brain in use.
// One trains at a time; others wait for it.
func (t *trainer) refresh(ctx context.Context) (*brain, error) {
	select {
	case t.running <- struct{}{}:
		defer func() { <-t.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// The version is read before the intents: a change in between is learned
	// twice, never missed.
	version, err := intentVersion(ctx, t.db)
	if err != nil {
		return nil, err
	}
	if b := t.current.Load(); b != nil && b.version >= version {
		return b, nil
	}
	list, err := allIntents(ctx, t.db)
	if err != nil {
		return nil, err
	}
	b, err := learn(ctx, version, list)
	if err != nil {
		return nil, err
	}
	t.log.Info("intents learned", "version", version, "intents", len(b.intents), "examples", b.samples, "took", b.took)
	t.current.Store(b)
	return b, nil
}

// learn makes the brain of a version of the intents.
func learn(ctx context.Context, version int64, list []Intent) (*brain, error) {
	// By name: the same intents understand the same in every installation, though
	// their ids differ.
	list = slices.SortedFunc(slices.Values(list), func(a, b Intent) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	b := &brain{version: version, intents: map[string]*Intent{}}
	for i := range list {
		if list[i].Enabled {
			b.intents[list[i].ID] = &list[i]
		}
	}
	began := time.Now()
	examples := samples(list)
	var err error
	if b.model, err = Train(ctx, examples, inboxesOf(list), trainSeed); err != nil {
		return nil, fmt.Errorf("learn %d examples: %w", len(examples), err)
	}
	b.samples, b.took = len(examples), time.Since(began)
	return b, nil
}
