package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// projection is a reader's table with its offset in one "transaction".
type projection struct {
	mu      sync.Mutex
	rows    []string
	offset  uint64
	batches int
	most    int
}

func (p *projection) apply(_ context.Context, batch []bus.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batches++
	p.most = max(p.most, len(batch))
	for _, d := range batch {
		if d.Seq <= p.offset {
			return fmt.Errorf("%d comes after %d", d.Seq, p.offset)
		}
		p.rows = append(p.rows, string(d.Data))
		p.offset = d.Seq
	}
	return nil
}

func (p *projection) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rows)
}

func batches(t *testing.T, b *bus.Bus, stream string, after uint64, limit int, handle func(context.Context, []bus.Delivery) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.ConsumeBatches(ctx, "test-projection", stream, after, limit, 5*time.Millisecond, handle)
	}()
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

func oneShard(c *bus.Config) { c.Shards, c.Relaxed = 1, true }

func TestBatchesResumeWithoutHolesOrRepeats(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, oneShard)
	sent := 0
	send := func(n int) {
		for range n {
			publish(t, b, chatMsg(ids.New(), "c", fmt.Sprint(sent)))
			sent++
		}
	}
	p := &projection{}
	send(300)
	for range 3 {
		stop := batches(t, b, "CHAT_0", p.offset, 50, p.apply)
		send(20)
		require.Eventually(t, func() bool { return p.len() == sent }, 10*time.Second, time.Millisecond)
		stop()
		send(10)
	}
	batches(t, b, "CHAT_0", p.offset, 50, p.apply)
	require.Eventually(t, func() bool { return p.len() == sent }, 10*time.Second, time.Millisecond)
	for i, row := range p.rows {
		require.Equal(t, fmt.Sprint(i), row)
	}
	require.Equal(t, 50, p.most, "batches are full when there is much, and never fuller")
}

func TestFailedBatchIsTriedAgainAndNothingPassesIt(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, oneShard)
	for i := range 40 {
		publish(t, b, chatMsg(ids.New(), "c", fmt.Sprint(i)))
	}
	p := &projection{}
	failures := 0
	var failing []uint64
	batches(t, b, "CHAT_0", 0, 10, func(ctx context.Context, batch []bus.Delivery) error {
		if batch[0].Seq > 20 && failures < 3 {
			failures++
			failing = append(failing, batch[0].Seq)
			return errors.New("the database is away")
		}
		return p.apply(ctx, batch)
	})
	require.Eventually(t, func() bool { return p.len() == 40 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 3, failures)
	require.Equal(t, []uint64{failing[0], failing[0], failing[0]}, failing, "the same batch each time")
}

func TestBatchArrivesSoonWhenItIsQuiet(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, oneShard)
	got := make(chan []bus.Delivery, 10)
	batches(t, b, "CHAT_0", 0, 500, func(_ context.Context, batch []bus.Delivery) error { got <- batch; return nil })
	publish(t, b, chatMsg(ids.New(), "c", "warm"))
	receive(t, got)
	start := time.Now()
	publish(t, b, chatMsg(ids.New(), "c", "x"))
	require.Len(t, receive(t, got), 1)
	require.Less(t, time.Since(start), time.Second)
}

func TestBatchesRefuseAStreamThatWentBackwards(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, oneShard)
	publish(t, b, chatMsg(ids.New(), "c", "x"))
	err := b.ConsumeBatches(t.Context(), "test", "CHAT_0", 17, 0, 0, func(context.Context, []bus.Delivery) error { return nil })
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	err = b.ConsumeBatches(t.Context(), "test", "NONE", 0, 0, 0, func(context.Context, []bus.Delivery) error { return nil })
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)

	before, err := b.StreamState(t.Context(), "CHAT_0")
	require.NoError(t, err)
	require.EqualValues(t, 1, before.LastSeq)
	require.EqualValues(t, 1, before.Msgs)
	require.WithinDuration(t, time.Now(), before.Created, time.Minute)
}

func TestBatchesSurviveLostServers(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 3)
	b := c.Bus()
	p := &projection{}
	conv := ids.New()
	stream := b.ChatStream(conv)
	batches(t, b, stream, 0, 100, p.apply)
	sent := 0
	send := func() {
		for range 20 {
			require.Eventually(t, func() bool {
				_, err := b.Publish(t.Context(), chatMsg(conv, fmt.Sprint(sent), fmt.Sprint(sent)))
				return err == nil
			}, 20*time.Second, time.Millisecond)
			sent++
		}
		require.Eventually(t, func() bool { return p.len() == sent }, 20*time.Second, 5*time.Millisecond)
	}
	send()
	for i := range 2 { // one of three hosts the reader
		c.Stop(i)
		send()
		c.Restart(i)
		c.WaitReady()
	}
	for i, row := range p.rows {
		require.Equal(t, fmt.Sprint(i), row)
	}
}

func TestLeadRunsInOneProcessAndIsHandedOver(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	leading := make(chan string, 10)
	start := func(name string) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- b.Lead(ctx, "test", func(ctx context.Context) error {
				leading <- name
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		return func() { cancel(); require.NoError(t, <-done) }
	}
	stopFirst := start("first")
	require.Equal(t, "first", receive(t, leading))
	stopSecond := start("second")
	select {
	case name := <-leading:
		t.Fatalf("%s leads too", name)
	case <-time.After(3 * time.Second): // longer than a renewal
	}
	begun := time.Now()
	stopFirst()
	require.Equal(t, "second", receive(t, leading))
	require.Less(t, time.Since(begun), 3*time.Second, "it did not have to run out")
	stopSecond()
	require.Error(t, b.Lead(t.Context(), "test", func(context.Context) error { return errors.New("broken") }))
	stopThird := start("third")
	require.Equal(t, "third", receive(t, leading), "an error gives the lease back")
	stopThird()
}
