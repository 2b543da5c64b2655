package pg

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Each way to run the server as root works from a cluster's making to its end,
// in the folders it is for; and a cluster made in one way can be used in another.
func TestIdentitiesOfRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has a choice")
	}
	ids, err := identities()
	require.NoError(t, err)
	open := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(open, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(open), 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(open)), 0o755))
	closed := t.TempDir()
	require.NoError(t, os.Chmod(closed, 0o700))

	// They follow each other on the same folders, so not in parallel.
	for _, test := range []struct {
		name string
		id   identity
		dir  string
	}{
		{"user", ids[0], open},
		{"namespace", ids[1], closed},
		{"capability", ids[2], closed},
		{"namespace again", ids[1], closed},
	} {
		if !t.Run(test.name, func(t *testing.T) { runAs(t, test.id, test.dir) }) {
			return
		}
	}

	t.Run("choice", func(t *testing.T) {
		installation, err := FindInstallation(t.Context(), open, "")
		require.NoError(t, err)
		chosen, err := chooseIdentity(t.Context(), layoutOf(open).root, installation.BinDir)
		require.NoError(t, err)
		require.Equal(t, ids[0].name, chosen.name)
		chosen, err = chooseIdentity(t.Context(), layoutOf(closed).root, installation.BinDir)
		require.NoError(t, err)
		require.NotEqual(t, ids[0].name, chosen.name)
	})
}

func runAs(t *testing.T, id identity, dir string) {
	t.Helper()
	installation, err := FindInstallation(t.Context(), dir, "")
	require.NoError(t, err)
	s := &Server{
		layout: layoutOf(dir), database: testDatabase, log: slog.New(slog.DiscardHandler),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	require.NoError(t, os.MkdirAll(s.root, 0o700))
	require.NoError(t, id.own(s.root))
	if err := id.probe(t.Context(), s.root, installation.BinDir); err != nil {
		t.Skipf("this machine does not allow %s: %v", id.name, err)
	}
	s.lock, err = lockFile(s.layout.lock)
	require.NoError(t, err)
	c := cluster{layout: s.layout, installation: installation, identity: id, test: true}
	require.NoError(t, c.ensure(t.Context()))
	require.NoError(t, os.RemoveAll(s.run))
	require.NoError(t, id.mkdir(s.run))
	require.NoError(t, s.launch(c))
	require.NoError(t, s.waitReady(t.Context()))
	conn, err := pgx.Connect(t.Context(), s.URL())
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1); CHECKPOINT")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.NoError(t, s.halt(t.Context()))
	owner, err := ownerOf(filepath.Join(s.data, "PG_VERSION"))
	require.NoError(t, err)
	require.Equal(t, id.uid, owner)
}
