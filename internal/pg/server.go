package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrLocked means that another process runs the private server of this data
// folder; RunningURL tells how to reach it.
var ErrLocked = errors.New("another Parley is running on this data folder")

const (
	readyTimeout = 2 * time.Minute // a crash recovery may take long
	readyPoll    = 15 * time.Millisecond

	fastStop      = 30 * time.Second // SIGINT: ends sessions and writes a checkpoint
	immediateStop = 5 * time.Second  // SIGQUIT: no checkpoint, the next start recovers

	maxLogSize = 8 << 20
	logTail    = 4 << 10
	tailLines  = 15
)

// ServerConfig says where the private server lives.
type ServerConfig struct {
	// Dir is Parley's data folder. The cluster is Dir/postgres; a server tree
	// made by the setup script is Dir/pgroot.
	Dir string
	// BinDir holds the server's programs. Empty means FindInstallation chooses.
	BinDir string
	// Log reports start and stop. Nil discards.
	Log *slog.Logger
	// Test trades durability for speed, for databases that are thrown away.
	Test bool
}

// Server is a PostgreSQL that runs as a child of this process and is reachable
// only through a socket in its data folder. When this process dies, however it
// dies, the kernel tells the server to shut down (on Linux; elsewhere the next
// start stops it).
type Server struct {
	layout
	database string
	lock     *os.File
	log      *slog.Logger
	process  *os.Process
	stopping chan struct{} // closed by Stop
	done     chan struct{} // closed when the process has ended
	err      error         // set before done is closed
}

// StartServer starts the private server of cfg.Dir, making its cluster first
// when there is none, and returns when it answers. ctx bounds only the start.
// It returns ErrLocked when another process owns the folder. The caller must
// call Stop, and should end when Done is closed before.
func StartServer(ctx context.Context, cfg ServerConfig) (*Server, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolving the data folder: %w", err)
	}
	s := &Server{
		layout:   layoutOf(dir),
		database: database,
		log:      cfg.Log,
		stopping: make(chan struct{}),
		done:     make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Test {
		s.database = testDatabase
	}
	if err := os.MkdirAll(s.root, 0o700); err != nil {
		return nil, fmt.Errorf("making the database's folder: %w", err)
	}
	if s.lock, err = lockFile(s.layout.lock); err != nil {
		return nil, err
	}
	if err := s.start(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the private PostgreSQL: %w", err), s.lock.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, cfg ServerConfig) error {
	began := time.Now()
	installation, err := FindInstallation(ctx, filepath.Dir(s.root), cfg.BinDir)
	if err != nil {
		return err
	}
	if err := clearStrays(ctx, s.data); err != nil {
		return err
	}
	id, err := chooseIdentity(ctx, s.root, installation.BinDir)
	if err != nil {
		return err
	}
	c := cluster{layout: s.layout, installation: installation, identity: id, test: cfg.Test}
	if clusterMajor(s.data) == 0 {
		s.log.Info("making the database cluster", "dir", s.data, "postgres", installation.Version)
	}
	if err := c.ensure(ctx); err != nil {
		return err
	}
	// A server that was killed leaves a socket and its lock file here.
	if err := os.RemoveAll(s.run); err != nil {
		return fmt.Errorf("removing the old socket: %w", err)
	}
	if err := id.mkdir(s.run); err != nil {
		return err
	}
	if err := s.launch(c); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), immediateStop)
		defer cancel()
		return errors.Join(err, s.halt(stop))
	}
	s.log.Info("private PostgreSQL ready", "postgres", installation.Version, "pgvector", installation.Vector,
		"user", id.name, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// launch starts the server's process and the goroutine that waits for its end.
func (s *Server) launch(c cluster) error {
	logFile, err := openLog(s.layout.log)
	if err != nil {
		return err
	}
	defer logFile.Close() // the child has its own descriptor
	// Not bound to a context: Stop ends it in order.
	cmd := exec.Command(filepath.Join(c.installation.BinDir, "postgres"), c.args()...) //nolint:gosec,noctx // see above; the operator's own folder
	cmd.Dir, cmd.Env = "/", serverEnv()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = c.identity.attr(syscall.SIGINT)
	started := make(chan error, 1)
	go func() {
		err := onOneThread(func() error {
			err := cmd.Start()
			started <- err
			if err != nil {
				return err
			}
			return cmd.Wait()
		})
		s.err = s.verdict(err)
		close(s.done)
	}()
	if err := <-started; err != nil {
		<-s.done
		return fmt.Errorf("running postgres: %w", err)
	}
	s.process = cmd.Process
	return nil
}

// verdict is nil when the server ended because it was told to.
func (s *Server) verdict(exit error) error {
	select {
	case <-s.stopping:
		if exit == nil {
			return nil
		}
		return fmt.Errorf("PostgreSQL was not stopped cleanly: %w", exit)
	default:
	}
	if exit == nil {
		exit = errors.New("exit status 0")
	}
	return fmt.Errorf("PostgreSQL ended by itself: %w\n%s", exit, tail(s.layout.log))
}

// waitReady returns when the server accepts connections and has our database.
// It tries often, because nothing announces it and a start takes a tenth of a
// second.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		err := s.greet(ctx)
		if err == nil {
			return nil
		}
		if !mayComeUp(err) && ctx.Err() == nil {
			return fmt.Errorf("connecting: %w", err)
		}
		select {
		case <-s.done:
			return s.err
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w\n%s", err, tail(s.layout.log))
		case <-tick.C:
		}
	}
}

