package bus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	batchMost     = 500
	batchWait     = 20 * time.Millisecond
	batchFill     = 250 * time.Millisecond // to gather a whole batch that is known to be there
	batchBackoff  = 100 * time.Millisecond
	batchMaxPause = 3 * time.Second // what PostgreSQL missed must be there 10 s after it is back
	idleCheck     = 30 * time.Second
	batchAhead    = 500         // messages that are read while a batch is handled
	batchFirst    = 250         // most messages of a first batch; a reader that is behind takes more and more
	batchRoom     = 16          // messages that may come while a small batch is gathered, before it grows
	readerIdle    = time.Minute // after which the server forgets a reader that does not ask

	// A reader that is lost with its server is made anew by us, under another name.
	// The client library would ask for it under one name for ever, and a cluster
	// that has placed that name on a server which is gone, but not yet known to be,
	// does not answer until that server is back.
	readerResets = 1
)

// ConsumeBatches hands a stream's messages after startAfter to handle, in order
// and without holes, in batches of at most limit (0: 500) that are closed wait
// (0: 20 ms) after their first message; while a whole batch waits in the stream,
// when they are full; who begins far behind takes smaller ones at first, so that
// many readers do not read all at once. The broker keeps no position: handle stores the last
// sequence in the transaction of its work, and the caller passes it as
// startAfter. A batch that fails is tried again, the same one, with pauses from
// 100 ms to 3 s, for ever: nothing is skipped. It returns nil when ctx ends, and
// errs.Conflict when the stream ends before startAfter: it has lost messages
// that were handled already.
//
// Every process that calls it gets every message. Run it inside [Bus.Lead] to
// have one do the work.
func (b *Bus) ConsumeBatches(ctx context.Context, name, stream string, startAfter uint64, limit int, wait time.Duration, handle func(context.Context, []Delivery) error) error {
	if limit <= 0 {
		limit = batchMost
	}
	if wait <= 0 {
		wait = batchWait
	}
	r := &batchReader{b: b, name: name, stream: stream, after: startAfter, limit: limit, wait: wait, handle: handle}
	r.handled.Store(startAfter)
	defer b.readers.add(r)()
	for ctx.Err() == nil {
		err := r.run(ctx)
		if errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) {
			return err
		}
		if ctx.Err() == nil {
			b.log.Warn("batch consumer is interrupted and will go on", "consumer", name, "stream", stream, "after", r.after, "error", err)
		}
		_ = pause(ctx, time.Second) // when ctx ends, so does the loop
	}
	return nil
}

type batchReader struct {
	b            *Bus
	name, stream string
	after        uint64 // last sequence that handle has taken
	limit        int
	most         int // messages of the next batch
	wait         time.Duration
	handle       func(context.Context, []Delivery) error
	pending      atomic.Uint64 // messages not handled yet, as of the last batch
	handled      atomic.Uint64 // is after, for others
}

func (r *batchReader) stats() (s ConsumerStats, read uint64) {
	return ConsumerStats{Stream: r.stream, Name: r.name, Pending: r.pending.Load()}, r.handled.Load()
}

// run reads until something breaks the subscription.
func (r *batchReader) run(ctx context.Context) error {
	if err := r.checkEpoch(ctx); err != nil {
		return err
	}
	cons, err := r.b.workJS.OrderedConsumer(ctx, r.stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: r.after + 1,
		NamePrefix: r.name + "-" + ids.New(), InactiveThreshold: readerIdle, // an earlier reader of the name may still be known
		MaxResetAttempts: readerResets,
	})
	if err != nil {
		return fmt.Errorf("create the reader: %w", err)
	}
	messages, err := cons.Messages(jetstream.PullMaxMessages(min(r.limit, batchAhead)), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return fmt.Errorf("start the reader: %w", err)
	}
	defer messages.Stop() // by whoever calls Next, see [follower.read]
	for {
		batch, err := r.collect(ctx, messages)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if err := r.checkEpoch(ctx); err != nil {
				return err
			}
			continue
		}
		last := &batch[len(batch)-1]
		r.pending.Store(last.Pending + uint64(len(batch)))
		if err := r.deliver(ctx, batch); err != nil {
			return err
		}
		r.after = last.Seq
		r.handled.Store(r.after)
		r.pending.Store(last.Pending)
	}
}

// checkEpoch notices a stream that went backwards: new messages would take
// sequences that count as handled, and be skipped.
func (r *batchReader) checkEpoch(ctx context.Context) error {
	state, err := r.b.StreamState(ctx, r.stream)
	if err != nil {
		return err
	}
	if state.LastSeq < r.after {
		return errs.New(errs.Conflict, "the stream %s ends at %d, but %d was handled already: it has lost messages; restore them from the database", r.stream, state.LastSeq, r.after)
	}
	return nil
}

// collect waits for a message and gathers those that come soon after; after a
// quiet while it returns none.
func (r *batchReader) collect(ctx context.Context, messages jetstream.MessagesContext) ([]Delivery, error) {
	first, err := r.next(ctx, messages, idleCheck)
	if first == nil || err != nil {
		return nil, err
	}
	r.most = min(max(r.most, batchFirst), r.limit)
	waiting := first.Pending + 1
	batch := make([]Delivery, 1, min(waiting+batchRoom, uint64(r.most))) //nolint:gosec // the limit is positive
	batch[0] = *first
	wait := r.wait
	if waiting >= uint64(r.most) { //nolint:gosec // the limit is positive
		wait = max(wait, batchFill)
	}
	until, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for len(batch) < r.most {
		d, err := r.nextUntil(ctx, until, messages)
		if err != nil {
			return nil, err // nothing of the batch was handled: it is read again
		}
		if d == nil {
			break
		}
		batch = append(batch, *d)
	}
	if len(batch) == r.most {
		r.most *= 2
	} else {
		r.most = 0
	}
	return batch, nil
}

// next returns nil when nothing came in time.
func (r *batchReader) next(ctx context.Context, messages jetstream.MessagesContext, wait time.Duration) (*Delivery, error) {
	until, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return r.nextUntil(ctx, until, messages)
}

// nextUntil returns nil when nothing came before until, a context of ctx, ends.
func (r *batchReader) nextUntil(ctx, until context.Context, messages jetstream.MessagesContext) (*Delivery, error) {
	msg, err := messages.Next(jetstream.NextContext(until))
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, nil //nolint:nilnil // "nothing yet" is an ordinary answer here
		}
		return nil, fmt.Errorf("read the next message: %w", err)
	}
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read the place of a message: %w", err)
	}
	return &Delivery{
		Stored: stored(msg.Subject(), meta.Sequence.Stream, meta.Timestamp, msg.Headers(), msg.Data()),
		Stream: r.stream, Delivered: 1, Pending: meta.NumPending,
	}, nil
}

func (r *batchReader) deliver(ctx context.Context, batch []Delivery) error {
	for wait := batchBackoff; ; wait = min(2*wait, batchMaxPause) {
		err := r.handle(ctx, batch)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.b.log.Warn("batch failed and will be tried again", "consumer", r.name, "stream", r.stream, "from", batch[0].Seq, "messages", len(batch), "after", wait, "error", err)
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}
