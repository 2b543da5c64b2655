package bus

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
)

// job is a message being held, or a dead letter being replayed.
type job struct {
	d        Delivery
	msg      jetstream.Msg // of a durable consumer
	follower *follower     // of a pinned one
	step     *step         // of a pinned one
	replayed chan<- error  // for a replay
	settled  bool          // acknowledged, or made a dead letter; owned by the queue's goroutine
	failures int           // tries that count
	tries    int
	started  time.Time // of the running try; guarded by worker.mu
}

type place struct {
	stream string
	seq    uint64
}

// worker runs the jobs of one consumer in this process. Jobs wait in a queue
// for each subject; a queue has a goroutine while it is not empty. Everything
// held is bounded by MaxAckPending for each stream.
type worker struct {
	b *Bus
	c Consumer

	ctx    context.Context // of the handlers: outlives the consumer's by the grace period
	cancel context.CancelFunc
	stop   chan struct{} // closed when nothing more may start
	slots  chan struct{} // one for each handler that may run
	turns  atomic.Uint64 // see Delivery.Turn

	mu     sync.Mutex
	queues map[string][]*job
	held   map[place]*job
	next   map[string]uint64 // by stream: one above the highest sequence received
	closed bool
	wg     sync.WaitGroup
}

const drainGrace = 5 * time.Second

func newWorker(ctx context.Context, b *Bus, c Consumer) *worker {
	w := &worker{
		b: b, c: c, stop: make(chan struct{}), slots: make(chan struct{}, c.Lanes),
		queues: make(map[string][]*job), held: make(map[place]*job), next: make(map[string]uint64),
	}
	w.ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return w
}

// close lets running handlers finish, and gives back what has not started.
func (w *worker) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	close(w.stop)
	grace := time.AfterFunc(drainGrace, w.cancel)
	w.wg.Wait()
	grace.Stop()
	w.cancel()
}

// position is where a consumer of the stream created anew must begin: the
// lowest sequence still held, else after the highest received; 0 when nothing
// was received yet.
func (w *worker) position(stream string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.next[stream]
	for p := range w.held {
		if p.stream == stream {
			at = min(at, p.seq)
		}
	}
	return at
}

// push queues a job; it reports false when the worker is closed.
func (w *worker) push(j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if j.msg != nil {
		p := place{j.d.Stream, j.d.Seq}
		if _, ok := w.held[p]; ok {
			return true // delivered again although we hold it: the one we hold will settle it
		}
		w.held[p] = j
		w.next[p.stream] = max(w.next[p.stream], p.seq+1)
	}
	queue, running := w.queues[j.d.Subject]
	w.queues[j.d.Subject] = append(queue, j)
	if !running {
		w.wg.Go(func() { w.runQueue(j.d.Subject) })
	}
	return true
}

func (w *worker) pop(subject string) *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	queue := w.queues[subject]
	if len(queue) == 0 {
		delete(w.queues, subject)
		return nil
	}
	w.queues[subject] = queue[1:]
	return queue[0]
}

// runQueue handles the jobs of a subject one after another. A job that must be
// tried again keeps those behind it waiting: that is what keeps a conversation
// in order.
func (w *worker) runQueue(subject string) {
	for j := w.pop(subject); j != nil; j = w.pop(subject) {
		for {
			wait, done := w.try(j)
			if done {
				break
			}
			select {
			case <-w.stop:
				w.giveBack(j)
			case <-j.over():
				w.giveBack(j)
			case <-time.After(wait):
				continue
			}
			break
		}
		w.release(j)
	}
}

// try runs the handler once and settles the message; otherwise it returns the
// pause before the next try.
func (w *worker) try(j *job) (wait time.Duration, done bool) {
	if j.lost() || !w.takeSlot() {
		w.giveBack(j)
		return 0, true
	}
	err := w.runHandler(j)
	<-w.slots
	if j.replayed != nil {
		j.replayed <- err
		return 0, true
	}
	if err != nil && j.lost() {
		w.giveBack(j) // whoever leads now does it
		return 0, true
	}
	if err != nil && w.ctx.Err() != nil {
		w.giveBack(j) // it was interrupted by us
		return 0, true
	}
	j.tries++
	if !errs.Is(err, errs.Busy) && err != nil {
		j.failures++
	}
	switch judgeResult(err, j.failures, len(w.c.Retry)+1) {
	case ack:
		w.settle(j, jetstream.Msg.Ack)
		return 0, true
	case dead:
		return w.bury(j, err)
	default:
		wait = w.backoff(j.tries)
		w.b.log.Warn("consumer failed and will try again", "consumer", w.c.Name, "subject", j.d.Subject, "seq", j.d.Seq, "try", j.tries, "after", wait, "error", err)
		j.d.Delivered++
		return wait, false
	}
}

