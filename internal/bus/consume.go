package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/errs"
)

// Delivery is a stored message handed to a consumer.
type Delivery struct {
	Stored
	Stream    string
	Delivered int    // 1 at the first try
	Pending   uint64 // messages of the stream that wait behind this one

	// Turn is the same for deliveries between which the consumer has delivered
	// nothing of the stream to another process: what this process knows of the
	// stream has no hole. It is 0 for a dead letter that is replayed.
	Turn uint64
}

// Consumer describes a durable consumer. Messages of one subject (one
// conversation) are handled one after another in the order of the stream, also
// while one of them waits for its next try; different subjects run at the same
// time. With several processes that order holds only when Pinned.
type Consumer struct {
	Name    string   // durable name, <module>-<purpose>
	Module  string   // names the dead letters; "" is Name up to the first "-"
	Streams []string // one durable of this Name in each
	Filter  string   // one subject pattern, "" for everything. Costs 2-40 µs a message on a stream with many subjects

	// Kinds says which kinds Handle is called for, nil for all; others are settled
	// unseen. A message without a kind is handled: it should not be there.
	Kinds func(event.Kind) bool

	// Handle does the work, at least once for each message, so it must be
	// idempotent. Its result settles the message: nil acknowledges; errs.Invalid
	// makes it a dead letter at once; errs.Busy tries again without counting,
	// because what is down comes back; anything else, a panic too, is tried again
	// after Retry and then becomes a dead letter.
	Handle func(ctx context.Context, d Delivery) error

	Retry         []time.Duration // pauses between tries; nil means 1 s, 5 s, 20 s, 60 s, so 5 tries
	Lanes         int             // subjects handled at the same time; 0 means 64
	AckWait       time.Duration   // after which the messages of a process that died are given to another; 0 means 10 s
	MaxAckPending int             // messages of a stream this consumer may hold; 0 means 1000
	Timeout       time.Duration   // of one Handle; 0 means 2 min. The message is kept alive meanwhile
	Pinned        bool            // only one process at a time handles a stream; another takes over at once when it stops, within 8 s when it is lost. Up to half a second of work may be done again then
	FromNow       bool            // a consumer created now skips what was stored before
}

const (
	pullExpiry = 5 * time.Second
	pullBeat   = time.Second
)

func (c Consumer) withDefaults() (Consumer, error) {
	if c.Name == "" || strings.ContainsAny(c.Name, ".*> \t") || len(c.Streams) == 0 || c.Handle == nil {
		return c, fmt.Errorf("consumer %q needs a name without dots, streams and a handler", c.Name)
	}
	if c.Module == "" {
		c.Module, _, _ = strings.Cut(c.Name, "-")
	}
	if c.Retry == nil {
		c.Retry = []time.Duration{time.Second, 5 * time.Second, 20 * time.Second, time.Minute}
	}
	c.Lanes = cmp.Or(c.Lanes, 64)
	c.AckWait = cmp.Or(c.AckWait, 10*time.Second)
	c.MaxAckPending = cmp.Or(c.MaxAckPending, 1000)
	c.Timeout = cmp.Or(c.Timeout, 2*time.Minute)
	return c, nil
}

// Consume runs the consumer until ctx ends, and then returns nil after the
// handlers that run have returned (they get 5 s before their context ends). It
// survives lost servers and deleted consumers; the only errors are mistakes in
// c and streams that do not exist.
func (b *Bus) Consume(ctx context.Context, c Consumer) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	w := newWorker(ctx, b, c)
	defer w.close()
	replays, err := w.serveReplays() //nolint:contextcheck // handlers run in the worker's context, which outlives ctx by the grace period
	if err != nil {
		return err
	}
	defer w.endReplays(replays)
	g, ctx := errgroup.WithContext(ctx)
	for _, stream := range c.Streams {
		if c.Pinned {
			g.Go(func() error { return w.lead(ctx, stream) })
		} else {
			g.Go(func() error { return w.followStream(ctx, stream) })
		}
	}
	if !c.Pinned {
		g.Go(func() error { w.keepAlive(ctx); return nil })
	}
	return g.Wait()
}

// followStream keeps a subscription to one stream alive until ctx ends.
func (w *worker) followStream(ctx context.Context, stream string) error {
	for ctx.Err() == nil {
		err := w.consumeOnce(ctx, stream)
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

// consumeOnce pulls until ctx ends or the consumer must be looked at again:
// it was deleted, or nobody answers.
func (w *worker) consumeOnce(ctx context.Context, stream string) error {
	cons, err := w.ensureConsumer(ctx, stream)
	if err != nil {
		return err
	}
	trouble := make(chan error, 1)
	opts := []jetstream.PullConsumeOpt{
		jetstream.PullMaxMessages(min(500, w.c.MaxAckPending)), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if !seriousPullError(err) {
				return
			}
			select {
			case trouble <- err:
			default: // one reason is enough
			}
		}),
	}
	seen := &continuity{turns: &w.turns}
	run, err := cons.Consume(func(msg jetstream.Msg) { w.receive(ctx, stream, msg, seen) }, opts...)
	if err != nil {
		return fmt.Errorf("consume %s: %w", stream, err)
	}
	select {
	case <-ctx.Done():
		drain(run)
		return nil
	case err := <-trouble:
		run.Stop()
		return err
	case <-run.Closed():
		return errors.New("the subscription ended")
	}
}

