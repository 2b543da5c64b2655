package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

const presenceTTL = 45 * time.Second

// bucket lets the presence bucket be replaced when the server has lost it:
// memory does not survive a restart of the server.
type bucket struct{ jetstream.KeyValue }

// SetPresence says that an agent is there, for 45 s; refresh it every 15 s.
// While nobody keeps presence, as during an election, the error is errs.Busy.
func (b *Bus) SetPresence(ctx context.Context, p event.Presence) error {
	return b.setPresence(ctx, p, presenceTTL)
}

func (b *Bus) setPresence(ctx context.Context, p event.Presence, ttl time.Duration) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode the presence of %s: %w", p.Agent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	publish := func() error {
		once, cancel := context.WithTimeout(ctx, publishTry)
		defer cancel()
		_, err := b.js.Publish(once, "$KV."+presenceBucket+"."+p.Agent, body, jetstream.WithMsgTTL(ttl))
		return err
	}
	err = publish()
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		if err = b.ensureMemoryBuckets(ctx); err == nil {
			err = publish()
		}
	}
	if err != nil {
		return presenceError(fmt.Errorf("set the presence of %s: %w", p.Agent, err))
	}
	return nil
}

// presenceError says busy of what may be well with the next try.
func presenceError(err error) error {
	if !transient(err) && !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	return &errs.Error{Code: errs.Busy, Message: "presence could not be told in time; please try again", RetryAfter: busyPause, Err: err}
}

// DeletePresence says that an agent has left. One that is not there is no
// error; errors are as of [Bus.SetPresence].
func (b *Bus) DeletePresence(ctx context.Context, agent string) error {
	if err := b.presence.Load().Delete(ctx, agent); err != nil {
		return presenceError(fmt.Errorf("delete the presence of %s: %w", agent, err))
	}
	return nil
}

// WatchPresence calls seen for every agent who is there, and then for every
// change, until ctx ends; present is false when an agent has left or was not
// refreshed, and then only the id of p is set. After a lost connection the
// whole state is reported again. seen is called from one goroutine and must
// not block for long.
func (b *Bus) WatchPresence(ctx context.Context, seen func(p event.Presence, present bool)) error {
	w := presenceWatch{b: b, seen: seen, there: make(map[string]bool)}
	for ctx.Err() == nil {
		if err := w.run(ctx); ctx.Err() == nil {
			b.log.Warn("presence is interrupted and will go on", "error", err)
		}
		_ = pause(ctx, time.Second) // when ctx ends, so does the loop
		if err := b.ensureMemoryBuckets(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("presence bucket is not there", "error", err)
		}
	}
	return nil
}

type presenceWatch struct {
	b     *Bus
	seen  func(event.Presence, bool)
	there map[string]bool // agents reported as present
}

func (w *presenceWatch) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWaiting := w.b.back.add(func() { cancel(errors.New("the connection was lost")) })
	defer stopWaiting()
	watch, err := w.b.presence.Load().WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch the bucket %s: %w", presenceBucket, err)
	}
	defer func() { _ = watch.Stop() }() // fails only when it has ended
	fresh := make(map[string]bool)      // seen in this run's first state
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return errors.New("the watch ended")
			case entry == nil:
				w.leaveOthers(fresh)
				fresh = nil
			default:
				w.change(entry, fresh)
			}
		}
	}
}

// leaveOthers reports those who left while nobody was watching.
func (w *presenceWatch) leaveOthers(fresh map[string]bool) {
	for agent := range w.there {
		if !fresh[agent] {
			delete(w.there, agent)
			w.seen(event.Presence{Agent: agent}, false)
		}
	}
}

func (w *presenceWatch) change(entry jetstream.KeyValueEntry, fresh map[string]bool) {
	agent := entry.Key()
	if entry.Operation() != jetstream.KeyValuePut {
		if w.there[agent] {
			delete(w.there, agent)
			w.seen(event.Presence{Agent: agent}, false)
		}
		return
	}
	var p event.Presence
	if err := json.Unmarshal(entry.Value(), &p); err != nil {
		w.b.log.Error("presence could not be read", "agent", agent, "error", err)
		return
	}
	if fresh != nil {
		fresh[agent] = true
	}
	w.there[agent] = true
	w.seen(p, true)
}
