package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
	"parley/internal/ids"
)

// follower reads a stream for a pinned consumer, in the one process that holds
// the lease. The broker keeps nothing for it: messages come in order, as fast
// as they are handled, and the position moves when everything before it is
// settled. A broker's own consumer would cost an answer for each message and a
// file that is written ten times a second (see docs/adr/0015).
type follower struct {
	w      *worker
	stream string
	turn   uint64
	ctx    context.Context //nolint:containedctx // of this reading, which ends with the lease: jobs that have not started by then never do

	mu      sync.Mutex
	room    *sync.Cond
	steps   []*step // read, and not yet behind the position, in order; those before head are
	head    int
	running int         // jobs that are not settled
	at      position    // what is or will be saved
	saver   *time.Timer // runs while a save is due
	waiting uint64      // messages of the stream behind the last one read
	jobs    sync.WaitGroup

	saves   sync.Mutex
	started bool // a message was handed over; the reader's own
}

// step is a message on its way to be behind the position.
type step struct {
	seq     uint64
	settled bool
}

const (
	maxSteps    = 32 << 10 // messages that may be settled behind one that is not
	slowStarts  = 3        // starts without progress after which messages are handled one at a time
	epochChecks = 30 * time.Second
)

// lead follows the stream while this process holds the lease for it.
func (w *worker) lead(ctx context.Context, stream string) error {
	for ctx.Err() == nil {
		err := w.b.Lead(ctx, w.c.Name+"-"+stream, func(ctx context.Context) error {
			f := &follower{w: w, stream: stream, turn: w.turns.Add(1)}
			f.room = sync.NewCond(&f.mu)
			return f.run(ctx)
		})
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("consumer %s: %w: %s", w.c.Name, err, stream)
		}
		if err != nil && ctx.Err() == nil {
			w.b.log.Warn("consumer is interrupted and will go on", "consumer", w.c.Name, "stream", stream, "error", err)
		}
		_ = pause(ctx, 250*time.Millisecond) // when ctx ends, so does the loop
	}
	return nil
}

// run reads until ctx ends or something is wrong, and returns when no job of
// it runs any more.
func (f *follower) run(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	defer f.w.b.readers.add(f)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.ctx = ctx
	defer context.AfterFunc(ctx, f.wake)()
	err := f.read(ctx)
	cancel() // a reader that was lost must not wait for what is tried again only in a minute
	f.jobs.Wait()
	f.end() //nolint:contextcheck // ctx has ended, and the last position is to be saved all the same
	return err
}

// end saves where the next leader goes on. This process has lived, so whatever
// was not settled is not what ends processes.
func (f *follower) end() {
	f.mu.Lock()
	if f.saver != nil {
		f.saver.Stop()
	}
	f.at.Starts = 0
	f.mu.Unlock()
	f.save()
}

// begin finds where to go on.
func (f *follower) begin(ctx context.Context) error {
	b, name := f.w.b, f.w.c.Name
	state, err := b.StreamState(ctx, f.stream)
	if errs.Is(err, errs.NotFound) {
		return jetstream.ErrStreamNotFound
	}
	if err != nil {
		return err
	}
	at, found, err := b.loadPosition(ctx, name, f.stream)
	if err != nil {
		return err
	}
	if !found {
		if at.Seq, found, err = b.adoptDurable(ctx, name, f.stream); err != nil {
			return err
		}
	}
	if !found && f.w.c.FromNow {
		at.Seq = state.LastSeq
	}
	if at.Seq > state.LastSeq {
		b.log.Warn("the stream ends before what was handled already: it has lost messages", "consumer", name, "stream", f.stream, "handled", at.Seq, "last", state.LastSeq)
		at = position{Seq: state.LastSeq}
	}
	f.at = at
	return nil
}

// noteStart writes down, before the first message is handled, that it is. A
// position from which many processes have started, and none has got on, stands
// before a message that ends the process.
func (f *follower) noteStart(ctx context.Context) error {
	if f.started {
		return nil
	}
	f.started = true
	f.saves.Lock()
	defer f.saves.Unlock()
	f.mu.Lock()
	f.at.Starts++
	at := f.at
	f.mu.Unlock()
	return f.w.b.savePosition(ctx, f.w.c.Name, f.stream, at)
}

// read hands messages to the worker, in order and as far as there is room.
func (f *follower) read(ctx context.Context) error {
	cons, err := f.w.b.workJS.OrderedConsumer(ctx, f.stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.at.Seq + 1, FilterSubjects: filters(f.w.c.Filter),
		NamePrefix: f.w.c.Name + "-" + ids.New(), InactiveThreshold: readerIdle, MaxResetAttempts: readerResets,
	})
	if err != nil {
		return fmt.Errorf("create the reader: %w", err)
	}
	messages, err := cons.Messages(jetstream.PullMaxMessages(min(500, f.w.c.MaxAckPending)), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return fmt.Errorf("start the reader: %w", err)
	}
	defer messages.Stop() // by whoever calls Next: beside it, a reader that is made anew would be left, and Next wait for it
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go f.checkEpochs(ctx, cancel)
	untilEnd := jetstream.NextContext(ctx)
	for {
		msg, err := messages.Next(untilEnd)
		if cause := context.Cause(ctx); cause != nil {
			if errs.Is(cause, errs.Conflict) {
				return cause
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the next message: %w", err)
		}
		if err := f.take(ctx, msg); err != nil {
			return err
		}
	}
}

