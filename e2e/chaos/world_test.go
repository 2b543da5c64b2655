//go:build linux

package chaos

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/e2e/lossyfs"
	"parley/internal/bus"
	"parley/internal/pg"
)

// world is where a fleet runs.
type world struct {
	desk     *harness.Server   // serves the API, and the command line
	gateways []*harness.Server // whose sockets are used
	nats     []*harness.NATS   // servers of the log, when they are processes of their own
	postgres *database         // when it is not Parley's own
	gates    []string          // what clients dial instead of the gateways' own addresses
	proxies  []*proxy          // behind gates
	disk     *lossyfs.Disk
	small    string // a file system with little room
	stores   stores
}

// stores open the two places where everything must be, for a look that does
// not go through Parley.
type stores struct {
	log      func(ctx context.Context) (*bus.Bus, error)
	database func() (url string, ok bool)
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// alone is one process with stores of its own.
func alone(t *testing.T) world {
	t.Helper()
	s := harness.Serve(t)
	return world{desk: s, gateways: []*harness.Server{s}, stores: ownStores(s)}
}

// ownStores are those of a Parley that has its own.
func ownStores(s *harness.Server) stores {
	return stores{
		log:      func(ctx context.Context) (*bus.Bus, error) { return bus.Join(ctx, s.Dir+"/nats", quietLog()) },
		database: func() (string, bool) { return pg.RunningURL(s.Dir) },
	}
}

// withDatabase is one process with its own log and a PostgreSQL beside it.
func withDatabase(t *testing.T) world {
	t.Helper()
	db := startDatabase(t)
	s := harness.Prepare(t, "--database-url", db.url())
	s.Shared = []string{"--database-url", db.url()}
	s.Start()
	w := world{desk: s, gateways: []*harness.Server{s}, postgres: db, stores: ownStores(s)}
	w.stores.database = func() (string, bool) { return db.url(), true }
	return w
}

// cluster is some gateways and a process for everything else, on nodes servers
// of NATS and a PostgreSQL.
func cluster(gateways, nodes int) func(t *testing.T) world {
	return func(t *testing.T) world {
		t.Helper()
		return spread(t, make([]time.Duration, gateways), nodes)
	}
}

// skewed is a cluster whose gateways' clocks are wrong.
func skewed(offsets ...time.Duration) func(t *testing.T) world {
	return func(t *testing.T) world {
		t.Helper()
		return spread(t, offsets, 1)
	}
}

// spread starts a gateway for each clock.
func spread(t *testing.T, clocks []time.Duration, nodes int) world {
	t.Helper()
	w := world{nats: harness.NATSCluster(t, nodes), postgres: startDatabase(t)}
	cfg := bus.Config{Replicas: min(nodes, 3), Log: quietLog()}
	var urls []string
	for _, n := range w.nats {
		urls, cfg.MonitorURLs = append(urls, n.URL), append(cfg.MonitorURLs, n.Monitor)
	}
	cfg.URL = strings.Join(urls, ",")
	shared := []string{
		"--nats-url", cfg.URL, "--nats-monitor-url", strings.Join(cfg.MonitorURLs, ","), "--replicas", strconv.Itoa(cfg.Replicas),
		"--database-url", w.postgres.url(), "--secret", strings.Repeat("s", 40),
	}
	only := func(modules string, args ...string) *harness.Server {
		s := harness.Prepare(t, slices.Concat([]string{"--only", modules}, args, shared)...)
		s.Name, s.Shared = "parley "+modules, shared
		s.Start()
		return s
	}
	w.desk = only("chat,people,agents,bot,kb,routing,webhooks,web")
	for _, offset := range clocks {
		w.gateways = append(w.gateways, only("gateway", "--clock-offset", offset.String()))
	}
	w.stores = stores{
		log:      func(ctx context.Context) (*bus.Bus, error) { return bus.Open(ctx, cfg) },
		database: func() (string, bool) { return w.postgres.url(), true },
	}
	return w
}

// database is a PostgreSQL that a fault may end.
type database struct {
	t      *testing.T
	cfg    pg.ServerConfig
	server *pg.Server
}

func startDatabase(t *testing.T) *database {
	t.Helper()
	db := &database{t: t, cfg: pg.ServerConfig{Dir: t.TempDir()}}
	db.start()
	t.Cleanup(db.stop)
	return db
}

// url leaves room for some processes in one server.
func (d *database) url() string { return d.server.URL() + poolSize }

const poolSize = "&pool_max_conns=8"

func (d *database) start() {
	d.t.Helper()
	var err error
	d.server, err = pg.StartServer(context.WithoutCancel(d.t.Context()), d.cfg)
	require.NoError(d.t, err)
}

func (d *database) stop() {
	d.t.Helper()
	require.NoError(d.t, d.server.Stop(context.WithoutCancel(d.t.Context())))
}

func names(clients []*Client) []string {
	out := make([]string, len(clients))
	for i, c := range clients {
		out[i] = c.Name
	}
	return slices.Clip(out)
}
