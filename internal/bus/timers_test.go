package bus_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/testkit"
)

type fired struct {
	id, data string
	at       time.Time
}

func onDue(t *testing.T, b *bus.Bus, kind string) <-chan fired {
	t.Helper()
	out := make(chan fired, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.OnDue(ctx, "test-"+kind, kind, func(_ context.Context, id string, data []byte) error {
			out <- fired{id, string(data), time.Now()}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return out
}

func TestTimersAreNeverEarly(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	due := onDue(t, b, "sla")
	const n = 50
	want := map[string]time.Time{}
	for i := range n {
		id := fmt.Sprint("t", i)
		want[id] = time.Now().Add(time.Duration(100+37*i) * time.Millisecond)
		require.NoError(t, b.Schedule(t.Context(), "sla", id, want[id], []byte(id)))
	}
	for range n {
		f := receive(t, due)
		require.Equal(t, f.id, f.data)
		at, ok := want[f.id]
		require.True(t, ok, "%s fired twice or was never set", f.id)
		delete(want, f.id)
		require.False(t, f.at.Before(at), "%s fired %s early", f.id, at.Sub(f.at))
		require.Less(t, f.at.Sub(at), 2*time.Second)
	}
}

func TestTimersAreReplacedAndCancelled(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	due, other := onDue(t, b, "snooze"), onDue(t, b, "other")
	ctx, now := t.Context(), time.Now()
	require.NoError(t, b.Schedule(ctx, "snooze", "moved", now.Add(300*time.Millisecond), []byte("old")))
	require.NoError(t, b.Schedule(ctx, "snooze", "moved", now.Add(1500*time.Millisecond), []byte("new")))
	require.NoError(t, b.Schedule(ctx, "snooze", "sooner", now.Add(time.Hour), []byte("old")))
	require.NoError(t, b.Schedule(ctx, "snooze", "sooner", now.Add(600*time.Millisecond), []byte("new")))
	require.NoError(t, b.Schedule(ctx, "snooze", "gone", now.Add(400*time.Millisecond), nil))
	require.NoError(t, b.Schedule(ctx, "snooze", "past", now.Add(-time.Hour), []byte("new")))
	require.NoError(t, b.Cancel(ctx, "snooze", "gone"))
	require.NoError(t, b.Cancel(ctx, "snooze", "never-set"))
	for _, id := range []string{"past", "sooner", "moved"} {
		f := receive(t, due)
		require.Equal(t, id, f.id)
		require.Equal(t, "new", f.data)
	}
	require.NoError(t, b.Schedule(ctx, "other", "x", now, nil))
	require.Equal(t, "x", receive(t, other).id)
	require.Empty(t, due)
	for _, bad := range []string{"", "a.b", "*", "a b", ">"} {
		require.True(t, errs.Is(b.Schedule(ctx, "kind", bad, now, nil), errs.Invalid), bad)
		require.True(t, errs.Is(b.Cancel(ctx, bad, "id"), errs.Invalid), bad)
	}
}

func TestTimersSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir})
	require.NoError(t, err)
	now := time.Now()
	require.NoError(t, b.Schedule(t.Context(), "sla", "while-down", now.Add(200*time.Millisecond), nil))
	require.NoError(t, b.Schedule(t.Context(), "sla", "later", now.Add(1500*time.Millisecond), nil))
	b.Close()
	<-time.After(300 * time.Millisecond)
	b = testkit.Bus(t, func(c *bus.Config) { c.Dir = dir })
	due := onDue(t, b, "sla")
	arrived := map[string]time.Time{}
	for range 2 {
		f := receive(t, due)
		arrived[f.id] = f.at
	}
	require.Contains(t, arrived, "while-down")
	require.Contains(t, arrived, "later")
	require.False(t, arrived["later"].Before(now.Add(1500*time.Millisecond)))
}

func TestTimerIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	tries := make(chan int, 10)
	n := 0
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.OnDue(ctx, "test-again", "again", func(context.Context, string, []byte) error {
			n++
			tries <- n
			if n == 1 {
				return errors.New("not now")
			}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	require.NoError(t, b.Schedule(t.Context(), "again", "x", time.Now(), nil))
	require.Equal(t, 1, receive(t, tries))
	require.Equal(t, 2, receive(t, tries))
}
