package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestBacklog(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv := ids.New()
			stream := b.ChatStream(conv)
			waiting, oldest, err := b.Backlog(t.Context(), stream, 0)
			require.NoError(t, err)
			require.Zero(t, waiting)
			require.Zero(t, oldest)
			began := time.Now()
			for _, id := range []string{"1", "2", "3"} {
				publish(t, b, bus.Msg{Subject: event.ChatSubject(conv), ID: id, Data: []byte("{}")})
			}
			waiting, oldest, err = b.Backlog(t.Context(), stream, 1)
			require.NoError(t, err)
			require.EqualValues(t, 2, waiting)
			require.Positive(t, oldest)
			require.LessOrEqual(t, oldest, time.Since(began)+time.Second, "clocks of one machine")
			waiting, oldest, err = b.Backlog(t.Context(), stream, 3)
			require.NoError(t, err)
			require.Zero(t, waiting)
			require.Zero(t, oldest)
		})
	}
}

// Timers that have fired, or were cancelled or replaced, do not wait.
func TestWaitingTimers(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			waiting := func() uint64 {
				n, err := b.WaitingTimers(t.Context())
				require.NoError(t, err)
				return n
			}
			require.Zero(t, waiting())
			for _, id := range []string{"a", "b", "c"} {
				require.NoError(t, b.Schedule(t.Context(), "test", id, time.Now().Add(time.Hour), nil))
			}
			require.NoError(t, b.Schedule(t.Context(), "other", "a", time.Now().Add(2*time.Hour), nil))
			require.Eventually(t, func() bool { return waiting() == 4 }, 5*time.Second, 10*time.Millisecond)
			require.NoError(t, b.Cancel(t.Context(), "test", "b"))
			require.NoError(t, b.Schedule(t.Context(), "test", "c", time.Now(), nil))
			require.Eventually(t, func() bool { return waiting() == 2 }, 5*time.Second, 10*time.Millisecond)
		})
	}
}

func TestDeadLetterCounts(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t)
	counts, err := b.DeadLetterCounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, counts)
	consume(t, b, bus.Consumer{
		Name: "test-poison", Streams: []string{"INBOX"},
		Handle: func(context.Context, bus.Delivery) error { return errs.New(errs.Invalid, "poison") },
	})
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "1", Data: []byte("x")})
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "2", Data: []byte("x")})
	require.Eventually(t, func() bool {
		counts, err := b.DeadLetterCounts(t.Context())
		return err == nil && counts["test"] == 2 && len(counts) == 1
	}, 10*time.Second, 10*time.Millisecond)
}

// A lease that is asked for is told of, held or not.
func TestLeaseStats(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t)
	require.Empty(t, b.Stats().Leases)
	ctx, stop := context.WithCancel(t.Context())
	held, done := make(chan struct{}), make(chan struct{})
	for range 2 {
		go func() {
			_ = b.Lead(ctx, "test", func(ctx context.Context) error {
				close(held)
				<-ctx.Done()
				return nil
			})
			done <- struct{}{}
		}()
	}
	<-held
	require.Equal(t, map[string]bool{"test": true}, b.Stats().Leases)
	stop()
	<-done
	<-done
	require.Empty(t, b.Stats().Leases)
}
