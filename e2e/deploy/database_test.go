package deploy

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/pg"
)

// database is a PostgreSQL beside the servers, which a test may take away.
type database struct {
	t      *testing.T
	cfg    pg.ServerConfig
	server *pg.Server
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	d := &database{t: t, cfg: pg.ServerConfig{Dir: t.TempDir(), Test: true}}
	d.start()
	t.Cleanup(d.stop)
	return d
}

// url leaves room for some processes in one server.
func (d *database) url() string { return d.server.URL() + "&pool_max_conns=8" }

func (d *database) start() {
	d.t.Helper()
	var err error
	d.server, err = pg.StartServer(context.WithoutCancel(d.t.Context()), d.cfg)
	require.NoError(d.t, err)
}

// stop ends it as an operator would; again, it does nothing.
func (d *database) stop() {
	d.t.Helper()
	require.NoError(d.t, d.server.Stop(context.WithoutCancel(d.t.Context())))
}
