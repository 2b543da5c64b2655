package bus_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

type seen struct {
	conv string
	s    bus.Stored
}

// everyServer runs a test on the embedded server, where a sink hears everything
// and picks, and on an external one, where each conversation is subscribed to.
func everyServer(t *testing.T, test func(*testing.T, *bus.Bus)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, testkit.Bus(t, testkit.RelaxedBus))
	})
	t.Run("external", func(t *testing.T) {
		t.Parallel()
		test(t, testkit.Cluster(t, 1).Bus())
	})
}

func TestLiveEventsAreChained(t *testing.T) {
	t.Parallel()
	everyServer(t, liveEventsAreChained)
}

func liveEventsAreChained(t *testing.T, b *bus.Bus) {
	t.Helper()
	const convs, each = 20, 10
	got := make(chan seen, convs*each)
	sink := b.NewLiveSink(bus.LiveConfig{OnEvent: func(conv string, s bus.Stored) { got <- seen{conv, s} }})
	t.Cleanup(sink.Close)
	all := make([]string, convs)
	for i := range all {
		all[i] = ids.New()
		sub, err := b.SubscribeLive(all[i], sink)
		require.NoError(t, err)
		t.Cleanup(sub.Unsubscribe)
	}
	publish(t, b, chatMsg(ids.New(), "c", "nobody reads this one"))
	for i := range each {
		for _, conv := range all {
			publish(t, b, chatMsg(conv, fmt.Sprint(i), fmt.Sprint(i)))
		}
	}
	last := map[string]uint64{}
	for range convs * each {
		e := <-got
		require.Equal(t, event.ChatSubject(e.conv), e.s.Subject)
		require.Equal(t, last[e.conv], e.s.Last, "the previous event of the conversation")
		require.Greater(t, e.s.Seq, e.s.Last)
		last[e.conv] = e.s.Seq
	}
	require.Empty(t, got)
}

func TestLiveEndsWithUnsubscribe(t *testing.T) {
	t.Parallel()
	everyServer(t, liveEndsWithUnsubscribe)
}

func liveEndsWithUnsubscribe(t *testing.T, b *bus.Bus) {
	t.Helper()
	got := make(chan seen, 10)
	sink := b.NewLiveSink(bus.LiveConfig{OnEvent: func(conv string, s bus.Stored) { got <- seen{conv, s} }})
	t.Cleanup(sink.Close)
	left, stays := ids.New(), ids.New()
	sub, err := b.SubscribeLive(left, sink)
	require.NoError(t, err)
	_, err = b.SubscribeLive(stays, sink)
	require.NoError(t, err)
	sub.Unsubscribe()
	sub.Unsubscribe()
	publish(t, b, chatMsg(left, "c", "x"))
	publish(t, b, chatMsg(stays, "c", "x"))
	require.Equal(t, stays, (<-got).conv)
	require.Empty(t, got)
}

// A reader that falls behind is told, and what it then sees shows the hole.
func TestSlowReaderIsToldOfTheGap(t *testing.T) {
	t.Parallel()
	everyServer(t, slowReaderIsToldOfTheGap)
}

func slowReaderIsToldOfTheGap(t *testing.T, b *bus.Bus) {
	t.Helper()
	conv := ids.New()
	gaps := make(chan string, 10)
	got := make(chan bus.Stored) // unbuffered: the sink's goroutine waits
	stop := make(chan struct{})
	sink := b.NewLiveSink(bus.LiveConfig{Lanes: 1, Buffer: 2, OnGap: func(conv string) { gaps <- conv }, OnEvent: func(_ string, s bus.Stored) {
		select {
		case got <- s:
		case <-stop:
		}
	}})
	t.Cleanup(sink.Close)
	t.Cleanup(func() { close(stop) })
	_, err := b.SubscribeLive(conv, sink)
	require.NoError(t, err)
	for i := range 10 {
		publish(t, b, chatMsg(conv, fmt.Sprint(i), "x"))
	}
	select {
	case c := <-gaps:
		require.Equal(t, conv, c)
	case <-time.After(5 * time.Second):
		t.Fatal("the gap was not reported")
	}
	require.Positive(t, b.Stats().SlowReaders)

	// It reads again, and fills what s.Last shows to be missing.
	var known []uint64
	holes, have := 0, uint64(0)
	take := func(s bus.Stored) {
		if s.Last != have {
			holes++
			missed, err := b.Read(t.Context(), event.ChatSubject(conv), have, 100)
			require.NoError(t, err)
			for _, m := range missed {
				if m.Seq < s.Seq {
					known = append(known, m.Seq)
				}
			}
		}
		known = append(known, s.Seq)
		have = s.Seq
	}
	last := uint64(0)
	for i := 0; have == 0 || have < last; i++ {
		last = publish(t, b, chatMsg(conv, fmt.Sprint("after", i), "x")).Seq
		for more := true; more && have < last; {
			select {
			case s := <-got:
				take(s)
			case <-time.After(300 * time.Millisecond): // the last one was dropped too
				more = false
			}
		}
	}
	require.Positive(t, holes)
	require.Len(t, known, int(last), "the conversation has its stream to itself")
	require.IsIncreasing(t, known)
}

