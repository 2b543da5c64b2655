package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// idleSockets measures what a visitor costs who only has the page open, and
// then one who has a conversation.
func (b *bench) idleSockets() {
	b.t.Helper()
	key := b.s.inbox("https://idle.example") // with the bot: nobody is routed to a person
	before := b.collectedRSS()
	peers := b.visitors(key, benchIdle)
	after := b.collectedRSS()
	b.add("memory, idle socket", "kB", float64(after-before)/benchIdle/1e3)
	b.each(len(peers), func(i int) error { return peers[i].open("") })
	b.add("memory, idle socket with its conversation", "kB", float64(b.collectedRSS()-before)/benchIdle/1e3)
	disconnect(peers)
}

// collectedRSS is what is in use after garbage was collected; the pause lets
// the runtime give it back.
func (b *bench) collectedRSS() int {
	b.t.Helper()
	for range 3 {
		resp, err := b.client.Get(b.s.admin + "/debug/pprof/heap?gc=1")
		require.NoError(b.t, err)
		require.Equal(b.t, http.StatusOK, resp.StatusCode)
		require.NoError(b.t, resp.Body.Close())
	}
	return b.s.rss()
}

// talk measures visitors who talk and consoles that read them.
func (b *bench) talk(durability string) {
	b.t.Helper()
	key := b.s.inbox("https://talk.example", "--bot", "off")
	visitors := b.visitors(key, benchVisitors)
	b.each(len(visitors), func(i int) error { return visitors[i].open("") })
	l := &load{times: make(chan time.Duration, 1<<16)}
	consoles := b.consoles(visitors, l)
	defer disconnect(append(visitors, consoles...))
	for _, v := range visitors {
		go v.read(func(o []byte) {
			if is(o, "ack") {
				l.onAck(v)
			}
		})
	}
	for range benchAckRuns {
		b.add("acked messages, closed loop, "+durability, "1/s", b.closedLoop(l, visitors))
	}
	b.quiet()
	for run := range benchRateRuns {
		b.quantiles(fmt.Sprintf("visitor to agent at %d/s, %s", benchRate, durability), b.openLoop(l, visitors, run), 99)
	}
}

// quiet waits until the consumers have handled everything that is stored: what
// a closed loop leaves behind must not count in what follows.
func (b *bench) quiet() {
	b.t.Helper()
	pending := regexp.MustCompile(`(?m)^parley_bus_consumer_(?:ack_)?pending\{.* [^0\s]\S*$`)
	require.Eventually(b.t, func() bool {
		resp, err := b.client.Get(b.s.admin + "/metrics")
		require.NoError(b.t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(b.t, errors.Join(err, resp.Body.Close()))
		return !pending.Match(body)
	}, 2*patience, 500*time.Millisecond, "consumers are behind")
}

// consoles connects sockets of an agent that watch the visitors' conversations.
func (b *bench) consoles(visitors []*peer, l *load) []*peer {
	b.t.Helper()
	token := b.s.cli("token", "create", "--label", "bench", "--role", "agent")
	peers := make([]*peer, benchConsoles)
	b.each(len(peers), func(i int) error {
		p, err := b.connect(token)
		if err != nil {
			return err
		}
		peers[i] = p
		for v := i; v < len(visitors); v += len(peers) {
			if err := p.write(`{"type":"watch","conv":"` + visitors[v].conv + `"}`); err != nil {
				return err
			}
		}
		if err := p.write(`{"type":"ping"}`); err != nil {
			return err
		}
		_, err = p.await("pong") // commands are handled in order
		return err
	})
	for _, p := range peers {
		go p.read(l.onConsole)
	}
	return peers
}

// load is what visitors and consoles have seen.
type load struct {
	sent, acked, read atomic.Int64
	closed            atomic.Bool // each ack is followed by the next message
	failed            atomic.Int64
	times             chan time.Duration // visitor to agent, of the open loop
}

// send says something as the visitor. Only one goroutine does so at a time.
func (l *load) send(v *peer, cid string) {
	l.sent.Add(1)
	if v.say(cid) != nil {
		l.failed.Add(1)
	}
}

func (l *load) onAck(v *peer) {
	l.acked.Add(1)
	if l.closed.Load() {
		l.next(v)
	}
}

func (l *load) next(v *peer) {
	v.n++
	l.send(v, "m"+strconv.Itoa(v.n))
}

const scheduled = `"cid":"at`

// onConsole counts the visitors' messages; those of the open loop carry the
// time at which they should have been sent.
func (l *load) onConsole(o []byte) {
	if !is(o, "event") || !bytes.Contains(o, []byte(`"kind":"message"`)) {
		return
	}
	if _, rest, ok := bytes.Cut(o, []byte(scheduled)); ok {
		digits, _, _ := bytes.Cut(rest, []byte{'-'})
		if at, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			l.times <- time.Since(time.Unix(0, at))
		}
	}
	l.read.Add(1)
}

// settle waits until everything sent is acked and read.
func (b *bench) settle(l *load) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return l.acked.Load() == l.sent.Load() && l.read.Load() == l.sent.Load() }, patience, time.Millisecond,
		"not everything that was sent was acked and read")
	require.Zero(b.t, l.failed.Load())
}

// closedLoop lets each visitor send as soon as the message before is acked,
// and returns acks a second.
func (b *bench) closedLoop(l *load, visitors []*peer) float64 {
	b.t.Helper()
	before := l.acked.Load()
	l.closed.Store(true)
	started := time.Now()
	for _, v := range visitors {
		l.next(v)
	}
	<-time.After(benchAckTime)
	acked, took := l.acked.Load()-before, time.Since(started)
	l.closed.Store(false)
	b.settle(l)
	return float64(acked) / took.Seconds()
}

// openLoop sends at a fixed rate whatever the answers, and returns the times
// from when each message was due to the agent's socket.
func (b *bench) openLoop(l *load, visitors []*peer, run int) []time.Duration {
	b.t.Helper()
	const n = int(benchRate * benchRateTime / time.Second)
	var wg sync.WaitGroup
	started := time.Now()
	for i := range n {
		due := started.Add(time.Duration(i) * time.Second / benchRate)
		<-time.After(time.Until(due))
		wg.Go(func() { l.send(visitors[i%len(visitors)], fmt.Sprintf("at%d-%d-%d", due.UnixNano(), run, i)) })
	}
	wg.Wait()
	b.settle(l)
	times := make([]time.Duration, 0, n)
	for range n {
		times = append(times, <-l.times)
	}
	return times
}
