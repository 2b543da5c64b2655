package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"parley/internal/pg"
)

const (
	clusterPrefix = "parley-pgtest-"
	stopTimeout   = 20 * time.Second
	// keepFor is how long the cluster of a failed or killed run can be looked at.
	keepFor = 30 * time.Minute

	// Copying databases in memory takes a quarter of the time (29 ms against
	// 133 ms), if there is plenty: containers often have 64 MB.
	memory        = "/dev/shm"
	memoryAtLeast = 4 << 30
)

// cluster is the PostgreSQL of this test binary, started by the first test that
// wants it.
type cluster struct {
	once   sync.Once
	err    error
	id     string // tells the databases of this process from those of others
	url    string
	dir    string     // "" when TEST_DATABASE_URL is used
	server *pg.Server // nil when TEST_DATABASE_URL is used
	admin  *pg.DB
}

// shared is package state because a test binary has no other place for what its
// tests share.
var shared cluster

// start returns the pool that creates and drops databases.
func (c *cluster) start(ctx context.Context) (*pg.DB, error) {
	c.once.Do(func() { c.err = c.open(ctx) })
	return c.admin, c.err
}

func (c *cluster) open(ctx context.Context) error {
	c.id = fmt.Sprint(os.Getpid())
	c.url = os.Getenv("TEST_DATABASE_URL")
	if c.url == "" {
		if err := c.launch(ctx); err != nil {
			return err
		}
		c.url = c.server.URL()
	}
	admin, err := pg.Open(ctx, pg.Config{URL: c.url, MaxConns: 2 * poolSize})
	c.admin = admin
	return err
}

func (c *cluster) launch(ctx context.Context) error {
	tmp := clusterRoot()
	if err := sweep(tmp); err != nil {
		return fmt.Errorf("removing old test clusters: %w", err)
	}
	dir := filepath.Join(tmp, clusterPrefix+c.id)
	if err := os.RemoveAll(dir); err != nil { // a pid used again
		return fmt.Errorf("removing an old test cluster: %w", err)
	}
	// Open to others, so that the server's user gets in when the tests run as root.
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("making the test cluster's folder: %w", err)
	}
	c.dir = dir
	server, err := pg.StartServer(ctx, pg.ServerConfig{Dir: dir, BinDir: binDir(), Test: true})
	if err != nil {
		return err
	}
	c.server = server
	return nil
}

// clusterRoot is the folder for test clusters: in memory, unless TMPDIR is set or
// memory is scarce.
func clusterRoot() string {
	if os.Getenv("TMPDIR") == "" && freeBytes(memory) >= memoryAtLeast {
		return memory
	}
	return os.TempDir()
}

// place tells a person where the databases are.
func (c *cluster) place() string {
	if c.dir == "" {
		return "TEST_DATABASE_URL"
	}
	return fmt.Sprintf("the cluster in %s (stopped after the tests, removed by a later run)", filepath.Join(c.dir, "postgres", "pgdata"))
}

// stop ends the cluster and, when remove is set, deletes it.
func (c *cluster) stop(remove bool) error {
	var errs []error
	if c.admin != nil {
		c.admin.Close()
	}
	if c.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		errs = append(errs, c.server.Stop(ctx))
	}
	if c.dir != "" && remove {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// binDir is the server to use: PARLEY_PG_BINDIR, else the tree that the setup
// script makes below the source tree's data folder, else "" for the usual search.
func binDir() string {
	if dir := os.Getenv("PARLEY_PG_BINDIR"); dir != "" {
		return dir
	}
	dir, err := os.Getwd() // of a test: its package's folder
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, "data/pgroot/lib/postgresql/*/bin"))
		if err != nil || len(found) == 0 {
			return ""
		}
		return found[len(found)-1]
	}
	return ""
}

// sweep removes clusters whose process is gone: a test that panicked or timed
// out cleans nothing. The server's lock tells, because the kernel frees it.
func sweep(tmp string) error {
	dirs, err := filepath.Glob(filepath.Join(tmp, clusterPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < keepFor {
			continue
		}
		lock, err := os.Open(filepath.Join(dir, "postgres", "lock"))
		if errors.Is(err, os.ErrNotExist) {
			lock, err = os.Open(dir) // it died before it had one
		}
		if err != nil {
			continue // another user's, or just being removed by another sweep
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			// What cannot be removed now is found again by the next run.
			_ = os.RemoveAll(dir)
		}
		if err := lock.Close(); err != nil {
			return err
		}
	}
	return nil
}
