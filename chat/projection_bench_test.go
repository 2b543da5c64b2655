package chat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/testkit"
)

// BenchmarkProjection catches up with a log that was filled before: 120-byte
// messages of visitors and agents in 2,000 conversations, into a PostgreSQL
// that syncs each commit. An op is an event; the processor time is that of
// this process, with the embedded broker, and that of PostgreSQL's processes.
func BenchmarkProjection(b *testing.B) {
	const events, convs = 60_000, 2_000
	for _, shards := range []int{1, 8} {
		b.Run(fmt.Sprintf("streams=%d", shards), func(b *testing.B) {
			dir := b.TempDir()
			d := &desk{t: b, bus: testkit.Bus(b, testkit.RelaxedBus, func(c *bus.Config) { c.Shards = shards }), db: durable(b, dir)}
			d.svc = New(d.db, d.bus, staff{}, Config{Log: quiet(b), UploadDir: b.TempDir()})
			d.fill(events, convs)
			var took, own, server time.Duration
			for b.Loop() {
				b.StopTimer()
				_, err := d.db.Exec(b.Context(), `TRUNCATE chat.events, chat.conversations, chat.offsets`)
				require.NoError(b, err)
				_, err = d.db.Exec(b.Context(), `CHECKPOINT`)
				require.NoError(b, err)
				began, before, serverBefore := time.Now(), processorTime(b), serverTime(b, dir)
				b.StartTimer()
				d.projectAll()
				took += time.Since(began)
				own += processorTime(b) - before
				server += serverTime(b, dir) - serverBefore
			}
			n := float64(b.N * (events + convs))
			b.ReportMetric(n/took.Seconds(), "events/s")
			b.ReportMetric(float64(own.Microseconds())/n, "cpu-µs/event")
			b.ReportMetric(float64(server.Microseconds())/n, "pg-cpu-µs/event")
		})
	}
}

// durable is a private PostgreSQL with the settings of production.
func durable(b *testing.B, dir string) *pg.DB {
	b.Helper()
	server, err := pg.StartServer(b.Context(), pg.ServerConfig{Dir: dir})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	db, err := pg.Open(b.Context(), pg.Config{URL: server.URL()})
	require.NoError(b, err)
	b.Cleanup(db.Close)
	require.NoError(b, pg.EnsureExtensions(b.Context(), db))
	require.NoError(b, pg.Migrate(b.Context(), db, "chat", (*Service)(nil).Migrations()))
	return db
}

// fill stores conversations and messages spread over them, several at a time.
func (d *desk) fill(events, convs int) {
	d.t.Helper()
	var stored sync.WaitGroup
	slots := make(chan struct{}, 1000)
	publish := func(e *event.Event, cid string) {
		m, err := bus.EventMsg(e, event.SenderKey(e.From), cid, nil)
		require.NoError(d.t, err)
		slots <- struct{}{}
		stored.Add(1)
		require.NoError(d.t, d.bus.PublishAsync(m, func(_ bus.Ack, err error) {
			defer stored.Done()
			<-slots
			if err != nil {
				d.t.Error(err)
			}
		}))
	}
	all := make([]string, convs)
	for i := range all {
		all[i] = ids.New()
		v := d.visitor(all[i])
		publish(&event.Event{
			Conv: all[i], At: event.Now(), From: v.Actor(), Kind: event.KindOpened,
			Opened: &event.Opened{Inbox: "shop", Visitor: v.ID, Contact: v.Contact, State: event.StateQueued},
		}, "opened")
	}
	for i := range events {
		conv := all[i%convs]
		from := anna.Actor()
		if i/convs%2 == 0 {
			from = d.visitor(conv).Actor()
		}
		cid := strconv.Itoa(i)
		publish(&event.Event{Conv: conv, At: event.Now(), CID: cid, From: from, Kind: event.KindMessage, Text: sentence(120)}, cid)
	}
	stored.Wait()
}

// sentence is about n bytes of words as people use them.
func sentence(n int) string {
	words := strings.Fields(`hello where is my order it should have arrived on monday but the parcel service says that nobody was at home
		could you please look at the delivery address and send me an invoice for the account thanks very much we have refunded
		your payment method changed password reset link does not work in the browser shipping returned broken screen charger`)
	var s strings.Builder
	for s.Len() < n {
		s.WriteString(words[rand.IntN(len(words))])
		s.WriteByte(' ')
	}
	return s.String()
}

// projectAll projects every stream until nothing is left.
func (d *desk) projectAll() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	end := 0
	var wg sync.WaitGroup
	for _, stream := range d.bus.ChatStreams() {
		state, err := d.bus.StreamState(ctx, stream)
		require.NoError(d.t, err)
		end += int(state.LastSeq)
		wg.Go(func() { _ = d.svc.projectFrom(ctx, stream) })
	}
	require.Eventually(d.t, func() bool {
		return d.count(`SELECT coalesce(sum(last_seq), 0)::bigint FROM chat.offsets`) == end
	}, 2*time.Minute, 20*time.Millisecond)
	cancel()
	wg.Wait()
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// serverTime sums the processor time of PostgreSQL's processes: those that live,
// and those that the first of them has waited for. They work in the cluster's
// folder.
func serverTime(b *testing.B, dir string) time.Duration {
	b.Helper()
	const tick = 10 * time.Millisecond // USER_HZ is 100 on all of Linux
	procs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(b, err)
	var sum time.Duration
	for _, proc := range procs {
		cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
		if err != nil || !strings.HasPrefix(cwd, dir) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(proc, "stat"))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, f := range fields[11:15] { // utime, stime, cutime, cstime
			n, err := strconv.Atoi(f)
			require.NoError(b, err)
			sum += time.Duration(n) * tick
		}
	}
	return sum
}