func filters(one string) []string {
	if one == "" {
		return nil
	}
	return []string{one}
}

// checkEpochs notices a stream that went backwards while it was read: a reader
// that is ahead of it would pass new messages over.
func (f *follower) checkEpochs(ctx context.Context, lost func(error)) {
	for pause(ctx, epochChecks) == nil {
		state, err := f.w.b.StreamState(ctx, f.stream)
		f.mu.Lock()
		behind := err == nil && state.LastSeq < f.at.Seq
		f.mu.Unlock()
		if behind {
			lost(errs.New(errs.Conflict, "the stream %s ends at %d, before what was handled already: it has lost messages", f.stream, state.LastSeq))
			return
		}
	}
}

// take makes a job of a message, or settles it when the consumer does not care
// for its kind.
func (f *follower) take(ctx context.Context, msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("read the place of a message: %w", err)
	}
	if !f.w.c.wants(msg.Headers()) {
		f.pass(meta.Sequence.Stream, meta.NumPending)
		return nil
	}
	if err := f.noteStart(ctx); err != nil {
		return err
	}
	s := &step{seq: meta.Sequence.Stream}
	if !f.admit(ctx, s, meta.NumPending) {
		return nil
	}
	d := Delivery{
		Stored: stored(msg.Subject(), meta.Sequence.Stream, meta.Timestamp, msg.Headers(), msg.Data()),
		Stream: f.stream, Delivered: 1, Pending: meta.NumPending, Turn: f.turn,
	}
	if f.deadly(s) {
		d.Delivered = maxDelivered + 1
	}
	j := &job{d: d, follower: f, step: s}
	if !f.w.push(j) { //nolint:contextcheck // handlers run in the worker's context, which outlives ctx by the grace period
		f.release(j)
	}
	return nil
}

// deadly reports whether the message is the one that no process has lived to
// settle.
func (f *follower) deadly(s *step) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at.Starts > maxDelivered && s == f.steps[f.head]
}

// admit waits until there is room for one more job.
func (f *follower) admit(ctx context.Context, s *step, waiting uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.hasRoom() && ctx.Err() == nil {
		f.room.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	f.running++
	f.jobs.Add(1)
	f.steps, f.waiting = append(f.steps, s), waiting
	return true
}

func (f *follower) hasRoom() bool {
	if f.at.Starts > slowStarts {
		return f.running == 0
	}
	return f.running < f.w.c.MaxAckPending && len(f.steps)-f.head < maxSteps
}

// pass notes a message that needs no job.
func (f *follower) pass(seq, waiting uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = waiting
	if f.head < len(f.steps) {
		f.steps = append(f.steps, &step{seq: seq, settled: true})
		return
	}
	f.move(seq)
}

// release is told that a job has ended. One that was not settled keeps the
// position before it, for whoever leads next.
func (f *follower) release(j *job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j.step.settled = j.settled
	f.running--
	f.jobs.Done()
	f.advance()
	f.room.Broadcast()
}

// advance moves the position over what is settled.
func (f *follower) advance() {
	from := f.head
	for f.head < len(f.steps) && f.steps[f.head].settled {
		f.head++
	}
	if f.head == from {
		return
	}
	f.move(f.steps[f.head-1].seq)
	if f.head > len(f.steps)/2 {
		n := copy(f.steps, f.steps[f.head:])
		clear(f.steps[n:])
		f.steps, f.head = f.steps[:n], 0
	}
}

func (f *follower) move(seq uint64) {
	f.at = position{Seq: seq}
	if f.saver == nil {
		f.saver = time.AfterFunc(saveEvery, f.save)
	}
}

// save writes the position. When that fails, the next move or the next leader
// does: what was handled since the last saved one is then handled again.
func (f *follower) save() {
	f.saves.Lock() // one at a time, so that the last one written is the furthest
	defer f.saves.Unlock()
	f.mu.Lock()
	at := f.at
	f.saver = nil
	f.mu.Unlock()
	if err := f.w.b.savePosition(context.WithoutCancel(f.ctx), f.w.c.Name, f.stream, at); err != nil {
		f.w.b.log.Warn("position of a consumer could not be saved", "consumer", f.w.c.Name, "stream", f.stream, "seq", at.Seq, "error", err)
	}
}

func (f *follower) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room.Broadcast()
}

func (f *follower) stats() (s ConsumerStats, read uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s = ConsumerStats{Stream: f.stream, Name: f.w.c.Name, Pending: f.waiting, AckPending: len(f.steps) - f.head}
	switch {
	case f.w.c.Filter != "":
		return s, 0
	case f.head < len(f.steps):
		return s, f.steps[len(f.steps)-1].seq
	}
	return s, f.at.Seq
}

// progress is something that reads a stream without a durable consumer.
type progress interface {
	// stats tells besides up to where the whole stream was read; 0 when only a
	// part of it is.
	stats() (s ConsumerStats, read uint64)
}

// readerStats are those of this process. What waits is counted from the end of
// each stream where last knows it: a reader that is stuck does not see what has
// come since.
func (b *Bus) readerStats(last map[string]uint64) []ConsumerStats {
	readers := b.readers.list()
	out := make([]ConsumerStats, 0, len(readers))
	for _, p := range readers {
		s, read := p.stats()
		if end := last[s.Stream]; read > 0 && end > 0 {
			s.Pending = end - min(read, end)
		}
		out = append(out, s)
	}
	return out
}
