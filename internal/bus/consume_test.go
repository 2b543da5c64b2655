package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// consume runs a consumer until the test, or the returned function, ends it.
func consume(t *testing.T, b *bus.Bus, c bus.Consumer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Consume(ctx, c) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-done)
		})
	}
	t.Cleanup(stop)
	return stop
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// bothWays runs a test with a durable consumer and with a pinned one.
func bothWays(t *testing.T, test func(t *testing.T, pinned bool)) {
	t.Helper()
	for name, pinned := range map[string]bool{"durable": false, "pinned": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, pinned)
		})
	}
}

var quick = []time.Duration{10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond}

func TestConsumeKeepsTheOrderOfAConversation(t *testing.T) {
	t.Parallel()
	bothWays(t, consumeKeepsTheOrderOfAConversation)
}

func consumeKeepsTheOrderOfAConversation(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	const convs, each = 20, 25
	var all []string
	for range convs {
		all = append(all, ids.New())
	}
	for i := range each {
		for _, conv := range all {
			publish(t, b, chatMsg(conv, fmt.Sprint(i), fmt.Sprint(i)))
		}
	}
	var mu sync.Mutex
	got := map[string][]string{}
	running, most := atomic.Int32{}, atomic.Int32{}
	done := make(chan struct{}, convs*each)
	failed := map[string]bool{}
	consume(t, b, bus.Consumer{Name: "test-order", Streams: b.ChatStreams(), Pinned: pinned, Retry: quick, Handle: func(_ context.Context, d bus.Delivery) error {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		time.AfterFunc(time.Millisecond, func() {})
		mu.Lock()
		defer mu.Unlock()
		if n := fmt.Sprint(d.Subject, string(d.Data)); string(d.Data) == "7" && !failed[n] {
			failed[n] = true
			return errors.New("the first try of each conversation's message 7 fails")
		}
		got[event.ChatConversation(d.Subject)] = append(got[event.ChatConversation(d.Subject)], string(d.Data))
		done <- struct{}{}
		return nil
	}})
	for range convs * each {
		receive(t, done)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, got, convs)
	for conv, order := range got {
		require.Len(t, order, each)
		for i, v := range order {
			require.Equal(t, fmt.Sprint(i), v, "conversation %s, although message 7 failed once", conv)
		}
	}
}

func TestConversationsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	bothWays(t, conversationsDoNotWaitForEachOther)
}

func conversationsDoNotWaitForEachOther(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	stuck, free := ids.New(), ids.New()
	publish(t, b, chatMsg(stuck, "1", "wait"))
	for i := range 50 {
		publish(t, b, chatMsg(free, fmt.Sprint(i), "go"))
	}
	release := make(chan struct{})
	done := make(chan string, 100)
	consume(t, b, bus.Consumer{Name: "test-free", Streams: b.ChatStreams(), Pinned: pinned, Handle: func(_ context.Context, d bus.Delivery) error {
		if string(d.Data) == "wait" {
			<-release
		}
		done <- string(d.Data)
		return nil
	}})
	for range 50 {
		require.Equal(t, "go", receive(t, done))
	}
	close(release)
	require.Equal(t, "wait", receive(t, done))
}

func TestConsumeSettlesByTheResult(t *testing.T) {
	t.Parallel()
	bothWays(t, consumeSettlesByTheResult)
}

