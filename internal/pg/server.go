package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// ErrLocked means that another process runs the private server of this data
// folder; RunningURL tells how to reach it.
var ErrLocked = errors.New("another Parley is running on this data folder")

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
// call Stop. When Done is closed before that, the folder is free again: the caller
// ends, or starts another one.
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
		err = fmt.Errorf("starting the private PostgreSQL: %w", err)
		if s.process == nil { // else its end has unlocked
			err = errors.Join(err, unlock(s.lock))
		}
		return nil, err
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

// URL is the connection string for Open.
func (s *Server) URL() string { return s.databaseURL(s.database) }

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
	return s.halt(ctx)
}
