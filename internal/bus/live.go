package bus

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
)

// LiveConfig configures a LiveSink. The functions are called from the sink's
// own goroutines, for one conversation always from the same one, and should
// hand over quickly.
type LiveConfig struct {
	// OnEvent gets what was stored. A hole in the conversation shows as
	// s.Last > the last sequence seen: fill it with [Bus.Read].
	OnEvent func(conv string, s Stored)
	// OnEphemeral gets what is never stored, an [event.Ephemeral] as JSON.
	OnEphemeral func(conv string, data []byte)
	// OnGap says that events of the conversation may have been missed: a channel
	// was full, or the connection was lost and is back. Compare with
	// [Bus.Last]. It must not block.
	OnGap func(conv string)

	Lanes  int // channels, each with a goroutine, at most 64; 0 means 4
	Buffer int // messages a channel holds; 0 means 8192. When it is full, further messages are dropped and OnGap is called
}

// LiveSink receives live events of many conversations through a few shared
// bounded channels, so that a conversation costs a subscription and no
// goroutine.
type LiveSink struct {
	b     *Bus
	cfg   LiveConfig
	lanes []chan *nats.Msg
	done  chan struct{}
	wg    sync.WaitGroup
}

// NewLiveSink starts a sink. Close it after its subscriptions.
func (b *Bus) NewLiveSink(cfg LiveConfig) *LiveSink {
	if cfg.Lanes <= 0 {
		cfg.Lanes = 4
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 8192
	}
	s := &LiveSink{b: b, cfg: cfg, lanes: make([]chan *nats.Msg, cfg.Lanes), done: make(chan struct{})}
	for i := range s.lanes {
		s.lanes[i] = make(chan *nats.Msg, cfg.Buffer)
		s.wg.Go(func() { s.run(s.lanes[i]) })
	}
	return s
}

// Close ends the sink's goroutines and waits for them.
func (s *LiveSink) Close() {
	close(s.done)
	s.wg.Wait()
}

func (s *LiveSink) run(lane <-chan *nats.Msg) {
	for {
		select {
		case <-s.done:
			return
		case msg := <-lane:
			s.deliver(msg)
		}
	}
}

func (s *LiveSink) deliver(msg *nats.Msg) {
	if conv, ok := strings.CutPrefix(msg.Subject, "eph."); ok {
		if s.cfg.OnEphemeral != nil {
			s.cfg.OnEphemeral(conv, msg.Data)
		}
		return
	}
	conv := strings.TrimPrefix(msg.Subject, "live.")
	e, err := liveStored(msg)
	if err != nil {
		s.b.log.Error("a live event without its place in the log", "conv", conv, "error", err)
		s.gap(conv)
		return
	}
	if s.cfg.OnEvent != nil {
		s.cfg.OnEvent(conv, e)
	}
}

func (s *LiveSink) gap(conv string) {
	s.b.counters.gaps.Add(1)
	if s.cfg.OnGap != nil {
		s.cfg.OnGap(conv)
	}
}

func liveStored(msg *nats.Msg) (Stored, error) {
	seq, err := strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return Stored{}, fmt.Errorf("read the sequence: %w", err)
	}
	last, err := strconv.ParseUint(msg.Header.Get(jetstream.LastSequenceHeader), 10, 64)
	if err != nil {
		return Stored{}, fmt.Errorf("read the previous sequence: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, msg.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return Stored{}, fmt.Errorf("read the time: %w", err)
	}
	s := stored(msg.Header.Get(jetstream.SubjectHeader), seq, at, msg.Header, msg.Data)
	s.Last = last
	return s, nil
}

// Sub is a subscription.
type Sub struct {
	b   *Bus
	sub *nats.Subscription
}

// Unsubscribe ends the subscription; what is already in a channel may still be
// delivered. A second call does nothing.
func (s *Sub) Unsubscribe() {
	s.b.sinks.remove(s.sub)
	_ = s.sub.Unsubscribe() // fails only when it, or the connection, is closed already
}

// SubscribeLive sends the conversation's events to the sink: all that are
// stored after it has returned. Subscribe before reading, and drop what was read
// twice.
func (b *Bus) SubscribeLive(conv string, sink *LiveSink) (*Sub, error) {
	return b.subscribeSink(event.LiveSubject(conv), conv, sink, true)
}

// SubscribeEphemeral sends the conversation's unstored facts to the sink.
func (b *Bus) SubscribeEphemeral(conv string, sink *LiveSink) (*Sub, error) {
	return b.subscribeSink(event.EphemeralSubject(conv), conv, sink, false)
}

func (b *Bus) subscribeSink(subject, conv string, sink *LiveSink, durable bool) (*Sub, error) {
	lane := sink.lanes[event.Partition(conv)%len(sink.lanes)]
	sub, err := b.sinks.add(liveSub{conv: conv, sink: sink, durable: durable}, func() (*nats.Subscription, error) {
		return b.live.ChanSubscribe(subject, lane)
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	b.settle()
	return &Sub{b: b, sub: sub}, nil
}

// settle waits until the server knows the subscriptions made so far, some 10 µs
// in process. While the connection is lost there is nothing to wait for: they
// are made again when it is back, and then every sink is told of a gap.
func (b *Bus) settle() {
	if !b.live.IsConnected() {
		return
	}
	if err := b.live.FlushTimeout(publishTry); err != nil {
		b.log.Warn("subscriptions could not be confirmed", "error", err)
	}
}

// Subscribe calls h for each message of a core subject, one after another.
// When h falls behind by 64 Ki messages or 64 MiB, further ones are dropped and
// a warning is logged.
func (b *Bus) Subscribe(subject string, h func(subject string, data []byte)) (*Sub, error) {
	sub, err := b.live.Subscribe(subject, func(msg *nats.Msg) { h(msg.Subject, msg.Data) })
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	if err := sub.SetPendingLimits(64<<10, 64<<20); err != nil {
		return nil, fmt.Errorf("limit the queue of %s: %w", subject, err)
	}
	b.settle()
	return &Sub{b: b, sub: sub}, nil
}

type liveSub struct {
	conv    string
	sink    *LiveSink
	durable bool // events: a gap matters. Unstored facts may be missed
}

// sinkRegistry finds the sink of a subscription that dropped messages.
type sinkRegistry struct {
	mu   sync.Mutex
	subs map[*nats.Subscription]liveSub
}

// add subscribes under the lock, so that a channel that is full at the first
// message finds its sink.
func (r *sinkRegistry) add(s liveSub, subscribe func() (*nats.Subscription, error)) (*nats.Subscription, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sub, err := subscribe()
	if err == nil {
		r.subs[sub] = s
	}
	return sub, err
}

func (r *sinkRegistry) remove(sub *nats.Subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.subs, sub)
}

// gap reports a drop to the subscription's sink, and whether it has one.
func (r *sinkRegistry) gap(sub *nats.Subscription) bool {
	r.mu.Lock()
	s, ok := r.subs[sub]
	r.mu.Unlock()
	if ok && s.durable {
		s.sink.gap(s.conv)
	}
	return ok
}

// allGaps is for a connection that was lost: anything may have been missed.
func (r *sinkRegistry) allGaps() {
	r.mu.Lock()
	subs := make([]liveSub, 0, len(r.subs))
	for _, s := range r.subs {
		subs = append(subs, s)
	}
	r.mu.Unlock()
	for _, s := range subs {
		if s.durable {
			s.sink.gap(s.conv)
		}
	}
}

// counters are what Stats reports of this process.
type counters struct {
	inFlight                                     atomic.Int64
	published, retries, failed, slow, gaps, dead atomic.Uint64
}
