package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// watchers is how many conversations one socket of an agent reads.
const watchers = 20

// words is about what people write: with its head a message is some 200 bytes
// on the wire.
const words = "I have waited for my parcel since Monday; the page says that it was delivered, but nobody rang and no one has a clue."

// talk is a set of conversations, each between a visitor's socket and an
// agent's that watches it.
type talk struct {
	start time.Time
	convs []*conversation
	staff []*reader
	// copies is how many agents read each conversation.
	copies int64

	closed atomic.Bool // an ack is followed by the next message
	acks   histogram   // from when a message was due to its ack at the visitor
	reads  histogram   // from when a message was due to its event at the agent

	sent, acked, read atomic.Int64
	ended             atomic.Int64 // conversations that are resolved

	mu      sync.Mutex
	failure error
	settled chan struct{} // gets a value when all that was sent is acked and read
	done    sync.WaitGroup
}

// conversation is the visitor's side; what the agent's reader owns is in
// watched.
type conversation struct {
	index   int
	id      string
	visitor *socket
	acked   set // owned by the visitor's reader

	mu   sync.Mutex
	next int // number of the next message
	buf  []byte
}

// watched is what an agent's socket knows of a conversation.
type watched struct {
	last int // seq of the newest event
	read set
}

// reader is an agent's socket.
type reader struct {
	sock  *socket
	convs map[string]*watched
	base  int // the conversations are base, base+1 … of the talk
	list  []*watched
}

// set holds numbers that come more or less in order.
type set []uint64

// add reports whether n is new.
func (s *set) add(n int) bool {
	word, bit := n/64, uint64(1)<<(n%64)
	for len(*s) <= word {
		*s = append(*s, 0)
	}
	if (*s)[word]&bit != 0 {
		return false
	}
	(*s)[word] |= bit
	return true
}

// converse opens n conversations, which agents' sockets share out among them,
// each reading up to [watchers].
func (b *Bench) converse(ctx context.Context, n int) (*talk, error) {
	return b.gather(ctx, n, (n+watchers-1)/watchers, 1, func(i int) (from, to int) { return i * watchers, min((i+1)*watchers, n) })
}

// audience opens one conversation that n agents' sockets read.
func (b *Bench) audience(ctx context.Context, n int) (*talk, error) {
	return b.gather(ctx, 1, n, int64(n), func(int) (from, to int) { return 0, 1 })
}

// gather opens n conversations and the sockets of staff agents; share says
// which of the conversations each of them reads, and copies how many read one.
func (b *Bench) gather(ctx context.Context, n, staff int, copies int64, share func(i int) (from, to int)) (*talk, error) {
	t := &talk{start: time.Now(), convs: make([]*conversation, n), staff: make([]*reader, staff), copies: copies, settled: make(chan struct{}, 1)}
	err := each(ctx, n, func(ctx context.Context, i int) (err error) {
		t.convs[i], err = b.openConversation(ctx, i)
		return err
	})
	if err != nil {
		t.hangUp()
		return nil, fmt.Errorf("open conversations: %w", err)
	}
	err = each(ctx, staff, func(ctx context.Context, i int) (err error) {
		from, to := share(i)
		t.staff[i], err = b.watch(ctx, t.convs[from:to], b.token(i))
		return err
	})
	if err != nil {
		t.hangUp()
		return nil, fmt.Errorf("watch conversations as an agent: %w", err)
	}
	t.listen()
	return t, nil
}

func (b *Bench) openConversation(ctx context.Context, index int) (*conversation, error) {
	token, err := b.visitor(ctx, b.cfg.Target.Key)
	if err != nil {
		return nil, err
	}
	s, err := dial(ctx, b.cfg.Target.URL, token, "")
	if err != nil {
		return nil, err
	}
	c := &conversation{index: index, visitor: s}
	ack, err := s.ask(`{"type":"open","cid":"open"}`, "ack")
	c.id = string(convOf(ack))
	return c, err
}

// watch connects an agent who reads conversations.
func (b *Bench) watch(ctx context.Context, convs []*conversation, token string) (*reader, error) {
	s, err := dial(ctx, b.cfg.Target.URL, token, "")
	if err != nil {
		return nil, err
	}
	r := &reader{sock: s, convs: map[string]*watched{}, base: convs[0].index}
	for _, c := range convs {
		if err := s.write([]byte(`{"type":"watch","conv":"` + c.id + `"}`)); err != nil {
			return r, err
		}
		w := &watched{}
		r.convs[c.id] = w
		r.list = append(r.list, w)
	}
	_, err = s.ask(`{"type":"ping","n":1}`, "pong") // commands are handled in order
	return r, err
}