func consumeSettlesByTheResult(t *testing.T, pinned bool) {
	t.Helper()
	for name, c := range map[string]struct {
		result func(try int) error // of the try, counted from 1
		tries  int
		dead   string // reason, "" when it is acknowledged
	}{
		"success":         {func(int) error { return nil }, 1, ""},
		"third try":       {func(try int) error { return failUntil(3, try, errors.New("not yet")) }, 3, ""},
		"always fails":    {func(int) error { return errors.New("broken for good") }, 5, "broken for good"},
		"invalid at once": {func(int) error { return errs.New(errs.Invalid, "not an event") }, 1, "invalid: not an event"},
		"panics":          {func(int) error { panic("on purpose") }, 5, "panic: on purpose"},
		"busy is free":    {func(try int) error { return failUntil(9, try, errs.New(errs.Busy, "database away")) }, 9, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := testkit.Bus(t, testkit.RelaxedBus)
			conv := ids.New()
			msg := chatMsg(conv, "c1", "body")
			msg.Header = map[string]string{event.HeaderKind: "message"}
			ack := publish(t, b, msg)
			publish(t, b, chatMsg(conv, "c2", "behind"))
			var tries atomic.Int32
			behind := make(chan int, 1)
			stop := consume(t, b, bus.Consumer{Name: "mod-settle", Streams: b.ChatStreams(), Pinned: pinned, Retry: quick, Handle: func(_ context.Context, d bus.Delivery) error {
				if string(d.Data) == "behind" {
					behind <- int(tries.Load())
					return nil
				}
				try := int(tries.Add(1))
				if d.Delivered != try {
					t.Errorf("try %d is told %d", try, d.Delivered)
				}
				return c.result(try)
			}})
			require.Equal(t, c.tries, receive(t, behind), "what is behind waits until the message is settled")
			stop()
			letters, err := b.DeadLetters(t.Context(), "mod", 10)
			require.NoError(t, err)
			if c.dead == "" {
				require.Empty(t, letters)
			} else {
				require.Len(t, letters, 1)
				l := letters[0]
				require.Equal(t, c.dead, l.Reason)
				require.Equal(t, "mod", l.Module)
				require.Equal(t, "mod-settle", l.Consumer)
				require.Equal(t, c.tries, l.Tries)
				require.Equal(t, ack.Stream, l.Stream)
				require.Equal(t, ack.Seq, l.Message.Seq)
				require.Equal(t, msg.Subject, l.Message.Subject)
				require.Equal(t, msg.ID, l.Message.MsgID)
				require.Equal(t, event.KindMessage, l.Message.Kind)
				require.Equal(t, "body", string(l.Message.Data))
			}
			require.Eventually(t, func() bool { return unsettled(b, "mod-settle") == 0 }, 5*time.Second, 10*time.Millisecond)
		})
	}
}

func failUntil(good, try int, err error) error {
	if try < good {
		return err
	}
	return nil
}

// unsettled counts what the server holds for a consumer.
func unsettled(b *bus.Bus, name string) (n int) {
	for _, c := range b.Stats().Consumers {
		if c.Name == name {
			n += c.AckPending + int(c.Pending)
		}
	}
	return n
}

func TestDeadLettersAreReplayedAndDropped(t *testing.T) {
	t.Parallel()
	bothWays(t, deadLettersAreReplayedAndDropped)
}

func deadLettersAreReplayedAndDropped(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	publish(t, b, chatMsg(conv, "c1", "one"))
	publish(t, b, chatMsg(conv, "c2", "two"))
	var repaired atomic.Bool
	handled := make(chan bus.Delivery, 10)
	consumer := bus.Consumer{Name: "mod-replay", Streams: b.ChatStreams(), Pinned: pinned, Retry: []time.Duration{}, Handle: func(_ context.Context, d bus.Delivery) error {
		if !repaired.Load() {
			return errors.New("a bug")
		}
		handled <- d
		return nil
	}}
	stop := consume(t, b, consumer)
	var letters []bus.DeadLetter
	require.Eventually(t, func() bool {
		var err error
		letters, err = b.DeadLetters(t.Context(), "", 10)
		return err == nil && len(letters) == 2
	}, 10*time.Second, 10*time.Millisecond)

	err := b.ReplayDeadLetter(t.Context(), letters[0].Seq)
	require.ErrorContains(t, err, "a bug")
	repaired.Store(true)
	require.NoError(t, b.ReplayDeadLetter(t.Context(), letters[0].Seq))
	d := receive(t, handled)
	require.Equal(t, "one", string(d.Data))
	require.Equal(t, letters[0].Message.Seq, d.Seq)
	require.Equal(t, letters[0].Message.Time, d.Time)
	err = b.ReplayDeadLetter(t.Context(), letters[0].Seq)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)

	stop()
	err = b.ReplayDeadLetter(t.Context(), letters[1].Seq)
	require.True(t, errs.Is(err, errs.Busy), "nobody runs the consumer: %v", err)
	require.NoError(t, b.DropDeadLetter(t.Context(), letters[1].Seq))
	err = b.DropDeadLetter(t.Context(), letters[1].Seq)
	require.True(t, errs.Is(err, errs.NotFound))
	left, err := b.DeadLetters(t.Context(), "mod", 10)
	require.NoError(t, err)
	require.Empty(t, left)
	page, err := b.Read(t.Context(), event.ChatSubject(conv), 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 2, "the conversation's log is untouched")
}

func TestConsumerGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	bothWays(t, consumerGoesOnWhereItWas)
}

func consumerGoesOnWhereItWas(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	got := make(chan string, 100)
	c := bus.Consumer{Name: "test-resume", Streams: b.ChatStreams(), Pinned: pinned, Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }}
	publish(t, b, chatMsg(conv, "1", "one"))
	stop := consume(t, b, c)
	require.Equal(t, "one", receive(t, got))
	stop()
	publish(t, b, chatMsg(conv, "2", "two"))
	consume(t, b, c)
	require.Equal(t, "two", receive(t, got))
}

func TestStoppingGivesBackWhatHasNotStarted(t *testing.T) {
	t.Parallel()
	bothWays(t, stoppingGivesBackWhatHasNotStarted)
}

func stoppingGivesBackWhatHasNotStarted(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	publish(t, b, chatMsg(conv, "1", "one"))
	publish(t, b, chatMsg(conv, "2", "two"))
	started, release := make(chan struct{}, 1), make(chan struct{})
	c := bus.Consumer{Name: "test-stop", Streams: b.ChatStreams(), Pinned: pinned, AckWait: time.Minute}
	c.Handle = func(ctx context.Context, _ bus.Delivery) error {
		started <- struct{}{}
		<-release
		return ctx.Err()
	}
	stop := consume(t, b, c)
	receive(t, started)
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	stop() // waits for the first, whose context has not ended
	got := make(chan string, 10)
	c.Handle = func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }
	consume(t, b, c)
	require.Equal(t, "two", receive(t, got), "at once, not after AckWait")
	require.Eventually(t, func() bool { return unsettled(b, "test-stop") == 0 }, 5*time.Second, 10*time.Millisecond)
	require.Empty(t, got)
}

func TestLongHandlerKeepsItsMessage(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	publish(t, b, chatMsg(ids.New(), "1", "long"))
	var runs atomic.Int32
	done := make(chan struct{}, 10)
	c := bus.Consumer{Name: "test-long", Streams: b.ChatStreams(), AckWait: time.Second, Handle: func(context.Context, bus.Delivery) error {
		runs.Add(1)
		<-time.After(3 * time.Second)
		done <- struct{}{}
		return nil
	}}
	consume(t, b, c)
	consume(t, b, c) // another process, which would get it
	receive(t, done)
	require.Eventually(t, func() bool { return unsettled(b, "test-long") == 0 }, 5*time.Second, 10*time.Millisecond)
	require.EqualValues(t, 1, runs.Load())
}

func TestHandlerTimesOut(t *testing.T) {
	t.Parallel()
	bothWays(t, handlerTimesOut)
}

func handlerTimesOut(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	publish(t, b, chatMsg(ids.New(), "1", "x"))
	results := make(chan error, 10)
	consume(t, b, bus.Consumer{Name: "test-timeout", Streams: b.ChatStreams(), Pinned: pinned, Timeout: 50 * time.Millisecond, Retry: quick[:1], Handle: func(ctx context.Context, _ bus.Delivery) error {
		<-ctx.Done()
		results <- ctx.Err()
		return ctx.Err()
	}})
	require.ErrorIs(t, receive(t, results), context.DeadlineExceeded)
	require.ErrorIs(t, receive(t, results), context.DeadlineExceeded)
	require.Eventually(t, func() bool {
		letters, err := b.DeadLetters(t.Context(), "test", 10)
		return err == nil && len(letters) == 1
	}, 5*time.Second, 10*time.Millisecond)
}

func TestDeletedConsumerComesBackWhereItWas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/nats"
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Listen, c.Shards = dir, "127.0.0.1:0", 1 })
	conv := ids.New()
	got := make(chan string, 100)
	consume(t, b, bus.Consumer{Name: "test-deleted", Streams: b.ChatStreams(), Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }})
	publish(t, b, chatMsg(conv, "1", "one"))
	require.Equal(t, "one", receive(t, got))
	js, err := jetstream.New(connectOperator(t, b, dir))
	require.NoError(t, err)
	require.NoError(t, js.DeleteConsumer(t.Context(), "CHAT_0", "test-deleted"))
	publish(t, b, chatMsg(conv, "2", "two"))
	require.Equal(t, "two", receive(t, got))
	require.Empty(t, got, "what was handled does not come again")
}

