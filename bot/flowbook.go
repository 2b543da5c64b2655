package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"parley/bot/flow"
	"parley/internal/pg"
)

// flowNotice is the core subject on which a process that changed what flows are
// live tells the others.
const flowNotice = "settings.flows"

const (
	flowsFresh    = time.Minute // after which they are read again where nobody knows the edition
	keptReleases  = 100
	maxTriggering = 1000 // characters of a message that are searched for a phrase
)

// flowBook holds the flows that are live, and versions that conversations are
// in. It is safe for any number of goroutines.
type flowBook struct {
	db       *pg.DB
	now      func() time.Time
	live     atomic.Pointer[liveBook]
	releases *lru.Cache[releaseKey, *flow.Flow]
}

type liveBook struct {
	flows   []*flow.Flow
	at      time.Time
	edition int64 // at least, see editions
}

type releaseKey struct {
	flow    string
	version int
}

func newFlowBook(db *pg.DB, now func() time.Time) *flowBook {
	releases, err := lru.New[releaseKey, *flow.Flow](keptReleases)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &flowBook{db: db, now: now, releases: releases}
}

// stale makes the next look read the flows again.
func (b *flowBook) stale() { b.live.Store(nil) }

// open returns the flows that new conversations get, of the edition or newer, in
// the order of their ids.
func (b *flowBook) open(ctx context.Context, edition int64) ([]*flow.Flow, error) {
	if l := b.live.Load(); l != nil {
		if b.now().Sub(l.at) < flowsFresh && l.edition >= edition {
			return l.flows, nil
		}
		edition = max(edition, l.edition)
	}
	flows, err := liveFlows(ctx, b.db)
	if err != nil {
		return nil, err
	}
	b.live.Store(&liveBook{flows, b.now(), edition})
	return flows, nil
}

// release returns the version of the flow, nil when there is none any more.
func (b *flowBook) release(ctx context.Context, id string, version int) (*flow.Flow, error) {
	key := releaseKey{id, version}
	if f, ok := b.releases.Get(key); ok {
		return f, nil
	}
	f, err := findRelease(ctx, b.db, id, version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // a flow that was deleted is an ordinary answer here
	}
	if err != nil {
		return nil, err
	}
	b.releases.Add(key, f)
	return f, nil
}

// usable reports whether the bot starts the flow in the inbox; "" stands for any.
func usable(f *flow.Flow, inbox string) bool {
	return f.Enabled && (inbox == "" || len(f.InboxIDs) == 0 || slices.Contains(f.InboxIDs, inbox))
}

// byPhrase is the first flow of which the message has a phrase, or whose
// proactive button says just that.
func (u *understanding) byPhrase(flows []*flow.Flow, inbox, text string) *flow.Flow {
	if runes := []rune(text); len(runes) > maxTriggering {
		text = string(runes[:maxTriggering])
	}
	said := " " + u.fold(text) + " "
	for _, f := range flows {
		if !usable(f, inbox) {
			continue
		}
		if p := f.Trigger.Proactive; p != nil && said == " "+u.fold(p.Reply)+" " {
			return f
		}
		for _, phrase := range f.Trigger.Phrases {
			if phrase = u.fold(phrase); phrase != "" && strings.Contains(said, " "+phrase+" ") {
				return f
			}
		}
	}
	return nil
}

// byIntent is the first flow that the intent starts.
func byIntent(flows []*flow.Flow, inbox string, i *Intent) *flow.Flow {
	for _, f := range flows {
		if usable(f, inbox) && slices.ContainsFunc(f.Trigger.Intents, func(name string) bool { return names(i, name) }) {
			return f
		}
	}
	return nil
}

// flowsChanged makes this process and the others read the flows again.
func (s *Service) flowsChanged() {
	s.flows.stale()
	if err := s.bus.Ephemeral(flowNotice, json.RawMessage(`{}`)); err != nil {
		s.log.Warn("other processes read the changed flows with their next message", "error", err)
	}
}

// openFlows are the live flows, with the products that they may ask for read
// too; a message is answered without them when they cannot be read.
func (s *Service) openFlows(ctx context.Context, known editions) []*flow.Flow {
	flows, err := s.flows.open(ctx, known.Flows)
	if err != nil {
		s.log.Error("no flow can be started", "error", fmt.Errorf("read the flows: %w", err))
	}
	if err := s.products.refresh(ctx, known.Products); err != nil {
		s.log.Error("flows know the products as they were", "error", err)
	}
	return flows
}
