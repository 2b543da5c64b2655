package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/errs"
	"parley/internal/ids"
)

// Group stores messages of one stream together, for whoever stores so many that
// a sync for each would be the limit. While some are being stored, those that
// come wait and are stored next; when they are many, all of them with one sync.
// The stream must be one with [event.Stream.Batches]. Where nothing is synced
// before it is acknowledged, each is stored by itself.
type Group struct {
	b *Bus

	mu      sync.Mutex
	waiting []*grouped // bounded by its callers: each waits for its own
	storing bool
}

type grouped struct {
	m    Msg
	msg  *nats.Msg
	done chan error
}

const (
	groupLeast = 32      // messages that are worth a batch: it costs the broker a file that is synced, too
	groupMost  = 250     // messages of a batch; the broker takes 1000
	groupBytes = 1 << 20 // bytes of a batch's bodies
	groupCrowd = 8       // messages stored together after which more are waited for
	groupWait  = 25 * time.Millisecond
)

// Headers of a batch that the broker stores as a whole or not at all (NATS
// ADR-50).
const (
	batchIDHeader     = "Nats-Batch-Id"
	batchSeqHeader    = "Nats-Batch-Sequence"
	batchCommitHeader = "Nats-Batch-Commit"
)

// NewGroup makes a group.
func (b *Bus) NewGroup() *Group { return &Group{b: b} }

// Publish stores the message and returns when the broker has confirmed it, with
// the errors of [Bus.Publish]. What one caller publishes after another's return
// is stored after it. The message must have an ID, and no ExpectLast.
func (g *Group) Publish(m Msg) error {
	if m.ID == "" || m.ExpectLast != nil {
		return errs.New(errs.Invalid, "a message of a group needs an id and no expected sequence")
	}
	msg, err := m.encode()
	if err != nil {
		return err
	}
	one := &grouped{m: m, msg: msg, done: make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, one)
	if !g.storing {
		g.storing = true
		go g.storeWaiting()
	}
	g.mu.Unlock()
	return <-one.done
}

// storeWaiting stores batch after batch until nobody waits. Where many come, it
// takes its time: their syncs and their processor time compete with those that
// somebody waits for.
func (g *Group) storeWaiting() {
	for batch := g.next(); len(batch) > 0; batch = g.next() {
		if len(batch) < groupLeast || g.b.cfg.Relaxed || !g.storeBatch(batch) {
			g.storeEach(batch)
		}
		if len(batch) >= groupCrowd {
			_ = pause(g.b.ctx, groupWait) // when it ends, so does all that is stored
		}
	}
}

// next takes what is stored next.
func (g *Group) next() []*grouped {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, size := 0, 0
	for n < min(len(g.waiting), groupMost) && (n == 0 || size+len(g.waiting[n].m.Data) <= groupBytes) {
		size += len(g.waiting[n].m.Data)
		n++
	}
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.storing = n > 0
	return batch
}

func (g *Group) storeEach(batch []*grouped) {
	var wg sync.WaitGroup
	for _, one := range batch {
		wg.Go(func() {
			_, err := g.b.Publish(g.b.ctx, one.m)
			one.done <- err
		})
	}
	wg.Wait()
}

// storeBatch stores all or nothing. When it reports false, or even then, some
// may be stored: sent again one by one under their ids they are stored once. A
// batch with one message that was stored before is refused as a whole.
func (g *Group) storeBatch(batch []*grouped) bool {
	if err := g.commit(batch); err != nil {
		g.b.log.Debug("a batch is stored message by message", "messages", len(batch), "error", err)
		return false
	}
	g.b.counters.published.Add(uint64(len(batch)))
	for _, one := range batch {
		one.done <- nil
	}
	return true
}

func (g *Group) commit(batch []*grouped) error {
	ctx, cancel := context.WithTimeout(g.b.ctx, publishTry)
	defer cancel()
	id := ids.New()
	for i, one := range batch[:len(batch)-1] {
		if err := g.b.nc.PublishMsg(one.inBatch(id, i+1)); err != nil {
			return fmt.Errorf("send a message of a batch: %w", err)
		}
	}
	last := batch[len(batch)-1].inBatch(id, len(batch))
	last.Header[batchCommitHeader] = []string{"1"}
	resp, err := g.b.nc.RequestMsgWithContext(ctx, last)
	if err != nil {
		return fmt.Errorf("commit a batch: %w", err)
	}
	if _, err := parseAck(resp); err != nil {
		return fmt.Errorf("commit a batch: %w", err)
	}
	var ack struct {
		Batch string `json:"batch"`
		Count int    `json:"count"`
	}
	if err := json.Unmarshal(resp.Data, &ack); err != nil || ack.Batch != id || ack.Count != len(batch) {
		return fmt.Errorf("the broker does not store batches: %s", resp.Data)
	}
	return nil
}

// inBatch is the message as one of a batch; the one without stays as it is.
func (one *grouped) inBatch(id string, seq int) *nats.Msg {
	header := make(nats.Header, len(one.msg.Header)+3)
	maps.Copy(header, one.msg.Header)
	header[batchIDHeader], header[batchSeqHeader] = []string{id}, []string{strconv.Itoa(seq)}
	return &nats.Msg{Subject: one.msg.Subject, Header: header, Data: one.msg.Data}
}