func TestConsumeFromNowAndFilter(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	publishEvt := func(fact string) {
		publish(t, b, bus.Msg{Subject: event.PublicSubject("a", fact)})
		publish(t, b, bus.Msg{Subject: event.PublicSubject("b", fact)})
	}
	publishEvt("old")
	got := make(chan string, 10)
	consume(t, b, bus.Consumer{Name: "test-now", Streams: []string{"EVENTS"}, Filter: "evt.a.>", FromNow: true, Handle: func(_ context.Context, d bus.Delivery) error { got <- d.Subject; return nil }})
	require.Eventually(t, func() bool { return len(b.Stats().Consumers) == 1 }, 5*time.Second, time.Millisecond)
	publishEvt("new")
	require.Equal(t, "evt.a.new", receive(t, got))
	require.Empty(t, got)
}

func TestConsumeRefusesMistakes(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	handle := func(context.Context, bus.Delivery) error { return nil }
	for name, c := range map[string]bus.Consumer{
		"no name":    {Streams: b.ChatStreams(), Handle: handle},
		"a dot":      {Name: "a.b", Streams: b.ChatStreams(), Handle: handle},
		"no streams": {Name: "a-b", Handle: handle},
		"no handler": {Name: "a-b", Streams: b.ChatStreams()},
		"no stream":  {Name: "a-b", Streams: []string{"NONE"}, Handle: handle},
	} {
		require.Error(t, b.Consume(t.Context(), c), name)
	}
}

// A server that dies takes pulls and deliveries with it; the consumer goes on.
func TestConsumerSurvivesLostServers(t *testing.T) {
	t.Parallel()
	bothWays(t, consumerSurvivesLostServers)
}

func consumerSurvivesLostServers(t *testing.T, pinned bool) {
	t.Helper()
	c := testkit.Cluster(t, 3)
	b := c.Bus()
	var mu sync.Mutex
	handled := map[string]bool{}
	consume(t, b, bus.Consumer{Name: "test-survive", Streams: b.ChatStreams(), Pinned: pinned, Handle: func(_ context.Context, d bus.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		handled[d.MsgID] = true
		return nil
	}})
	conv := ids.New()
	sent := 0
	send := func() {
		for range 20 {
			require.Eventually(t, func() bool { _, err := b.Publish(t.Context(), chatMsg(conv, fmt.Sprint(sent), "x")); return err == nil }, 20*time.Second, time.Millisecond)
			sent++
		}
	}
	all := func() bool { mu.Lock(); defer mu.Unlock(); return len(handled) == sent }
	send()
	require.Eventually(t, all, 10*time.Second, 10*time.Millisecond)
	for range 2 {
		i := c.StreamLeader(b.ChatStream(conv))
		c.Stop(i)
		send()
		require.Eventually(t, all, 20*time.Second, 10*time.Millisecond, "while server %d is away", i)
		c.Restart(i)
		c.WaitReady()
	}
}

func TestConsumerSkipsOtherKinds(t *testing.T) {
	t.Parallel()
	bothWays(t, consumerSkipsOtherKinds)
}

func consumerSkipsOtherKinds(t *testing.T, pinned bool) {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	conv := ids.New()
	for i, kind := range []event.Kind{event.KindMessage, event.KindBot, "", event.KindHandoff, event.KindMessage} {
		m := chatMsg(conv, fmt.Sprint(i), fmt.Sprint(i))
		if kind != "" {
			m.Header = map[string]string{event.HeaderKind: string(kind)}
		}
		publish(t, b, m)
	}
	got := make(chan string, 10)
	consume(t, b, bus.Consumer{
		Name: "test-kinds", Streams: b.ChatStreams(), Pinned: pinned, Kinds: func(k event.Kind) bool { return k == event.KindHandoff },
		Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil },
	})
	require.Equal(t, "2", receive(t, got), "what has no kind should not be there, so it is looked at")
	require.Equal(t, "3", receive(t, got))
	require.Eventually(t, func() bool { return unsettled(b, "test-kinds") == 0 }, 5*time.Second, 10*time.Millisecond)
	require.Empty(t, got)
}
