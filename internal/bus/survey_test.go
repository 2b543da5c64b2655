package bus_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestSurvey(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkSurvey(t, open(t))
		})
	}
	t.Run("beside a server", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "nats")
		testkit.Bus(t, func(c *bus.Config) { c.Dir, c.Listen = dir, "127.0.0.1:0" })
		command, err := bus.Join(t.Context(), dir, nil)
		require.NoError(t, err)
		t.Cleanup(command.Close)
		s := checkSurvey(t, command)
		require.Positive(t, s.MaxStore)
	})
}

func checkSurvey(t *testing.T, b *bus.Bus) bus.Survey {
	t.Helper()
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "1", Data: []byte("x")})
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "2", Data: []byte("x")})
	s, err := b.Survey(t.Context())
	require.NoError(t, err)
	require.Equal(t, bus.TestedVersion, s.Version)
	require.False(t, s.Outdated)
	require.False(t, s.Relaxed)
	require.Positive(t, s.Store)
	for _, want := range event.Streams(len(b.ChatStreams())) {
		require.True(t, slices.ContainsFunc(s.Streams, func(s bus.StreamStats) bool { return s.Name == want.Name && s.MaxBytes > 0 }), want.Name)
	}
	i := slices.IndexFunc(s.Streams, func(s bus.StreamStats) bool { return s.Name == "INBOX" })
	require.EqualValues(t, 2, s.Streams[i].Messages)

	unsafe, err := b.Unsafe(t.Context())
	require.NoError(t, err)
	require.Empty(t, unsafe)
	ahead, within, err := b.Clock(t.Context())
	require.NoError(t, err)
	require.Less(t, ahead.Abs(), within+time.Second, "it is the same machine's")
	return s
}

func TestSurveyOfConsumers(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	handled := make(chan struct{}, 3)
	stop := consume(t, b, bus.Consumer{Name: "test-idle", Streams: []string{"INBOX"}, Handle: func(context.Context, bus.Delivery) error {
		handled <- struct{}{}
		return nil
	}})
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "1"})
	receive(t, handled)
	stop()
	survey := func() bus.ConsumerStats {
		s, err := b.Survey(t.Context())
		require.NoError(t, err)
		require.Len(t, s.Consumers, 1)
		return s.Consumers[0]
	}
	require.Equal(t, bus.ConsumerStats{Stream: "INBOX", Name: "test-idle"}, survey(), "listed also when nothing waits")
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "2"})
	publish(t, b, bus.Msg{Subject: "in.crm.x", ID: "3"})
	require.Equal(t, bus.ConsumerStats{Stream: "INBOX", Name: "test-idle", Pending: 2}, survey())
}

func TestOutboxWaiting(t *testing.T) {
	t.Parallel()
	b, db := testkit.Bus(t, testkit.RelaxedBus), outboxDB(t)
	waiting, oldest, err := b.OutboxWaiting(t.Context(), db)
	require.NoError(t, err)
	require.Zero(t, waiting)
	require.Zero(t, oldest)
	announce(t, b, db, ids.New(), "x")
	announce(t, b, db, ids.New(), "y")
	_, err = db.Exec(t.Context(), `UPDATE bus.outbox SET created_at = now() - interval '1 hour' WHERE data = 'x'`)
	require.NoError(t, err)
	waiting, oldest, err = b.OutboxWaiting(t.Context(), db)
	require.NoError(t, err)
	require.EqualValues(t, 2, waiting)
	require.InDelta(t, time.Hour.Seconds(), oldest.Seconds(), 60)
}

// A command beside a server that syncs each second says so, whatever its own
// settings are.
func TestUnsafeBesideARelaxedServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Listen = dir, "127.0.0.1:0" })
	command, err := bus.Join(t.Context(), dir, nil)
	require.NoError(t, err)
	t.Cleanup(command.Close)
	unsafe, err := command.Unsafe(t.Context())
	require.NoError(t, err)
	require.Len(t, unsafe, 1)
	require.Contains(t, unsafe[0], "relaxed")
	s, err := command.Survey(t.Context())
	require.NoError(t, err)
	require.True(t, s.Relaxed)
}

func TestUnsafeExternalServer(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 1, func(o *server.Options) { o.SyncAlways = false })
	cfg := c.Config()
	cfg.Relaxed = true
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	unsafe, err := b.Unsafe(t.Context())
	require.NoError(t, err)
	require.Len(t, unsafe, 1)
	require.Contains(t, unsafe[0], "sync_interval")
}
