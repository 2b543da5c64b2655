package testkit

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSweepRemovesOnlyOldClustersWithoutProcess(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	old := time.Now().Add(-2 * keepFor)
	cluster := func(name string, age time.Time) (lock *os.File) {
		dir := filepath.Join(tmp, clusterPrefix+name)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "postgres"), 0o700))
		lock, err := os.Create(filepath.Join(dir, "postgres", "lock"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, lock.Close()) })
		require.NoError(t, os.Chtimes(dir, age, age))
		return lock
	}
	cluster("dead", old)
	cluster("recent", time.Now())
	running := cluster("running", old)
	require.NoError(t, syscall.Flock(int(running.Fd()), syscall.LOCK_EX))
	broken := filepath.Join(tmp, clusterPrefix+"broken") // killed before it had a lock
	require.NoError(t, os.Mkdir(broken, 0o700))
	require.NoError(t, os.Chtimes(broken, old, old))

	require.NoError(t, sweep(tmp))
	left, err := filepath.Glob(filepath.Join(tmp, clusterPrefix+"*"))
	require.NoError(t, err)
	require.Equal(t, []string{
		filepath.Join(tmp, clusterPrefix+"recent"),
		filepath.Join(tmp, clusterPrefix+"running"),
	}, left)
}

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://u:p@host:5433/a?sslmode=disable": "postgres://u:p@host:5433/new?sslmode=disable",
		"postgres:///a?host=%2Frun":                  "postgres:///new?host=%2Frun",
		"host=/run user=u dbname=a":                  "host=/run user=u dbname=a dbname=new",
	} {
		require.Equal(t, want, withDatabase(dsn, "new"))
	}
}

func TestHashTellsMigrationsApart(t *testing.T) {
	t.Parallel()
	schema := func(name, file, text string) Schema {
		return Schema{Name: name, Files: fstest.MapFS{file: {Data: []byte(text)}}}
	}
	seen := map[string]bool{}
	for _, schemas := range [][]Schema{
		nil,
		{schema("a", "0001.sql", "x")},
		{schema("b", "0001.sql", "x")},
		{schema("a", "0002.sql", "x")},
		{schema("a", "0001.sql", "y")},
		{schema("a", "0001.sql", "x"), schema("b", "0001.sql", "x")},
	} {
		sum, err := hash(schemas)
		require.NoError(t, err)
		require.False(t, seen[sum], "%v", schemas)
		seen[sum] = true
	}
}