// listen starts the readers of all sockets. They end when a socket does.
func (t *talk) listen() {
	for _, c := range t.convs {
		t.done.Go(func() { t.fail(c.visitor.read(func(o []byte) error { return t.onVisitor(c, o) })) })
	}
	for _, r := range t.staff {
		t.done.Go(func() { t.fail(r.sock.read(func(o []byte) error { return t.onAgent(r, o) })) })
	}
}

// fail keeps the first error and ends whoever waits.
func (t *talk) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure == nil {
		t.failure = err
	}
	t.wake()
}

func (t *talk) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}

func (t *talk) wake() {
	select {
	case t.settled <- struct{}{}:
	default: // somebody is told already
	}
}

// say sends the conversation's next message; its time counts from due.
func (t *talk) say(c *conversation, due time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := append(c.buf[:0], `{"type":"send","cid":"`...)
	b = tag{c.index, c.next, due.Sub(t.start)}.append(b)
	b = append(b, `","conv":"`...)
	b = append(b, c.id...)
	b = append(b, `","text":"`+words+`"}`...)
	c.buf = b
	c.next++
	t.sent.Add(1)
	return c.visitor.write(b)
}

// onVisitor counts acks; an event of the visitor's own message follows each.
func (t *talk) onVisitor(c *conversation, object []byte) error {
	if !is(object, "ack") {
		if is(object, "error") {
			return refusal(object)
		}
		return nil
	}
	g, ok := tagOf(object)
	if !ok {
		t.ended.Add(1)
		t.wake()
		return nil
	}
	t.acks.add(time.Since(t.start) - g.at)
	if g.conv != c.index || !c.acked.add(g.n) {
		return fmt.Errorf("conversation %d: an ack came twice or to the wrong socket: %s", c.index, object)
	}
	if t.closed.Load() {
		if err := t.say(c, time.Now()); err != nil { // before it counts as acked: settle must not see a moment between
			return err
		}
	}
	t.acked.Add(1)
	t.check()
	return nil
}

// onAgent counts what the agent reads, and checks that nothing is missing,
// doubled or out of order.
func (t *talk) onAgent(r *reader, object []byte) error {
	if !is(object, "event") {
		if is(object, "error") {
			return refusal(object)
		}
		return nil
	}
	g, tagged := tagOf(object)
	var w *watched
	if tagged && g.conv >= r.base && g.conv < r.base+len(r.list) {
		w = r.list[g.conv-r.base]
		t.reads.add(time.Since(t.start) - g.at)
	} else if w = r.convs[string(convOf(object))]; w == nil {
		return fmt.Errorf("an event of a conversation that is not watched: %s", object)
	}
	seq, _ := number(object, `"seq":`)
	prev, _ := number(object, `"prev":`)
	if seq <= w.last || w.last != 0 && prev != w.last {
		return fmt.Errorf("the event %d comes after %d and not after %d: %s", seq, prev, w.last, object)
	}
	w.last = seq
	if !tagged {
		return nil
	}
	if !w.read.add(g.n) {
		return fmt.Errorf("a message was read twice: %s", object)
	}
	t.read.Add(1)
	t.check()
	return nil
}

// check tells whoever waits that all that was sent is acked and read.
func (t *talk) check() {
	if !t.closed.Load() && t.through() {
		t.wake()
	}
}

// through reports whether all that was sent is acked and read.
func (t *talk) through() bool {
	sent := t.sent.Load()
	return t.acked.Load() == sent && t.read.Load() == sent*t.copies
}

const settlePatience = time.Minute

// settle waits until everything that was sent is acked and read.
func (t *talk) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	t.check()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("of %d messages sent to %d readers each, %d were acked and %d read within %s: %w",
				t.sent.Load(), t.copies, t.acked.Load(), t.read.Load(), settlePatience, ctx.Err())
		case <-t.settled:
		}
		if err := t.failed(); err != nil {
			return err
		}
		if t.through() {
			return nil
		}
	}
}

// end resolves the conversations, so that they wait for nobody, and hangs up.
func (t *talk) end(ctx context.Context) error {
	defer t.hangUp()
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	for _, c := range t.convs {
		err := c.visitor.write([]byte(`{"type":"act","cid":"end","conv":"` + c.id + `","action":"resolve","args":{"reason":"end of the benchmark"}}`))
		if err != nil {
			return err
		}
	}
	for t.ended.Load() < int64(len(t.convs)) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("resolve the benchmark's conversations: %w", ctx.Err())
		case <-t.settled:
		}
		if err := t.failed(); err != nil {
			return err
		}
	}
	return nil
}

// hangUp closes all sockets.
func (t *talk) hangUp() {
	for _, c := range t.convs {
		if c != nil && c.visitor != nil {
			c.visitor.close()
		}
	}
	for _, r := range t.staff {
		if r != nil {
			r.sock.close()
		}
	}
	t.done.Wait()
}
