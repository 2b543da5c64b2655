package chat

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/auth"
)

// Sizes of the backlog that the projection catches up with.
const (
	backlogTalks  = 1000
	backlogEvents = 50 * backlogTalks
	backlogRate   = 200 // messages a second that somebody says meanwhile
)

// BenchmarkCatchUp stores events while nothing projects them and measures how
// fast PostgreSQL catches up: by the projection alone, and with the other
// consumers beside it (rules, contacts, public facts). Meanwhile somebody
// talks, and their acks are compared with those before.
func BenchmarkCatchUp(b *testing.B) {
	for name, run := range map[string]func(context.Context, *Service) error{
		"projection": projectAll,
		"everything": func(ctx context.Context, s *Service) error { return s.Run(ctx) },
	} {
		b.Run(name, func(b *testing.B) {
			var took time.Duration
			var before, meanwhile []time.Duration
			for b.Loop() {
				d := newDesk(b)
				d.backlog()
				before = append(before, d.chatter(time.After(time.Second))...)
				spent, times := d.catchUp(run)
				took += spent
				meanwhile = append(meanwhile, times...)
			}
			b.ReportMetric(float64(b.N)*backlogEvents/took.Seconds(), "events/s")
			reportAcks(b, "before", before)
			reportAcks(b, "meanwhile", meanwhile)
		})
	}
}

// projectAll runs the projection and nothing else.
func projectAll(ctx context.Context, s *Service) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, stream := range s.bus.ChatStreams() {
		g.Go(func() error { return s.project(ctx, stream) })
	}
	return g.Wait()
}

// backlog stores the events of many conversations that nobody has projected.
func (d *desk) backlog() {
	d.t.Helper()
	g, ctx := errgroup.WithContext(d.t.Context())
	g.SetLimit(64)
	for range backlogTalks {
		g.Go(func() error {
			v := d.visitor("vera")
			conv := d.open(v, event.StateQueued)
			for i := range backlogEvents/backlogTalks - 1 {
				if err := d.ack(ctx, v, conv, cid(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(d.t, g.Wait())
}

func (d *desk) ack(ctx context.Context, v auth.Viewer, conv, cid string) error {
	_, err := d.bus.PublishEvent(ctx, &event.Event{
		Conv: conv, At: event.Now(), CID: cid, From: v.Actor(), Kind: event.KindMessage,
		Text: "I have waited for my parcel since Monday; the page says that it was delivered, but nobody rang.",
	}, event.SenderKey(v.Actor()), cid, nil)
	return err
}

// chatter says something at a steady rate until the channel has a value or is
// closed, and returns the times from when each was due to its ack.
func (d *desk) chatter(until <-chan time.Time) []time.Duration {
	v := d.visitor("walter")
	conv := d.open(v, event.StateQueued)
	var times []time.Duration
	tick := time.NewTicker(time.Second / backlogRate)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-until:
			return times
		case due := <-tick.C:
			if err := d.ack(d.t.Context(), v, conv, fmt.Sprint(n)); err != nil {
				d.t.Error(err)
				return times
			}
			times = append(times, time.Since(due))
		}
	}
}

// catchUp runs what projects until no more is missing than is said meanwhile.
func (d *desk) catchUp(run func(context.Context, *Service) error) (took time.Duration, acks []time.Duration) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	defer cancel()
	there := make(chan time.Time)
	var g errgroup.Group
	started := time.Now()
	g.Go(func() error { return run(ctx, d.svc) })
	g.Go(func() error { acks = d.chatter(there); return nil })
	require.Eventually(d.t, func() bool {
		n, err := d.svc.Behind(ctx)
		return err == nil && n < backlogRate/10
	}, 4*patience, 10*time.Millisecond)
	took = time.Since(started)
	close(there)
	cancel()
	require.NoError(d.t, g.Wait())
	return took, acks
}

// reportAcks adds the median and the 99th percentile, by nearest rank.
func reportAcks(b *testing.B, when string, times []time.Duration) {
	b.Helper()
	require.NotEmpty(b, times)
	slices.Sort(times)
	for _, percent := range []int{50, 99} {
		rank := max((len(times)*percent+99)/100, 1)
		b.ReportMetric(float64(times[rank-1].Microseconds())/1e3, fmt.Sprintf("ms-ack-p%d-%s", percent, when))
	}
}
