package bus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

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
// goroutine. With the embedded server, whose conversations are nearly all read
// in this process, it costs not even that: everything comes, and what nobody
// follows is passed over.
type LiveSink struct {
	b     *Bus
	cfg   LiveConfig
	lanes []chan *nats.Msg
	done  chan struct{}
	wg    sync.WaitGroup
	all   []*nats.Subscription // of everything, with the embedded server

	mu        sync.RWMutex
	events    map[string]int // followed conversations, with the embedded server
	ephemeral map[string]int
}

// NewLiveSink starts a sink. Close it after its subscriptions.
func (b *Bus) NewLiveSink(cfg LiveConfig) *LiveSink {
	if cfg.Lanes <= 0 {
		cfg.Lanes = 4
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 8192
	}
	s := &LiveSink{
		b: b, cfg: cfg, lanes: make([]chan *nats.Msg, cfg.Lanes), done: make(chan struct{}),
		events: make(map[string]int), ephemeral: make(map[string]int),
	}
	for i := range s.lanes {
		s.lanes[i] = make(chan *nats.Msg, cfg.Buffer)
		s.wg.Go(func() { s.run(s.lanes[i]) })
	}
	return s
}

// Close ends the sink's goroutines and waits for them.
func (s *LiveSink) Close() {
	s.b.liveSinks.remove(s)
	s.mu.Lock()
	s.unfollowAll()
	s.mu.Unlock()
	close(s.done)
	s.wg.Wait()
}

// followAll subscribes to every conversation, once.
func (s *LiveSink) followAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) > 0 {
		return nil
	}
	for subject, followed := range map[string]map[string]int{event.LiveSubject("*"): s.events, event.EphemeralSubject("*"): s.ephemeral} {
		prefix := len(subject) - 1
		sub, err := s.b.sinks.add(liveSub{sink: s, durable: subject == event.LiveSubject("*")}, func() (*nats.Subscription, error) {
			return s.b.live.Subscribe(subject, func(msg *nats.Msg) { s.sort(msg.Subject[prefix:], msg, followed) })
		})
		if err == nil {
			s.all = append(s.all, sub)
			err = s.b.limitQueue(sub)
		}
		if err != nil {
			s.unfollowAll()
			return fmt.Errorf("subscribe to %s: %w", subject, err)
		}
	}
	s.b.settle()
	return nil
}

// unfollowAll ends the subscriptions to everything. mu is held.
func (s *LiveSink) unfollowAll() {
	for _, sub := range s.all {
		s.b.sinks.remove(sub)
		s.b.queues.remove(sub)
		_ = sub.Unsubscribe() // fails only when the connection is closed already
	}
	s.all = nil
}

// sort passes a message of a followed conversation to its lane. A lane that is
// full loses it, which for an event is a gap.
func (s *LiveSink) sort(conv string, msg *nats.Msg, followed map[string]int) {
	s.mu.RLock()
	wanted := followed[conv] > 0
	s.mu.RUnlock()
	if !wanted {
		return
	}
	select {
	case s.lane(conv) <- msg:
	default:
		s.b.counters.slow.Add(1)
		s.gap(conv)
	}
}

func (s *LiveSink) lane(conv string) chan *nats.Msg {
	return s.lanes[event.Partition(conv)%len(s.lanes)]
}

// gapAll is a gap of every followed conversation.
func (s *LiveSink) gapAll() {
	s.mu.RLock()
	convs := slices.Collect(maps.Keys(s.events))
	s.mu.RUnlock()
	for _, conv := range convs {
		s.gap(conv)
	}
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

// liveStored reads what the broker sent along with a stored message.
func liveStored(msg *nats.Msg) (Stored, error) {
	seq, err := strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return Stored{}, fmt.Errorf("read the sequence: %w", err)
	}
	last, err := strconv.ParseUint(msg.Header.Get(jetstream.LastSequenceHeader), 10, 64)
	if err != nil {
		return Stored{}, fmt.Errorf("read the previous sequence: %w", err)
	}
	return Stored{
		Subject: msg.Header.Get(jetstream.SubjectHeader), Seq: seq, Last: last, Data: msg.Data,
		Kind: event.Kind(msg.Header.Get(event.HeaderKind)), Internal: msg.Header.Get(event.HeaderInternal) == "1",
	}, nil
}

// Sub is a subscription.
type Sub struct {
	once sync.Once
	end  func()
}

// Unsubscribe ends the subscription; what is already in a channel may still be
// delivered. A second call does nothing.
func (s *Sub) Unsubscribe() { s.once.Do(s.end) }

func (b *Bus) newSub(sub *nats.Subscription) *Sub {
	return &Sub{end: func() {
		b.sinks.remove(sub)
		b.queues.remove(sub)
		_ = sub.Unsubscribe() // fails only when it, or the connection, is closed already
	}}
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
	b.liveSinks.add(sink)
	if b.srv != nil {
		if err := sink.followAll(); err != nil {
			return nil, err
		}
		if durable {
			return sink.follow(conv, sink.events), nil
		}
		return sink.follow(conv, sink.ephemeral), nil
	}
	sub, err := b.sinks.add(liveSub{conv: conv, sink: sink, durable: durable}, func() (*nats.Subscription, error) {
		return b.live.ChanSubscribe(subject, sink.lane(conv))
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	b.settle()
	return b.newSub(sub), nil
}

// follow lets messages of the conversation pass until the Sub ends.
func (s *LiveSink) follow(conv string, followed map[string]int) *Sub {
	s.mu.Lock()
	defer s.mu.Unlock()
	followed[conv]++
	return &Sub{end: func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if followed[conv]--; followed[conv] == 0 {
			delete(followed, conv)
		}
	}}
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
	if err := b.limitQueue(sub); err != nil {
		return nil, err
	}
	b.settle()
	return b.newSub(sub), nil
}

type liveSub struct {
	conv    string // "" for a subscription to all
	sink    *LiveSink
	durable bool // events: a gap matters. Unstored facts may be missed
}

// gap tells the sink what may have been missed.
func (s liveSub) gap() {
	switch {
	case !s.durable:
	case s.conv == "":
		s.sink.gapAll()
	default:
		s.sink.gap(s.conv)
	}
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
	if ok {
		s.gap()
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
		s.gap()
	}
}

// counters are what Stats reports of this process.
type counters struct {
	inFlight                                     atomic.Int64
	published, retries, failed, slow, gaps, dead atomic.Uint64
	full, unserved                               atomic.Uint64
}
