package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// brokers are an embedded server and a cluster of three, which answer some
// retries differently.
func brokers() map[string]func(*testing.T) *bus.Bus {
	return map[string]func(*testing.T) *bus.Bus{
		"one replica":    func(t *testing.T) *bus.Bus { t.Helper(); return testkit.Bus(t) },
		"three replicas": func(t *testing.T) *bus.Bus { t.Helper(); return testkit.Cluster(t, 3).Bus() },
	}
}

func chatMsg(conv, id, text string) bus.Msg {
	return bus.Msg{Subject: event.ChatSubject(conv), ID: event.MessageID(conv, "visitor-v", id), Data: []byte(text)}
}

func expecting(m bus.Msg, last uint64) bus.Msg {
	m.ExpectLast = &last
	return m
}

func publish(t *testing.T, b *bus.Bus, m bus.Msg) bus.Ack {
	t.Helper()
	ack, err := b.Publish(t.Context(), m)
	require.NoError(t, err)
	return ack
}

func TestPublishStoresAnIDOnce(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			first := publish(t, b, chatMsg(conv, "c1", "hello"))
			require.Equal(t, bus.Ack{Stream: b.ChatStream(conv), Seq: first.Seq}, first)
			again := publish(t, b, chatMsg(conv, "c1", "hello"))
			require.Equal(t, bus.Ack{Stream: b.ChatStream(conv), Seq: first.Seq, Duplicate: true}, again)

			publish(t, b, bus.Msg{Subject: event.ChatSubject(conv), Data: []byte("without an id")})
			publish(t, b, bus.Msg{Subject: event.ChatSubject(conv), Data: []byte("without an id")})
			page, err := b.Read(t.Context(), event.ChatSubject(conv), 0, 10)
			require.NoError(t, err)
			require.Len(t, page, 3)
		})
	}
}

// A retry whose first try was stored, but whose answer was lost, carries the
// old expectation. One replica answers "wrong sequence", three "duplicate".
func TestRetryWithItsOldExpectationIsADuplicate(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			opened := publish(t, b, expecting(chatMsg(conv, "open", "opened"), 0))
			require.Equal(t, opened.Seq, publish(t, b, expecting(chatMsg(conv, "open", "opened"), 0)).Seq)

			assigned := publish(t, b, expecting(chatMsg(conv, "assign", "assigned"), opened.Seq))
			publish(t, b, chatMsg(conv, "c2", "somebody speaks meanwhile"))
			again := publish(t, b, expecting(chatMsg(conv, "assign", "assigned"), opened.Seq))
			require.Equal(t, assigned.Seq, again.Seq)
			require.True(t, again.Duplicate)
		})
	}
}

func TestWrongExpectationStoresNothing(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			first := publish(t, b, chatMsg(conv, "c1", "one"))
			second := publish(t, b, chatMsg(conv, "c2", "two"))
			for _, stale := range []uint64{0, first.Seq, second.Seq + 1} {
				_, err := b.Publish(t.Context(), expecting(chatMsg(conv, "c3", "three"), stale))
				var wrong *bus.WrongSequenceError
				require.ErrorAs(t, err, &wrong, "expecting %d", stale)
				require.Equal(t, stale, wrong.Expected) //nolint:testifylint // stale is what is expected of the error
			}
			last, err := b.Last(t.Context(), event.ChatSubject(conv))
			require.NoError(t, err)
			require.Equal(t, second.Seq, last.Seq)
			publish(t, b, expecting(chatMsg(conv, "c3", "three"), second.Seq))
		})
	}
}

func TestOneOfManyDecisionsWins(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			opened := publish(t, b, chatMsg(conv, "open", "opened"))
			const agents = 8
			results := make(chan error, agents)
			for i := range agents {
				go func() {
					_, err := b.Publish(t.Context(), expecting(chatMsg(conv, fmt.Sprint("accept", i), "assigned"), opened.Seq))
					results <- err
				}()
			}
			won := 0
			for range agents {
				err := <-results
				if err == nil {
					won++
					continue
				}
				var wrong *bus.WrongSequenceError
				require.ErrorAs(t, err, &wrong)
			}
			require.Equal(t, 1, won)
		})
	}
}

func TestPublishEvent(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	e := &event.Event{Conv: ids.New(), At: event.Now(), Kind: event.KindMessage, Note: true, Text: "between us", From: event.Actor{Kind: event.ActorAgent, ID: "a1", Name: "Ann"}}
	ack, err := b.PublishEvent(t.Context(), e, event.SenderKey(e.From), "c1", nil)
	require.NoError(t, err)
	require.Equal(t, ack.Seq, e.Seq)

	s, err := b.Get(t.Context(), ack.Stream, ack.Seq)
	require.NoError(t, err)
	require.Equal(t, event.KindMessage, s.Kind)
	require.True(t, s.Internal)
	require.Equal(t, "agent.a1", s.Actor)
	require.Equal(t, e.Conv+":agent-a1:c1", s.MsgID)
	got, err := event.Decode(e.Conv, s.Seq, s.Data)
	require.NoError(t, err)
	require.Equal(t, *e, got)
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	for name, c := range map[string]struct {
		msg  bus.Msg
		code errs.Code
	}{
		"above the stream's limit": {chatMsg(conv, "c1", strings.Repeat("x", event.MaxStored+1)), errs.TooLarge},
		"above the server's limit": {chatMsg(conv, "c2", strings.Repeat("x", 2<<20)), errs.TooLarge},
		"the broker's own header":  {bus.Msg{Subject: event.ChatSubject(conv), Header: map[string]string{"nats-ttl": "1s"}}, errs.Invalid},
		"no stream":                {bus.Msg{Subject: "nowhere.at.all", Data: []byte("x")}, errs.Busy},
	} {
		_, err := b.Publish(short(t), c.msg)
		require.Equal(t, c.code, errs.CodeOf(err), "%s: %v", name, err)
	}
	_, err := b.Last(t.Context(), event.ChatSubject(conv))
	require.True(t, errs.Is(err, errs.NotFound))
}

