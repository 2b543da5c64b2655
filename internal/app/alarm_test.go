package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAlarm(t *testing.T) {
	t.Parallel()
	runs := make(chan int, 16)
	next := make(chan time.Time, 16)
	failures := make(chan error, 16)
	a := NewAlarm(time.Now, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		n := 0
		done <- a.Run(ctx, "test", func(context.Context) (time.Time, error) {
			n++
			runs <- n
			return <-next, <-failures
		})
	}()
	expect := func(n int) {
		t.Helper()
		select {
		case got := <-runs:
			require.Equal(t, n, got)
		case <-time.After(10 * time.Second):
			require.FailNow(t, "the work did not run")
		}
	}
	answer := func(at time.Time, err error) { next <- at; failures <- err }

	expect(1) // at once
	answer(time.Now().Add(-time.Hour), nil)
	expect(2) // overdue
	a.Wake()
	a.Wake()
	answer(time.Time{}, nil)
	expect(3) // woken while it worked, once
	answer(time.Time{}, errors.New("away"))
	expect(4) // after an error, without being woken
	answer(time.Time{}, nil)
	require.Never(t, func() bool { return len(runs) > 0 }, 50*time.Millisecond, 10*time.Millisecond, "nobody woke it")
	a.Wake()
	expect(5)
	cancel()
	answer(time.Time{}, nil)
	require.NoError(t, <-done)
}