// drain ends a subscription so that what the server has sent already is given
// back at once; otherwise it would be missing until AckWait has passed.
func drain(run jetstream.ConsumeContext) {
	run.Drain()
	select {
	case <-run.Closed():
	case <-time.After(publishTry): // the connection is lost
		run.Stop()
	}
}

// seriousPullError tells errors after which the consumer must be looked at
// from the pull's ordinary ends.
func seriousPullError(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrNoHeartbeat) ||
		errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrBadRequest) || errors.Is(err, jetstream.ErrConnectionClosed)
}

// ensureConsumer creates the durable or brings its settings up to date. One
// that was deleted while we ran goes on where it was, not at the beginning.
func (w *worker) ensureConsumer(ctx context.Context, stream string) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	cfg := jetstream.ConsumerConfig{
		Durable: w.c.Name, Description: "Parley, module " + w.c.Module, FilterSubject: w.c.Filter,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: w.c.AckWait, MaxAckPending: w.c.MaxAckPending, MaxDeliver: -1,
	}
	existing, err := w.b.workJS.Consumer(ctx, stream, w.c.Name)
	switch {
	case err == nil:
		old := existing.CachedInfo().Config
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = old.DeliverPolicy, old.OptStartSeq, old.OptStartTime
	case !errors.Is(err, jetstream.ErrConsumerNotFound):
		return nil, fmt.Errorf("look up the consumer: %w", err)
	case w.position(stream) > 0:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, w.position(stream)
	case w.c.FromNow:
		cfg.DeliverPolicy = jetstream.DeliverNewPolicy
	}
	cons, err := w.b.workJS.CreateOrUpdateConsumer(ctx, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("create the consumer: %w", err)
	}
	return cons, nil
}

// continuity numbers the turns of one subscription. The server counts what a
// consumer delivers to all its processes together; a count that is left out went
// to another one, or was lost.
type continuity struct {
	turns *atomic.Uint64 // of the worker
	turn  uint64
	last  uint64 // count of the last delivery
}

func (c *continuity) turnOf(count uint64) uint64 {
	if c.turn == 0 || count != c.last+1 {
		c.turn = c.turns.Add(1)
	}
	c.last = count
	return c.turn
}

// receive takes a message over from the subscription. It never blocks: the
// server hands out MaxAckPending messages at most.
func (w *worker) receive(ctx context.Context, stream string, msg jetstream.Msg, seen *continuity) {
	meta, err := msg.Metadata()
	if err != nil {
		w.b.log.Error("a delivered message has no place in the log", "consumer", w.c.Name, "subject", msg.Subject(), "error", err)
		return
	}
	d := Delivery{
		Stored: stored(msg.Subject(), meta.Sequence.Stream, meta.Timestamp, msg.Headers(), msg.Data()),
		Stream: stream, Delivered: int(meta.NumDelivered), Pending: meta.NumPending, Turn: seen.turnOf(meta.Sequence.Consumer), //nolint:gosec // counts of deliveries are small
	}
	if !w.c.wants(msg.Headers()) {
		w.answered(&job{d: d}, msg.Ack())
		return
	}
	j := &job{d: d, msg: msg}
	if ctx.Err() != nil || !w.push(j) { //nolint:contextcheck // handlers run in the worker's context, which outlives ctx by the grace period
		w.giveBack(j)
	}
}

// wants reports whether the consumer handles messages with such headers.
func (c *Consumer) wants(h nats.Header) bool {
	kind := h.Get(event.HeaderKind)
	return c.Kinds == nil || kind == "" || c.Kinds(event.Kind(kind))
}

// DeadLetterReasonCrash is the reason of a message that was delivered many
// times without any answer.
const DeadLetterReasonCrash = "delivered 20 times without an answer: the process ended while handling it"

const maxDelivered = 20

// verdict is what to do with a message after a try.
type verdict int

const (
	ack verdict = iota
	again
	dead
)

// judgeResult maps a handler's result to a verdict. failures counts the tries
// that failed, this one included.
func judgeResult(err error, failures, maxTries int) verdict {
	switch {
	case err == nil:
		return ack
	case errs.Is(err, errs.Invalid):
		return dead
	case errs.Is(err, errs.Busy):
		return again
	case failures >= maxTries:
		return dead
	default:
		return again
	}
}
