package pg_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"parley/internal/pg"
)

// patience is for a machine that runs other packages' tests too.
const patience = 30 * time.Second

func start(t testing.TB, cfg pg.ServerConfig) *pg.Server {
	t.Helper()
	s, err := pg.StartServer(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s *pg.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

// one runs a statement on a connection of its own and returns its only value.
func one[T any](t testing.TB, url, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

func exec1(t testing.TB, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func pidFile(dir string) string { return filepath.Join(dir, "postgres", "pgdata", "postmaster.pid") }

func serverPID(t testing.TB, dir string) int {
	t.Helper()
	text, err := os.ReadFile(pidFile(dir))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

func TestServerKeepsDataOverRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, pg.ServerConfig{Dir: dir})
	exec1(t, first.URL(), "CREATE TABLE kept AS SELECT 7 AS n")
	stop(t, first)
	require.NoError(t, first.Err())
	select {
	case <-first.Done():
	default:
		require.Fail(t, "Done is open after Stop")
	}

	began := time.Now()
	second := start(t, pg.ServerConfig{Dir: dir})
	t.Logf("a later start took %v", time.Since(began))
	require.Equal(t, 7, one[int](t, second.URL(), "SELECT n FROM kept"))
	require.Equal(t, "É", one[string](t, second.URL(), "SELECT upper('é')"), "the locale knows Unicode")
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"listen_addresses": "", "TimeZone": "UTC",
	} {
		require.Equal(t, want, one[string](t, second.URL(), "SHOW "+setting), setting)
	}
}

func TestServerRefusesSecondInstanceAndTellsWhereItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, running := pg.RunningURL(dir)
	require.False(t, running)

	s := start(t, pg.ServerConfig{Dir: dir, Test: true})
	_, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: dir, Test: true})
	require.ErrorIs(t, err, pg.ErrLocked)

	url, running := pg.RunningURL(dir)
	require.True(t, running)
	exec1(t, strings.Replace(url, "/parley?", "/postgres?", 1), "CREATE DATABASE parley") // a test server has none
	require.Equal(t, "parley", one[string](t, url, "SELECT current_database()::text"))

	stop(t, s)
	_, running = pg.RunningURL(dir)
	require.False(t, running)
}

func TestServerNoticesItsOwnDeathAndRecovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: dir})
	require.NoError(t, err)
	exec1(t, s.URL(), "CREATE TABLE kept AS SELECT 7 AS n")
	require.NoError(t, syscall.Kill(serverPID(t, dir), syscall.SIGKILL))
	select {
	case <-s.Done():
	case <-time.After(patience):
		require.Fail(t, "the server's death was not noticed")
	}
	require.ErrorContains(t, s.Err(), "ended by itself")

	// The folder is free without a Stop, and a late Stop does no harm.
	again := start(t, pg.ServerConfig{Dir: dir})
	require.ErrorContains(t, s.Stop(t.Context()), "ended by itself")
	require.Equal(t, 7, one[int](t, again.URL(), "SELECT n FROM kept"))
}

func TestServerIgnoresForeignPIDInPIDFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stop(t, start(t, pg.ServerConfig{Dir: dir, Test: true}))
	// The pid of a killed server has gone to another program: to this test.
	text := fmt.Sprintf("%d\n%s\n%d\n5432\n/nowhere\n\n0 0\nready\n",
		os.Getpid(), filepath.Join(dir, "postgres", "pgdata"), time.Now().Unix())
	require.NoError(t, os.WriteFile(pidFile(dir), []byte(text), 0o600))

	s := start(t, pg.ServerConfig{Dir: dir, Test: true})
	require.Equal(t, 1, one[int](t, s.URL(), "SELECT 1"))
}

func TestServerUsesShortSocketPathForLongFolders(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30), `with "quotes", and space`)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	s := start(t, pg.ServerConfig{Dir: dir, Test: true})
	require.Equal(t, 1, one[int](t, s.URL(), "SELECT 1"))
	url, running := pg.RunningURL(dir)
	require.True(t, running)
	require.Contains(t, url, "parley-pg-")

	stop(t, s)
	sockets, err := filepath.Glob("/tmp/parley-pg-*")
	require.NoError(t, err)
	for _, socket := range sockets {
		require.NotContains(t, url, filepath.Base(socket), "left behind")
	}
}

func TestServerSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	t.Run("programs", func(t *testing.T) {
		t.Parallel()
		empty := t.TempDir()
		_, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: t.TempDir(), BinDir: empty})
		require.ErrorContains(t, err, "no PostgreSQL server in "+empty)
	})
	t.Run("major version of the cluster", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		pgdata := filepath.Join(dir, "postgres", "pgdata")
		require.NoError(t, os.MkdirAll(pgdata, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(pgdata, "PG_VERSION"), []byte("99\n"), 0o600))
		_, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: dir})
		require.ErrorContains(t, err, "made by PostgreSQL 99")
		require.ErrorContains(t, err, "postgresql-99-pgvector")
	})
	t.Run("reason of the server", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		stop(t, start(t, pg.ServerConfig{Dir: dir, Test: true}))
		conf := filepath.Join(dir, "postgres", "pgdata", "postgresql.conf")
		require.NoError(t, os.WriteFile(conf, []byte("no_such_setting = 1\n"), 0o600))
		_, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: dir, Test: true})
		require.ErrorContains(t, err, "no_such_setting")
	})
}

// victim is a process that runs the private server of dir and can be killed.
func victim(t *testing.T, dir string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), serveDir+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewReader(out)
}

// kill ends a victim as a power cut would.
func kill(t *testing.T, cmd *exec.Cmd, out io.Reader) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	_, err := io.Copy(io.Discard, out)
	require.NoError(t, err)
	_ = cmd.Wait() // "killed", or nothing when it has seen its server die first
}

func TestServerOfKilledParleyIsReplaced(t *testing.T) {
	t.Parallel()
	for name, both := range map[string]bool{"parley killed": false, "parley and server killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd, out := victim(t, dir)
			line, err := out.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)
			orphan := serverPID(t, dir)
			if both {
				require.NoError(t, syscall.Kill(orphan, syscall.SIGKILL))
			}
			kill(t, cmd, out)

			s := start(t, pg.ServerConfig{Dir: dir, Test: true})
			require.NotEqual(t, orphan, serverPID(t, dir))
			require.Equal(t, 1, one[int](t, s.URL(), "SELECT 1"))
		})
	}
}

func TestServerEndsWithItsParley(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		t.Skip("this system has no signal for the death of a parent")
	}
	dir := t.TempDir()
	cmd, out := victim(t, dir)
	_, err := out.ReadString('\n')
	require.NoError(t, err)
	orphan := serverPID(t, dir)
	kill(t, cmd, out)
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", orphan))
		return err != nil || strings.Contains(string(stat), ") Z ") // ended, or not yet reaped
	}, patience, 20*time.Millisecond)
	// Shut down in order, not cut off: a clean end removes the pid file.
	require.NoFileExists(t, pidFile(dir))
}

func TestServerAfterInterruptedInit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, out := victim(t, dir)
	junk := filepath.Join(dir, "postgres", fmt.Sprint("pgdata.init-", cmd.Process.Pid))
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(junk, "base"))
		return err == nil
	}, patience, time.Millisecond, "initdb has not begun")
	kill(t, cmd, out)
	require.NoDirExists(t, filepath.Join(dir, "postgres", "pgdata"), "the kill came too late to test anything")

	s := start(t, pg.ServerConfig{Dir: dir, Test: true})
	require.Equal(t, 1, one[int](t, s.URL(), "SELECT 1"))
	require.NoDirExists(t, junk)
}

func BenchmarkServerRestart(b *testing.B) {
	dir := b.TempDir()
	stop(b, start(b, pg.ServerConfig{Dir: dir}))
	for b.Loop() {
		s, err := pg.StartServer(b.Context(), pg.ServerConfig{Dir: dir})
		require.NoError(b, err)
		stop(b, s)
	}
}
