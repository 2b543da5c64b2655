package bus_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestOpenCreatesEveryStream(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			for _, s := range event.Streams(len(b.ChatStreams())) {
				state, err := b.StreamState(t.Context(), s.Name)
				require.NoError(t, err)
				require.False(t, state.Created.IsZero())
			}
			require.NoError(t, b.Ready(t.Context()))
			_, err := b.StreamState(t.Context(), "NONE")
			require.True(t, errs.Is(err, errs.NotFound))
		})
	}
}

func TestOpenAgainKeepsTheLogAndTakesNewLimits(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	conv := ids.New()
	for i := range 3 {
		b, err := bus.Open(t.Context(), bus.Config{Dir: dir, MaxStore: int64(1+i) << 30})
		require.NoError(t, err)
		publish(t, b, chatMsg(conv, fmt.Sprint(i), "x"))
		page, err := b.Read(t.Context(), event.ChatSubject(conv), 0, 10)
		require.NoError(t, err)
		require.Len(t, page, i+1)
		var reserved int64
		for _, s := range b.Stats().Streams {
			reserved += max(0, s.MaxBytes)
		}
		require.LessOrEqual(t, reserved, int64(1+i)<<30+64<<20, "disk, and 32 MiB of memory")
		require.Greater(t, reserved, int64(1+i)<<30*9/10)
		b.Close()
	}
}

func TestShardsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Shards: 4, Relaxed: true})
	require.NoError(t, err)
	b.Close()
	_, err = bus.Open(t.Context(), bus.Config{Dir: dir, Shards: 8, Relaxed: true})
	require.ErrorContains(t, err, "shards must stay 4")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	used := filepath.Join(t.TempDir(), "nats")
	testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir = used })
	for name, c := range map[string]struct {
		cfg bus.Config
		why string
	}{
		"shards that do not divide 64": {bus.Config{Shards: 7}, "shards must be"},
		"too many shards":              {bus.Config{Shards: 128}, "shards must be"},
		"two replicas":                 {bus.Config{Replicas: 2}, "replicas must be"},
		"replicas of a single server":  {bus.Config{Replicas: 3}, "nats-url"},
		"no port":                      {bus.Config{Listen: "localhost"}, "nats-listen"},
		"a port in use":                {bus.Config{Listen: l.Addr().String()}, "address already in use"},
		"a folder in use":              {bus.Config{Dir: used}, "another process uses"},
		"a broken integration":         {bus.Config{Integrations: []bus.Integration{{Name: "A B"}}}, "integration"},
		"the same integration twice":   {bus.Config{Integrations: []bus.Integration{{Name: "a"}, {Name: "a"}}}, "twice"},
	} {
		if c.cfg.Dir == "" {
			c.cfg.Dir = filepath.Join(t.TempDir(), "nats")
		}
		_, err := bus.Open(t.Context(), c.cfg)
		require.ErrorContains(t, err, c.why, name)
	}
}

func TestExternalServersMustSyncBeforeTheyAcknowledge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server func(*server.Options)
		config func(*bus.Config)
		why    string // "" is accepted
	}{
		"all sync":           {nil, nil, ""},
		"they do not":        {func(o *server.Options) { o.SyncAlways = false }, nil, "sync_interval: always"},
		"one does not":       {func(o *server.Options) { o.SyncAlways = o.ServerName != "n1" }, nil, "sync_interval: always"},
		"relaxed":            {func(o *server.Options) { o.SyncAlways = false }, func(c *bus.Config) { c.Relaxed = true }, ""},
		"it cannot be seen":  {nil, func(c *bus.Config) { c.MonitorURLs = nil }, "nats-monitor-url"},
		"one is not named":   {nil, func(c *bus.Config) { c.MonitorURLs = c.MonitorURLs[:2] }, "only 2 monitoring addresses"},
		"monitor is another": {nil, func(c *bus.Config) { c.MonitorURLs[0] = brokenMonitor(t) }, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mods []func(*server.Options)
			if c.server != nil {
				mods = append(mods, c.server)
			}
			cfg := testkit.Cluster(t, 3, mods...).Config()
			if c.config != nil {
				c.config(&cfg)
			}
			b, err := bus.Open(t.Context(), cfg)
			if c.why != "" {
				require.ErrorContains(t, err, c.why)
				return
			}
			require.NoError(t, err)
			b.Close()
		})
	}
}