func TestLostConnectionIsAGap(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 1)
	b := c.Bus()
	conv := ids.New()
	gaps, got := make(chan string, 10), make(chan bus.Stored, 10)
	sink := b.NewLiveSink(bus.LiveConfig{OnGap: func(conv string) { gaps <- conv }, OnEvent: func(_ string, s bus.Stored) { got <- s }})
	t.Cleanup(sink.Close)
	_, err := b.SubscribeLive(conv, sink)
	require.NoError(t, err)
	publish(t, b, chatMsg(conv, "c1", "x"))
	<-got
	require.Empty(t, gaps)
	c.Stop(0)
	c.Restart(0)
	select {
	case lost := <-gaps:
		require.Equal(t, conv, lost)
	case <-time.After(10 * time.Second):
		t.Fatal("the lost connection was not reported")
	}
	require.Eventually(t, func() bool {
		ack, err := b.Publish(t.Context(), chatMsg(conv, ids.New(), "x"))
		if err != nil {
			return false
		}
		for {
			select {
			case s := <-got:
				if s.Seq == ack.Seq {
					return true
				}
			case <-time.After(200 * time.Millisecond):
				return false
			}
		}
	}, 20*time.Second, time.Millisecond, "live events come again")
}

func TestEphemeralReachesSinksAndSubscribers(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	typing := make(chan event.Ephemeral, 1)
	sink := b.NewLiveSink(bus.LiveConfig{OnEphemeral: func(c string, data []byte) {
		var e event.Ephemeral
		if err := json.Unmarshal(data, &e); err == nil && c == conv {
			typing <- e
		}
	}})
	t.Cleanup(sink.Close)
	sub, err := b.SubscribeEphemeral(conv, sink)
	require.NoError(t, err)
	t.Cleanup(sub.Unsubscribe)
	want := event.Ephemeral{Type: "typing", Conv: conv, On: true}
	require.NoError(t, b.Ephemeral(event.EphemeralSubject(conv), want))
	require.Equal(t, want, <-typing)

	notices := make(chan string, 1)
	all, err := b.Subscribe(event.AgentAll, func(subject string, data []byte) { notices <- subject + string(data) })
	require.NoError(t, err)
	t.Cleanup(all.Unsubscribe)
	require.NoError(t, b.Ephemeral(event.AgentSubject("a1"), event.Notice{Type: event.NoticeRevoked, Agent: "a1"}))
	require.Equal(t, `agent.a1{"type":"revoked","agent":"a1"}`, <-notices)
	require.Error(t, b.Ephemeral("eph.x", func() {}))
}

func TestLiveSubscriptionsAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	b := testkit.Bus(t, testkit.RelaxedBus)
	sink := b.NewLiveSink(bus.LiveConfig{})
	t.Cleanup(sink.Close)
	const n = 10_000
	convs := make([]string, n)
	for i := range convs {
		convs[i] = ids.New()
	}
	subs := make([]*bus.Sub, n)
	bytesBefore := heap()
	for i, conv := range convs {
		var err error
		subs[i], err = b.SubscribeLive(conv, sink)
		require.NoError(t, err)
	}
	used := float64(heap()-bytesBefore) / n
	t.Logf("%.0f bytes a subscription, server's side included", used)
	require.Less(t, used, 1500.0)
	for _, s := range subs {
		s.Unsubscribe()
	}
}

// heap is what is alive, in bytes.
func heap() int64 {
	var m runtime.MemStats
	for range 3 { // what has a finaliser goes with the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
