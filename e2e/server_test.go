package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/internal/pg"
)

const patience = harness.Patience

func TestMain(m *testing.M) { harness.Main(m) }

// server is a running Parley.
type server struct {
	*harness.Server
	t *testing.T
}

// serve starts Parley on a fresh data folder and waits until it is ready. Rate
// limits are off unless args say otherwise.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	return &server{harness.Serve(t, args...), t}
}

// fails runs a command that must fail and returns what it says.
func (s *server) fails(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, s.Path, append(args, "--data", s.Dir)...).CombinedOutput()
	_, failed := errors.AsType[*exec.ExitError](err)
	require.True(s.t, failed, "%v: %v\n%s", args, err, out)
	return string(out)
}

// database opens the running server's private PostgreSQL.
func (s *server) database() *pg.DB {
	s.t.Helper()
	url, ok := pg.RunningURL(s.Dir)
	require.True(s.t, ok)
	db, err := pg.Open(s.t.Context(), pg.Config{URL: url, MaxConns: 2})
	require.NoError(s.t, err)
	s.t.Cleanup(db.Close)
	return db
}

func name(n int) string { return fmt.Sprintf("c-%d", n) }