// A process starts while the cluster has lost a server, and the loss is told of;
// one that runs and cannot be asked is not believed.
func TestStartWhileAServerIsAway(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 3)
	c.Bus() // the streams are there
	cfg := c.Config()
	hidden := cfg
	hidden.MonitorURLs = append([]string{"http://127.0.0.1:1"}, cfg.MonitorURLs[1:]...)
	_, err := bus.Open(t.Context(), hidden)
	require.ErrorContains(t, err, "127.0.0.1:1")
	c.Stop(0)
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	unsafe, err := b.Unsafe(t.Context())
	require.NoError(t, err)
	require.Len(t, unsafe, 1)
	require.Contains(t, unsafe[0], "is away")
	c.Restart(0)
	unsafe, err = b.Unsafe(t.Context())
	require.NoError(t, err)
	require.Empty(t, unsafe)
}

func brokenMonitor(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(s.Close)
	return s.URL
}

// What an administrator changed is either put right at the start, or refused.
func TestUnsafeStreamsAreRefused(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 1)
	nc, err := nats.Connect(c.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"memory": func(s *jetstream.StreamConfig) { s.Storage = jetstream.MemoryStorage },
		"async":  func(s *jetstream.StreamConfig) { s.PersistMode = jetstream.AsyncPersistMode },
	} {
		stream := jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"evt.>"}, MaxBytes: 1 << 20}
		change(&stream)
		_, err = js.CreateStream(t.Context(), stream)
		require.NoError(t, err, name)
		_, err = bus.Open(t.Context(), c.Config())
		require.ErrorContains(t, err, "EVENTS", name)
		require.NoError(t, js.DeleteStream(t.Context(), "EVENTS"))
	}
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"evt.>"}, MaxBytes: 1 << 20, Discard: jetstream.DiscardOld})
	require.NoError(t, err)
	c.Bus()
	s, err := js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	require.Equal(t, jetstream.DiscardNew, s.CachedInfo().Config.Discard)
}

func TestJoinBesideARunningServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	_, err := bus.Join(t.Context(), dir, nil)
	require.True(t, errs.Is(err, errs.Busy), "%v", err)
	server, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "127.0.0.1:0", Shards: 4, Relaxed: true})
	require.NoError(t, err)
	command, err := bus.Join(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Equal(t, server.ChatStreams(), command.ChatStreams())
	conv := ids.New()
	publish(t, server, chatMsg(conv, "c", "x"))
	_, err = command.First(t.Context(), event.ChatSubject(conv))
	require.NoError(t, err)
	command.Close()
	server.Close()
	_, err = bus.Join(t.Context(), dir, nil)
	require.True(t, errs.Is(err, errs.Busy), "%v", err)

	quiet := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Shards = dir, 4 })
	require.Empty(t, quiet.ClientURL())
	_, err = bus.Join(t.Context(), dir, nil)
	require.True(t, errs.Is(err, errs.Busy), "no listener: %v", err)
}

func TestStats(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	publish(t, b, chatMsg("conv", "c", "x"))
	s := b.Stats()
	require.True(t, s.Connected)
	require.EqualValues(t, 1, s.Published)
	require.Zero(t, s.PublishInFlight)
	require.Positive(t, s.Store)
	require.Greater(t, s.MaxStore, s.Store)
	require.Equal(t, 3, s.Connections)
}

func TestClosedBusSaysBusy(t *testing.T) {
	t.Parallel()
	b, err := bus.Open(t.Context(), bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Relaxed: true})
	require.NoError(t, err)
	b.Close()
	_, err = b.Publish(t.Context(), chatMsg("conv", "c", "x"))
	require.True(t, errs.Is(err, errs.Busy), "%v", err)
	require.True(t, errs.Is(b.PublishAsync(chatMsg("conv", "c", "x"), func(bus.Ack, error) { t.Error("called") }), errs.Busy))
	require.Error(t, b.Ready(t.Context()))
}
