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

	"golang.org/x/sync/singleflight"

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
	running atomic.Bool
	wanted  chan struct{} // holds one: wakes that come while it trains are one more round
	first   singleflight.Group
}

func newTrainer(db *pg.DB, log *slog.Logger) *trainer {
	return &trainer{db: db, log: log, wanted: make(chan struct{}, 1)}
}

// wake asks for a look at the intents' version. It never blocks.
func (t *trainer) wake() {
	select {
	case t.wanted <- struct{}{}:
	default: // one is waiting already
	}
}

const (
	lookEvery  = time.Minute // bounds how long a process that missed a notice is behind
	retryAfter = 5 * time.Second
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
	b, err, _ := t.first.Do("", func() (any, error) { return t.refresh(ctx) })
	if err != nil {
		return nil, err
	}
	return b.(*brain), nil // refresh returns nothing else
}

// refresh trains when there is a newer version, and returns the brain in use.
func (t *trainer) refresh(ctx context.Context) (*brain, error) {
	// The version is read before the intents: a change in between is learned
	// twice, never missed.
	version, err := intentVersion(ctx, t.db)
	if err != nil {
		return nil, err
	}
	if b := t.current.Load(); b != nil && b.version >= version {
		return b, nil
	}
	t.running.Store(true)
	defer t.running.Store(false)
	list, err := allIntents(ctx, t.db)
	if err != nil {
		return nil, err
	}
	b, err := learn(ctx, version, list)
	if err != nil {
		return nil, err
	}
	t.log.Info("intents learned", "version", version, "intents", len(b.intents), "examples", b.samples, "took", b.took)
	return t.keep(b), nil
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

// keep puts the brain in use unless a newer one is, and returns the one in use.
func (t *trainer) keep(b *brain) *brain {
	for {
		old := t.current.Load()
		if old != nil && old.version >= b.version {
			return old
		}
		if t.current.CompareAndSwap(old, b) {
			return b
		}
	}
}
