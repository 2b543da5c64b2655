package pg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// cluster makes and configures the database cluster of a private server.
type cluster struct {
	layout
	installation Installation
	identity     identity
	test         bool
}

const initPrefix = "pgdata.init-"

// ensure makes the cluster when there is none. initdb works in a folder of its
// own that is renamed when it is complete, so an interrupted one leaves only a
// folder that the next start removes.
func (c cluster) ensure(ctx context.Context) error {
	junk, err := filepath.Glob(filepath.Join(c.root, initPrefix+"*"))
	if err != nil {
		return fmt.Errorf("looking for interrupted set-ups: %w", err)
	}
	for _, dir := range junk {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing an interrupted set-up: %w", err)
		}
	}
	if clusterMajor(c.data) != 0 {
		return c.identity.adopt(c.data)
	}
	work := filepath.Join(c.root, fmt.Sprint(initPrefix, os.Getpid()))
	if err := c.identity.mkdir(work); err != nil {
		return err
	}
	if err := c.initdb(ctx, work); err != nil {
		return err
	}
	if err := os.Rename(work, c.data); err != nil {
		return fmt.Errorf("putting the new cluster in place: %w", err)
	}
	return syncDir(c.root)
}

func (c cluster) initdb(ctx context.Context, pgdata string) error {
	args := append([]string{
		"--pgdata=" + pgdata, "--username=" + superuser, "--encoding=UTF8",
		// The socket's folder is closed to other users; TCP is closed to all.
		"--auth-local=trust", "--auth-host=reject",
		"--data-checksums", "--no-instructions",
	}, localeArgs(c.installation.Major)...)
	if c.test {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.installation.BinDir, "initdb"), args...) //nolint:gosec // the operator's own folder
	cmd.Dir, cmd.Env = "/", serverEnv()
	cmd.SysProcAttr = c.identity.attr(syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := onOneThread(cmd.Run); err != nil {
		return fmt.Errorf("making the database cluster: initdb: %w\n%s", err, lastLines(out.String()))
	}
	return nil
}

// localeArgs choose Unicode rules that are the same on every machine. A plain C
// locale would not know that É is the capital of é.
func localeArgs(major int) []string {
	switch {
	case major >= 17:
		return []string{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}
	case runtime.GOOS == "darwin":
		return []string{"--locale=C", "--lc-ctype=en_US.UTF-8"}
	}
	return []string{"--locale=C.UTF-8"}
}

// serverEnv is what the server's programs need of the environment: nothing that
// would change what they do, such as libpq's settings, and no secret that was
// meant for Parley alone. macOS makes the server multithreaded, which it
// refuses, when no locale is set.
func serverEnv() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOCALE_ARCHIVE", "LOGNAME", "PATH", "TMPDIR", "USER"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// args are the server's settings. On the command line they win over
// postgresql.conf, so an upgrade of Parley needs no edit of that file.
func (c cluster) args() []string {
	settings := []string{
		"listen_addresses=",
		fmt.Sprintf("port=%d", socketPort),
		"unix_socket_directories=" + quoteListItem(c.run),
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"jit=off",              // it costs more than it saves on queries of milliseconds
		"random_page_cost=1.1", // solid-state disks
		"work_mem=16MB",
		"maintenance_work_mem=256MB", // an HNSW build that does not fit is many times slower
		// What people write does not belong into the server's log.
		"log_error_verbosity=terse", "log_parameter_max_length=0", "log_parameter_max_length_on_error=0",
	}
	if c.test {
		settings = append(settings,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "checkpoint_timeout=1h",
			"autovacuum=off", "shared_buffers=64MB", "max_connections=200")
	} else {
		settings = append(settings,
			"fsync=on", "synchronous_commit=on", "full_page_writes=on",
			"wal_compression=on", "max_wal_size=2GB",
			"shared_buffers=256MB", "max_connections=60", "log_min_duration_statement=500")
	}
	if !versionAtLeast(c.installation.Vector, 0, 8, 2) {
		// CVE-2026-3172: parallel HNSW builds of older versions overflow a buffer.
		settings = append(settings, "max_parallel_maintenance_workers=0")
	}
	args := []string{"-D", c.data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// quoteListItem quotes a path for a setting that is a list of them.
func quoteListItem(path string) string {
	return `"` + strings.ReplaceAll(path, `"`, `""`) + `"`
}

// syncDir makes a rename in dir survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening %s: %w", dir, err)
	}
	defer f.Close() // read only: nothing to lose
	if err := f.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}
