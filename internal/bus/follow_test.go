package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestPinnedConsumerRunsInOneProcess(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	conv := ids.New()
	got, turns := make(chan string, 100), make(chan uint64, 100)
	start := func(process string) (stop func()) {
		return consume(t, b, bus.Consumer{Name: "test-pinned", Streams: b.ChatStreams(), Pinned: true, Handle: func(_ context.Context, d bus.Delivery) error {
			turns <- d.Turn
			got <- process
			return nil
		}})
	}
	stopFirst := start("first")
	publish(t, b, chatMsg(conv, "0", "x"))
	require.Equal(t, "first", receive(t, got))
	start("second")
	for i := range 50 {
		publish(t, b, chatMsg(conv, fmt.Sprint("a", i), "x"))
		require.Equal(t, "first", receive(t, got))
	}
	turn := <-turns
	for range 50 {
		require.Equal(t, turn, <-turns, "one process that sees everything is in one turn")
	}
	stopFirst()
	publish(t, b, chatMsg(conv, "b", "x"))
	require.Equal(t, "second", receive(t, got), "takes over")
}

// What a process handled without saying so is handled again by the next one,
// and what it has said is not.
func TestPinnedPositionSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	conv := ids.New()
	open := func() *bus.Bus {
		b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Relaxed: true, Shards: 1})
		require.NoError(t, err)
		return b
	}
	got := make(chan string, 100)
	c := bus.Consumer{Name: "test-position", Streams: []string{"CHAT_0"}, Pinned: true, Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }}
	b := open()
	stop := consume(t, b, c)
	publish(t, b, chatMsg(conv, "1", "one"))
	require.Equal(t, "one", receive(t, got))
	stop()
	publish(t, b, chatMsg(conv, "2", "two"))
	b.Close()
	b = open()
	t.Cleanup(b.Close)
	stop = consume(t, b, c)
	require.Equal(t, "two", receive(t, got))
	stop()
	require.Empty(t, got)
	survey, err := b.Survey(t.Context())
	require.NoError(t, err)
	require.Contains(t, survey.Consumers, bus.ConsumerStats{Stream: "CHAT_0", Name: "test-position"})
}

// A consumer that was a broker's durable in an earlier version goes on where
// that one was.
func TestPinnedTakesOverFromADurable(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	conv := ids.New()
	got := make(chan string, 100)
	c := bus.Consumer{Name: "test-adopt", Streams: b.ChatStreams(), Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }}
	publish(t, b, chatMsg(conv, "1", "one"))
	stop := consume(t, b, c)
	require.Equal(t, "one", receive(t, got))
	require.Eventually(t, func() bool { return unsettled(b, c.Name) == 0 }, 5*time.Second, 10*time.Millisecond)
	stop()
	publish(t, b, chatMsg(conv, "2", "two"))
	c.Pinned = true
	consume(t, b, c)
	require.Equal(t, "two", receive(t, got))
	require.Empty(t, got)
	require.Len(t, b.Stats().Consumers, 1, "the durable is gone")
}

// One conversation that waits does not stop the others, however many messages
// they have, and what is behind the position is not lost.
func TestPinnedPositionWaitsForWhatFails(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	stuck, free := ids.New(), ids.New()
	publish(t, b, chatMsg(stuck, "1", "stuck"))
	const many = 200
	for i := range many {
		publish(t, b, chatMsg(free, fmt.Sprint(i), "free"))
	}
	got := make(chan string, 2*many)
	c := bus.Consumer{Name: "test-waits", Streams: b.ChatStreams(), Pinned: true, MaxAckPending: 10, Retry: []time.Duration{time.Hour}}
	c.Handle = func(_ context.Context, d bus.Delivery) error {
		if string(d.Data) == "stuck" {
			return errors.New("not now")
		}
		got <- string(d.Data)
		return nil
	}
	stop := consume(t, b, c)
	for range many {
		require.Equal(t, "free", receive(t, got))
	}
	stop()
	c.Handle = func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }
	consume(t, b, c)
	seen := map[string]int{}
	for range many + 1 {
		seen[receive(t, got)]++
	}
	require.Equal(t, map[string]int{"stuck": 1, "free": many}, seen, "handled again from the one that was not settled")
}

// Two processes share what a consumer delivers. Within a turn a process has seen
// everything; what the other one was given begins a new turn.
func TestTurnsHaveNoHoles(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	const messages = 200
	type seen struct {
		process int
		d       bus.Delivery
	}
	got := make(chan seen, messages)
	for process := range 2 {
		consume(t, b, bus.Consumer{Name: "test-turns", Streams: b.ChatStreams(), MaxAckPending: 4, Handle: func(_ context.Context, d bus.Delivery) error {
			got <- seen{process, d}
			return nil
		}})
	}
	conv := ids.New()
	for i := range messages {
		publish(t, b, chatMsg(conv, fmt.Sprint(i), "x"))
	}
	var last [2]bus.Delivery
	sameTurn := 0
	for range messages {
		s := receive(t, got)
		require.NotZero(t, s.d.Turn)
		if before := last[s.process]; before.Turn == s.d.Turn {
			sameTurn++
			require.Equal(t, before.Seq+1, s.d.Seq, "a hole within turn %d", s.d.Turn)
		}
		last[s.process] = s.d
	}
	t.Logf("%d of %d deliveries went on with a turn", sameTurn, messages)
}

// However often it is started while nothing happens, the next message is
// handled.
func TestQuietStartsAreNoCrashes(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = 1 })
	conv := ids.New()
	got := make(chan string, 100)
	c := bus.Consumer{Name: "test-quiet", Streams: b.ChatStreams(), Pinned: true, Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }}
	publish(t, b, chatMsg(conv, "1", "one"))
	for range 25 {
		stop := consume(t, b, c)
		require.Eventually(t, func() bool { return len(b.Stats().Consumers) == 1 }, 10*time.Second, time.Millisecond)
		stop()
	}
	publish(t, b, chatMsg(conv, "2", "two"))
	consume(t, b, c)
	require.Equal(t, "one", receive(t, got))
	require.Equal(t, "two", receive(t, got))
}

// A message that no process has lived to settle becomes a dead letter, and the
// consumer goes on behind it.
func TestMessageThatEndsProcessesIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/nats"
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Listen, c.Shards = dir, "127.0.0.1:0", 1 })
	conv := ids.New()
	publish(t, b, chatMsg(conv, "1", "deadly"))
	publish(t, b, chatMsg(conv, "2", "behind"))
	js, err := jetstream.New(connectOperator(t, b, dir))
	require.NoError(t, err)
	positions, err := js.KeyValue(t.Context(), "positions")
	require.NoError(t, err)
	_, err = positions.PutString(t.Context(), "mod-deadly.CHAT_0", `{"seq":0,"starts":20}`) // as twenty processes have left it
	require.NoError(t, err)
	got := make(chan string, 10)
	consume(t, b, bus.Consumer{Name: "mod-deadly", Streams: b.ChatStreams(), Pinned: true, Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil }})
	require.Equal(t, "behind", receive(t, got))
	letters, err := b.DeadLetters(t.Context(), "mod", 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, "deadly", string(letters[0].Message.Data))
	require.Contains(t, letters[0].Reason, bus.DeadLetterReasonCrash)
}
