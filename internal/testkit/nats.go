package testkit

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"parley/internal/bus"
)

// Bus starts a bus on its own embedded NATS server, with the durability of
// production and without a listener. It is closed when the test ends.
func Bus(t testing.TB, opts ...func(*bus.Config)) *bus.Bus {
	t.Helper()
	cfg := bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Log: natsLog(t)}
	for _, opt := range opts {
		opt(&cfg)
	}
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// RelaxedBus is an option of [Bus] for tests that store much and are not about
// durability.
func RelaxedBus(c *bus.Config) { c.Relaxed = true }

// natsLog shows errors in the output of the test that caused them.
func natsLog(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
}

const (
	clusterPatience = 30 * time.Second
	clusterPoll     = 20 * time.Millisecond
)

// NATSCluster is a cluster of NATS servers inside the test's process.
type NATSCluster struct {
	t     testing.TB
	nodes []*server.Server
	opts  []*server.Options
}

// Cluster starts n NATS servers (1, or 3 and more) that sync before they acknowledge, on random
// ports of the loopback. They are stopped when the test ends. mod may change
// the settings of a server before it starts.
func Cluster(t testing.TB, n int, mod ...func(*server.Options)) *NATSCluster {
	t.Helper()
	c := &NATSCluster{t: t, nodes: make([]*server.Server, n)}
	ports := freePorts(t, 3*n) // for clients, monitoring and routes
	var routes []*url.URL
	for _, port := range ports[2*n:] {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	for i := range n {
		o := &server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: ports[i], HTTPHost: "127.0.0.1", HTTPPort: ports[n+i],
			NoSigs: true, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: 64 << 30,
		}
		if n > 1 {
			o.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[2*n+i]}
			o.Routes = routes // every node knows all, else the first never becomes ready
		}
		for _, m := range mod {
			m(o)
		}
		c.opts = append(c.opts, o)
	}
	t.Cleanup(c.stopAll)
	for i := range n {
		c.start(i)
	}
	c.WaitReady()
	return c
}

// freePorts finds ports of the loopback below those the system gives to
// connections, so that nobody takes one while a server is stopped.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, 0, n)
	for len(ports) < n {
		port := 10_000 + rand.IntN(20_000)
		if slices.Contains(ports, port) {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		require.NoError(t, l.Close())
		ports = append(ports, port)
	}
	return ports
}

func (c *NATSCluster) start(i int) {
	c.t.Helper()
	s, err := server.NewServer(c.opts[i].Clone())
	require.NoError(c.t, err)
	c.nodes[i] = s
	s.Start()
	require.True(c.t, s.ReadyForConnections(clusterPatience), "node %d does not listen", i)
}

// WaitReady waits until the servers that run have found each other and a
// leader, and have all their streams. A single server needs none of it.
func (c *NATSCluster) WaitReady() {
	c.t.Helper()
	require.Eventually(c.t, c.ready, clusterPatience, clusterPoll, "the cluster does not become ready")
}

func (c *NATSCluster) ready() bool {
	leaders := 0
	for _, s := range c.running() {
		if len(c.nodes) > 1 && !s.JetStreamIsCurrent() || s.Healthz(nil).StatusCode != http.StatusOK {
			return false
		}
		if len(c.nodes) == 1 || s.JetStreamIsLeader() {
			leaders++
		}
	}
	return leaders == 1
}

// stopAll ends the test's servers. One that is still opening its streams would
// leave goroutines behind, so that is waited for, unless the test has left too
// few servers for that.
func (c *NATSCluster) stopAll() {
	tick := time.NewTicker(clusterPoll)
	defer tick.Stop()
	for until := time.Now().Add(clusterPatience); len(c.running()) > len(c.nodes)/2 && !c.ready() && time.Now().Before(until); {
		<-tick.C
	}
	for i := range c.nodes {
		c.Stop(i)
	}
}

func (c *NATSCluster) running() []*server.Server {
	var out []*server.Server
	for _, s := range c.nodes {
		if s != nil {
			out = append(out, s)
		}
	}
	return out
}

// URL lists the addresses of all servers.
func (c *NATSCluster) URL() string {
	urls := make([]string, len(c.opts))
	for i, o := range c.opts {
		urls[i] = fmt.Sprintf("nats://127.0.0.1:%d", o.Port)
	}
	return strings.Join(urls, ",")
}

// MonitorURLs lists the monitoring addresses of all servers.
func (c *NATSCluster) MonitorURLs() []string {
	urls := make([]string, len(c.opts))
	for i, o := range c.opts {
		urls[i] = fmt.Sprintf("http://127.0.0.1:%d", o.HTTPPort)
	}
	return urls
}

// Config is the configuration of a bus that uses the cluster, with a replica
// on each of up to three servers and two CHAT streams.
func (c *NATSCluster) Config() bus.Config {
	return bus.Config{URL: c.URL(), MonitorURLs: c.MonitorURLs(), Replicas: min(3, len(c.opts)), Shards: 2, Log: natsLog(c.t)}
}

// Bus opens a bus on the cluster; it is closed when the test ends.
func (c *NATSCluster) Bus() *bus.Bus {
	c.t.Helper()
	b, err := bus.Open(c.t.Context(), c.Config())
	require.NoError(c.t, err)
	c.t.Cleanup(b.Close)
	return b
}

// StreamLeader is the index of the server that leads a stream; it waits for an
// election.
func (c *NATSCluster) StreamLeader(stream string) int {
	c.t.Helper()
	leader := -1
	require.Eventually(c.t, func() bool {
		for i, s := range c.nodes {
			if s != nil && s.JetStreamIsStreamLeader("$G", stream) {
				leader = i
				return true
			}
		}
		return false
	}, clusterPatience, clusterPoll, "stream %s gets no leader", stream)
	return leader
}

// Stop stops a server; one that is stopped already is left alone.
func (c *NATSCluster) Stop(i int) {
	if c.nodes[i] == nil {
		return
	}
	c.nodes[i].Shutdown()
	c.nodes[i].WaitForShutdown()
	c.nodes[i] = nil
}

// Restart starts a stopped server with its data and addresses.
func (c *NATSCluster) Restart(i int) {
	c.t.Helper()
	c.start(i)
}