func TestFullStoreSaysBusy(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.MaxStore = 64 << 20 })
	conv, big := ids.New(), strings.Repeat("x", 60<<10)
	for i := range 200 {
		_, err := b.Publish(t.Context(), chatMsg(conv, fmt.Sprint(i), big))
		if err == nil {
			continue
		}
		e, ok := errors.AsType[*errs.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, errs.Busy, e.Code)
		require.NotZero(t, e.RetryAfter)
		first, err := b.First(t.Context(), event.ChatSubject(conv))
		require.NoError(t, err)
		require.EqualValues(t, 1, first.Seq, "a full stream must not drop old messages")
		return
	}
	t.Fatal("12 MB fit into a stream of 4 MB")
}

func TestPublishAsyncKeepsOrderAndAnswersOnce(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			const n = 500
			conv := ids.New()
			type answer struct {
				i   int
				ack bus.Ack
				err error
			}
			answers := make(chan answer, 2*n)
			for i := range n {
				require.NoError(t, b.PublishAsync(chatMsg(conv, fmt.Sprint(i), fmt.Sprint(i)), func(ack bus.Ack, err error) { answers <- answer{i, ack, err} }))
			}
			seqs := make([]uint64, n)
			for range n {
				a := <-answers
				require.NoError(t, a.err)
				require.Zero(t, seqs[a.i], "answered twice")
				seqs[a.i] = a.ack.Seq
			}
			require.IsIncreasing(t, seqs)
			page, err := b.Read(t.Context(), event.ChatSubject(conv), 0, n+1)
			require.NoError(t, err)
			require.Len(t, page, n)
			require.Empty(t, answers)
		})
	}
}

func TestPublishComesAfterWhatPublishAsyncTook(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			for i := range 200 {
				first := make(chan bus.Ack, 1)
				require.NoError(t, b.PublishAsync(chatMsg(conv, fmt.Sprintf("a%d", i), "first"), func(ack bus.Ack, err error) {
					assert.NoError(t, err)
					first <- ack
				}))
				second := publish(t, b, chatMsg(conv, fmt.Sprintf("b%d", i), "second"))
				require.Less(t, (<-first).Seq, second.Seq)
			}
		})
	}
}

func TestWithoutQuorumPublishesSayBusy(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 3)
	b := c.Bus()
	conv := ids.New()
	publish(t, b, chatMsg(conv, "before", "stored"))
	c.Stop(0)
	c.Stop(1)

	const limit = 4096
	answers := make(chan error, limit)
	refused := 0
	for i := range limit + 10 {
		err := b.PublishAsync(chatMsg(conv, fmt.Sprint(i), "x"), func(_ bus.Ack, err error) { answers <- err })
		if err != nil {
			require.True(t, errs.Is(err, errs.Busy))
			refused++
		}
	}
	require.Equal(t, 10, refused, "in flight are at most %d", limit)
	start := time.Now()
	_, err := b.Publish(t.Context(), chatMsg(conv, "sync", "x"))
	e, ok := errors.AsType[*errs.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, errs.Busy, e.Code)
	require.NotZero(t, e.RetryAfter)
	require.Greater(t, time.Since(start), 4*time.Second, "it tried")
	require.Less(t, time.Since(start), 20*time.Second, "5 s, on a machine that is not busy")
	for range limit {
		require.True(t, errs.Is(<-answers, errs.Busy))
	}
	require.Empty(t, answers, "done was called more than once")
	presence := event.Presence{Agent: "ann", State: event.PresenceOnline}
	require.True(t, errs.Is(b.SetPresence(t.Context(), presence), errs.Busy), "an agent who connects now is told to try again")

	c.Restart(0)
	c.Restart(1)
	c.WaitReady()
	require.Eventually(t, func() bool { _, err := b.Publish(t.Context(), chatMsg(conv, "after", "x")); return err == nil }, 20*time.Second, time.Millisecond)
}

// Leaders are stopped while eight writers publish; each message that was
// acknowledged is there once, and in the order of its writer.
func TestFailoverLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 3)
	b := c.Bus()
	const writers = 8
	convs := make([]string, writers)
	acked := make([]int, writers)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for w := range writers {
		convs[w] = ids.New()
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				for {
					_, err := b.Publish(t.Context(), chatMsg(convs[w], fmt.Sprint(i), fmt.Sprint(i)))
					if err == nil {
						acked[w]++
						break
					}
					if !errs.Is(err, errs.Busy) {
						t.Errorf("writer %d: %v", w, err)
						return
					}
				}
			}
		})
	}
	for range 2 {
		stopped := c.StreamLeader("CHAT_0")
		c.Stop(stopped)
		c.StreamLeader("CHAT_0")
		publish(t, b, chatMsg(ids.New(), "c", "someone is served while a server is away"))
		c.Restart(stopped)
		c.WaitReady()
	}
	cancel()
	wg.Wait()
	for w, conv := range convs {
		require.Positive(t, acked[w])
		var got []bus.Stored
		for after, more := uint64(0), true; more; {
			page, err := b.Read(t.Context(), event.ChatSubject(conv), after, 1000)
			require.NoError(t, err)
			got = append(got, page...)
			if more = len(page) == 1000; more {
				after = page[len(page)-1].Seq
			}
		}
		require.Len(t, got, acked[w], "writer %d", w)
		for i, s := range got {
			require.Equal(t, fmt.Sprint(i), string(s.Data))
		}
	}
}