func (s *Server) greet(ctx context.Context) (err error) {
	conn, err := pgx.Connect(ctx, s.layout.url(testDatabase))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if s.database == testDatabase {
		return nil
	}
	var exists bool
	const query = "SELECT exists (SELECT FROM pg_catalog.pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, s.database).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.database}.Sanitize())
	return err
}

// URL is the connection string for Open.
func (s *Server) URL() string { return s.layout.url(s.database) }

// Done is closed when the server has ended, asked to or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why the server ended: nil while it runs and after a clean Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop shuts the server down and frees the data folder: gently for 30 s or until
// ctx ends, then without a checkpoint, then by force. Close pools before. It may
// be called again, and after the server has ended by itself, but not from two
// goroutines at once.
func (s *Server) Stop(ctx context.Context) error {
	select {
	case <-s.stopping:
		return nil
	default:
	}
	err := s.halt(ctx)
	if cerr := s.lock.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("unlocking the data folder: %w", cerr))
	}
	return err
}

func (s *Server) halt(ctx context.Context) error {
	began := time.Now()
	close(s.stopping)
	steps := []struct {
		signal   syscall.Signal
		patience time.Duration
		early    <-chan struct{}
	}{
		{syscall.SIGINT, fastStop, ctx.Done()},
		{syscall.SIGQUIT, immediateStop, nil},
		{syscall.SIGKILL, immediateStop, nil},
	}
	for _, step := range steps {
		if err := s.process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping PostgreSQL: %w", err)
		}
		timer := time.NewTimer(step.patience)
		select {
		case <-s.done:
			timer.Stop()
			s.log.Info("private PostgreSQL stopped", "took", time.Since(began).Round(time.Millisecond))
			return s.err
		case <-step.early:
		case <-timer.C:
		}
		timer.Stop()
		s.log.Warn("PostgreSQL does not stop; pressing harder", "after", step.signal.String())
	}
	return fmt.Errorf("PostgreSQL (pid %d) does not end even by force", s.process.Pid)
}

// RunningURL returns how to reach the private server of the data folder dir, and
// whether one is running: commands use it to work beside a running Parley.
func RunningURL(dir string) (string, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	l := layoutOf(dir)
	// The socket may be in /tmp, where anybody could have made one.
	dataOwner, err := ownerOf(l.data)
	if err != nil {
		return "", false
	}
	if runOwner, err := ownerOf(l.run); err != nil || runOwner != dataOwner {
		return "", false
	}
	conn, err := net.DialTimeout("unix", l.socket(), time.Second) //nolint:noctx // bounded by its timeout
	if err != nil {
		return "", false
	}
	return l.url(database), conn.Close() == nil
}

// lockFile takes the lock for the life of this process; the kernel frees it even
// after kill -9.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor fits an int
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = ErrLocked
	}
	return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
}

// openLog opens the server's log for appending, keeping one older file.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogSize {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("rotating the server's log: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the server's log: %w", err)
	}
	return f, nil
}

// tail returns the last lines of a log for an error message.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	defer f.Close() // read only: nothing to lose
	if info, err := f.Stat(); err == nil && info.Size() > logTail {
		if _, err := f.Seek(-logTail, io.SeekEnd); err != nil {
			return "(no log: " + err.Error() + ")"
		}
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	return lastLines(string(text))
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
