package bus_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/testkit"
)

func fact(n int) bus.Msg {
	return bus.Msg{Subject: fmt.Sprintf("evt.test.fact.i%d", n%7), ID: fmt.Sprint("fact-", n), Data: fmt.Appendf(nil, `{"n":%d}`, n), Header: map[string]string{"ce-id": fmt.Sprint(n)}}
}

// publishAll publishes facts at the same time.
func publishAll(t testing.TB, g *bus.Group, from, to int) {
	t.Helper()
	var wg sync.WaitGroup
	for n := from; n < to; n++ {
		wg.Go(func() {
			if err := g.Publish(fact(n)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestGroupStoresEachOnce(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*bus.Bus{"one": testkit.Bus(t), "three": testkit.Cluster(t, 3).Bus()} {
		g := b.NewGroup()
		publishAll(t, g, 0, 1)
		publishAll(t, g, 0, 700)   // the first one again: its batch is refused and stored one by one
		publishAll(t, g, 650, 750) // fifty again
		state, err := b.StreamState(t.Context(), "EVENTS")
		require.NoError(t, err)
		require.EqualValues(t, 750, state.Msgs, name)
		for i := range 7 {
			list, err := b.Read(t.Context(), fact(i).Subject, 0, 1000)
			require.NoError(t, err)
			for _, m := range list {
				require.Equal(t, m.MsgID, "fact-"+m.Header["ce-id"])
				require.Equal(t, fmt.Sprintf(`{"n":%s}`, m.Header["ce-id"]), string(m.Data))
			}
		}
	}
}

// What is wrong with one is told to its caller alone.
func TestGroupRefusesOne(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t)
	g := b.NewGroup()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { publishAll(t, g, 0, 20) })
		wg.Go(func() {
			huge := fact(1)
			huge.ID, huge.Data = "huge", []byte(strings.Repeat("x", 9<<20))
			if err := g.Publish(huge); !errs.Is(err, errs.TooLarge) {
				t.Errorf("huge: %v", err)
			}
		})
	}
	wg.Wait()
	state, err := b.StreamState(t.Context(), "EVENTS")
	require.NoError(t, err)
	require.EqualValues(t, 20, state.Msgs)
	last := uint64(3)
	require.True(t, errs.Is(g.Publish(bus.Msg{Subject: "evt.test.fact.i", ID: "x", ExpectLast: &last}), errs.Invalid))
	require.True(t, errs.Is(g.Publish(bus.Msg{Subject: "evt.test.fact.i"}), errs.Invalid))
}

// In the order in which one caller publishes, it is stored.
func TestGroupKeepsTheOrderOfACaller(t *testing.T) {
	t.Parallel()
	const callers, each = 60, 15
	b := testkit.Bus(t)
	g := b.NewGroup()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := range each {
				m := bus.Msg{Subject: fmt.Sprintf("evt.test.order.i%d", caller), ID: fmt.Sprintf("%d-%d", caller, n), Data: fmt.Append(nil, n)}
				if err := g.Publish(m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for caller := range callers {
		list, err := b.Read(t.Context(), fmt.Sprintf("evt.test.order.i%d", caller), 0, 1000)
		require.NoError(t, err)
		require.Len(t, list, each)
		for n, m := range list {
			require.Equal(t, fmt.Sprint(n), string(m.Data))
		}
	}
}

// BenchmarkGroup stores facts synced, so many at a time, one by one and in
// groups.
func BenchmarkGroup(b *testing.B) {
	for _, at := range []int{1, 64, 256} {
		for _, way := range []string{"single", "group"} {
			b.Run(fmt.Sprintf("%s/%d", way, at), func(b *testing.B) {
				t := testkit.Bus(b)
				g := t.NewGroup()
				var wg sync.WaitGroup
				next := make(chan int)
				for range at {
					wg.Go(func() {
						for n := range next {
							var err error
							if way == "group" {
								err = g.Publish(fact(n))
							} else {
								_, err = t.Publish(b.Context(), fact(n))
							}
							if err != nil {
								b.Error(err)
							}
						}
					})
				}
				before := processorTime(b)
				b.ResetTimer()
				for n := range b.N {
					next <- n
				}
				close(next)
				wg.Wait()
				b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
			})
		}
	}
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
