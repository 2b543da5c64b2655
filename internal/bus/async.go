package bus

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/errs"
)

// maxInFlight bounds the messages of PublishAsync whose answer is awaited.
const maxInFlight = 4096

// asyncPublisher sends without waiting and matches the answers by the last
// token of their subject. Callers only append to a queue that one goroutine
// sends: hundreds of sockets that took turns at a lock held for each send would
// wait for each other's turns, for longer than the sends take.
type asyncPublisher struct {
	b       *Bus
	prefix  string // of the reply subjects, with the dot
	sub     *nats.Subscription
	wake    chan struct{} // something is queued
	stopped sync.Once
	stop    chan struct{}  // closed when nothing will be queued any more
	wg      sync.WaitGroup // one for each message until its done was called

	sendMu sync.Mutex // held while sending; taken before the others
	spare  []*pendingPublish

	queueMu sync.Mutex
	queue   []*pendingPublish // at most maxInFlight with those that are pending
	closed  bool

	mu      sync.Mutex
	pending map[uint64]*pendingPublish
	due     []dueTry // first tries of the last second or so, the oldest first
	sweeper *time.Timer
	next    uint64 // id of the last message
}

type pendingPublish struct {
	m    Msg
	msg  *nats.Msg
	done func(Ack, error)
}

// dueTry is when a first try that was not answered is over.
type dueTry struct {
	id uint64
	at time.Time
}

// sweepEvery is how exact that is. One timer serves all messages.
const sweepEvery = 50 * time.Millisecond

func newAsyncPublisher(b *Bus) (*asyncPublisher, error) {
	p := &asyncPublisher{
		b: b, prefix: b.nc.NewInbox() + ".", pending: make(map[uint64]*pendingPublish),
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	sub, err := b.nc.Subscribe(p.prefix+"*", p.answered)
	if err != nil {
		return nil, fmt.Errorf("subscribe to the answers of publishes: %w", err)
	}
	p.sub = sub
	p.sweeper = time.AfterFunc(time.Hour, p.sweep)
	go p.run()
	return p, nil
}

// PublishAsync sends the message and returns. Messages are sent in the order
// of the calls; one that must be sent again may be overtaken. When the broker
// has answered, or after 5 s, done is called exactly once, with what
// [Bus.Publish] would have returned, from a goroutine of the bus: it must not
// block. With 4096 messages on their way the error is errs.Busy and done is
// not called.
func (b *Bus) PublishAsync(m Msg, done func(Ack, error)) error {
	msg, err := m.encode()
	if err != nil {
		return err
	}
	return b.async.send(&pendingPublish{m: m, msg: msg, done: done})
}

func (p *asyncPublisher) send(pub *pendingPublish) error {
	if p.b.counters.inFlight.Add(1) > maxInFlight {
		p.b.counters.inFlight.Add(-1)
		p.b.counters.full.Add(1)
		return &errs.Error{Code: errs.Busy, Message: "too many messages are being stored; please try again", RetryAfter: time.Second}
	}
	if !p.enqueue(pub) {
		p.b.counters.inFlight.Add(-1)
		return errs.New(errs.Busy, "the server is shutting down; please try again")
	}
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
	return nil
}

// enqueue reports whether messages are still taken.
func (p *asyncPublisher) enqueue(pub *pendingPublish) bool {
	p.queueMu.Lock()
	defer p.queueMu.Unlock()
	if p.closed {
		return false
	}
	p.wg.Add(1)
	p.queue = append(p.queue, pub)
	return true
}

// run sends what is queued until stop is closed.
func (p *asyncPublisher) run() {
	for {
		select {
		case <-p.stop:
			return
		case <-p.wake:
			p.flush()
		}
	}
}

// flush sends what is queued. When it returns, everything queued before the call
// is on its way, ahead of what the caller sends next.
func (p *asyncPublisher) flush() {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	p.queueMu.Lock()
	batch := p.queue
	p.queue = p.spare[:0]
	p.queueMu.Unlock()
	first := p.expect(batch)
	for i, pub := range batch {
		if err := p.b.nc.PublishMsg(pub.msg); err != nil {
			id := first + uint64(i)
			time.AfterFunc(publishPause, func() { p.settle(id, Ack{}, context.DeadlineExceeded) }) // nobody will answer
		}
	}
	clear(batch)
	p.spare = batch
}

// expect gives the messages consecutive ids, under which their answers will be
// found, and returns the first.
func (p *asyncPublisher) expect(batch []*pendingPublish) (first uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first = p.next + 1
	if len(batch) == 0 {
		return first
	}
	if len(p.due) == 0 {
		p.sweeper.Reset(sweepEvery)
	}
	end := time.Now().Add(publishTry)
	for _, pub := range batch {
		p.next++
		pub.msg.Reply = p.prefix + strconv.FormatUint(p.next, 36)
		p.pending[p.next] = pub
		p.due = append(p.due, dueTry{p.next, end})
	}
	return first
}

// sweep ends first tries that were not answered.
func (p *asyncPublisher) sweep() {
	for _, id := range p.overdue(time.Now()) {
		p.settle(id, Ack{}, context.DeadlineExceeded)
	}
}

// overdue takes the tries that were answered or have ended out of the queue,
// and returns the latter. The timer goes on while the queue is not empty.
func (p *asyncPublisher) overdue(now time.Time) (late []uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for ; n < len(p.due); n++ {
		d := p.due[n]
		_, waiting := p.pending[d.id]
		if waiting && d.at.After(now) {
			break
		}
		if waiting {
			late = append(late, d.id)
		}
	}
	p.due = slices.Delete(p.due, 0, n)
	if len(p.due) > 0 {
		p.sweeper.Reset(sweepEvery)
	}
	return late
}

func (p *asyncPublisher) answered(resp *nats.Msg) {
	id, err := strconv.ParseUint(strings.TrimPrefix(resp.Subject, p.prefix), 36, 64)
	if err != nil {
		return // nobody asked
	}
	ack, err := parseAck(resp)
	p.settle(id, ack, err)
}

// settle takes the first outcome of the first try; later ones find nothing.
func (p *asyncPublisher) settle(id uint64, ack Ack, err error) {
	p.mu.Lock()
	pub, ok := p.pending[id]
	delete(p.pending, id)
	p.mu.Unlock()
	if !ok {
		return
	}
	if err == nil {
		p.b.counters.published.Add(1)
		p.finish(pub, ack, nil)
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.b.ctx), publishPatience-publishTry)
		defer cancel()
		pub.msg.Reply = ""
		ack, err := p.b.persist(ctx, pub.m, pub.msg, err)
		p.finish(pub, ack, err)
	}()
}

func (p *asyncPublisher) finish(pub *pendingPublish, ack Ack, err error) {
	p.b.counters.inFlight.Add(-1)
	defer p.wg.Done()
	pub.done(ack, err)
}

// close refuses new messages and waits until each one on its way is settled,
// 5 s at most.
func (p *asyncPublisher) close() {
	p.queueMu.Lock()
	p.closed = true
	p.queueMu.Unlock()
	p.wg.Wait()
	p.stopped.Do(func() { close(p.stop) })
	p.sweeper.Stop()
}