// takeSlot waits until a handler may run; false means that none may any more.
func (w *worker) takeSlot() bool {
	select {
	case <-w.stop: // even if there is a free slot
		return false
	default:
	}
	select {
	case <-w.stop:
		return false
	case w.slots <- struct{}{}:
		return true
	}
}

func (w *worker) backoff(tries int) time.Duration {
	if len(w.c.Retry) == 0 {
		return time.Second
	}
	return w.c.Retry[min(tries, len(w.c.Retry))-1]
}

func (w *worker) runHandler(j *job) (err error) {
	if j.replayed == nil && j.d.Delivered > maxDelivered && j.tries == 0 {
		return errs.New(errs.Invalid, DeadLetterReasonCrash)
	}
	w.setStarted(j, time.Now())
	defer w.setStarted(j, time.Time{})
	ctx, cancel := context.WithTimeout(w.ctx, w.c.Timeout)
	defer cancel()
	if j.follower != nil {
		defer context.AfterFunc(j.follower.ctx, func() { time.AfterFunc(drainGrace, cancel) })()
	}
	defer func() {
		if r := recover(); r != nil {
			w.b.log.Error("consumer panicked", "consumer", w.c.Name, "subject", j.d.Subject, "seq", j.d.Seq, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return w.c.Handle(ctx, j.d)
}

// bury makes the message a dead letter and then ends its delivery. When the
// dead letter cannot be stored, the message stays and is buried later.
func (w *worker) bury(j *job, cause error) (wait time.Duration, done bool) {
	if err := w.b.storeDeadLetter(w.ctx, w.c, j.d, cause); err != nil {
		w.b.log.Error("dead letter could not be stored and will be tried again", "consumer", w.c.Name, "subject", j.d.Subject, "seq", j.d.Seq, "error", err)
		return w.backoff(j.tries), false
	}
	w.b.counters.dead.Add(1)
	w.b.log.Error("message became a dead letter", "consumer", w.c.Name, "subject", j.d.Subject, "seq", j.d.Seq, "tries", j.tries, "error", cause)
	w.settle(j, func(m jetstream.Msg) error { return m.TermWithReason(cause.Error()) })
	return 0, true
}

// settle ends a message. One that a broker's consumer delivered is answered.
func (w *worker) settle(j *job, answer func(jetstream.Msg) error) {
	j.settled = true
	if j.msg != nil {
		w.answered(j, answer(j.msg))
	}
}

// answered notes an answer that could not be sent: the message will come again,
// which handlers must bear anyway.
func (w *worker) answered(j *job, err error) {
	if err != nil {
		w.b.log.Warn("message was handled but could not be acknowledged; it will be delivered again", "consumer", w.c.Name, "subject", j.d.Subject, "seq", j.d.Seq, "error", err)
	}
}

func (w *worker) giveBack(j *job) {
	switch {
	case j.replayed != nil:
		j.replayed <- errs.New(errs.Busy, "the consumer is stopping; please try again")
	case j.msg != nil:
		w.answered(j, j.msg.Nak())
	}
}

// lost reports whether another process leads now.
func (j *job) lost() bool { return j.follower != nil && j.follower.ctx.Err() != nil }

// over is closed when another process leads; nil, which never is, for a job
// that nobody leads.
func (j *job) over() <-chan struct{} {
	if j.follower == nil {
		return nil
	}
	return j.follower.ctx.Done()
}

func (w *worker) release(j *job) {
	if j.follower != nil {
		j.follower.release(j)
	}
	if j.msg == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, place{j.d.Stream, j.d.Seq})
}

func (w *worker) setStarted(j *job, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.started = at
}

// keepAlive tells the server that what is held is being worked on, so that it
// is not given to another process. A handler that ignores the end of its
// context loses this.
func (w *worker) keepAlive(ctx context.Context) {
	tick := time.NewTicker(w.c.AckWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, msg := range w.alive() {
				if err := msg.InProgress(); err != nil {
					w.b.log.Debug("could not keep a message alive", "consumer", w.c.Name, "error", err)
					break // the connection is down
				}
			}
		}
	}
}

func (w *worker) alive() []jetstream.Msg {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]jetstream.Msg, 0, len(w.held))
	for _, j := range w.held {
		if j.started.IsZero() || time.Since(j.started) < w.c.Timeout+w.c.AckWait {
			out = append(out, j.msg)
		}
	}
	return out
}
