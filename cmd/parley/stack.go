package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/pg"
)

// stack is what the modules stand on: the data folder, PostgreSQL and NATS.
type stack struct {
	cfg    *config
	log    *slog.Logger
	secret []byte
	db     *pg.DB
	dbURL  string
	bus    *bus.Bus
	joined bool // a server runs on the data folder, and this process joined it

	stopServer func(context.Context) error // of the private PostgreSQL
}

// openStack starts or joins PostgreSQL and NATS. beside is for commands that
// may run beside a server on the same data folder: they join it then.
func openStack(ctx context.Context, cfg *config, log *slog.Logger, beside bool) (*stack, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(cfg.Data, 0o700); err != nil { //nolint:gosec // 0700 is what a private folder needs
		return nil, fmt.Errorf("close the data folder to others: %w", err)
	}
	s := &stack{cfg: cfg, log: log, stopServer: func(context.Context) error { return nil }}
	var err error
	if s.secret, err = loadSecret(cfg); err != nil {
		return nil, err
	}
	if err := s.openDatabase(ctx, beside); err != nil {
		return nil, err
	}
	if err := s.openBus(ctx, beside); err != nil {
		s.close() //nolint:contextcheck // closing goes on after ctx has ended
		return nil, err
	}
	return s, nil
}

func (s *stack) openDatabase(ctx context.Context, beside bool) error {
	url := s.cfg.DatabaseURL
	if url == "" && beside {
		url, s.joined = pg.RunningURL(s.cfg.Data)
	}
	if url == "" {
		server, err := startSupervised(ctx, pg.ServerConfig{Dir: s.cfg.Data, BinDir: s.cfg.PGBinDir, Log: s.log})
		if errors.Is(err, pg.ErrLocked) {
			return fmt.Errorf("another Parley runs on %s; stop it, or choose another folder with --data", s.cfg.Data)
		}
		if err != nil {
			return err
		}
		url, s.stopServer = server.url, server.stop
	}
	db, err := pg.Open(ctx, pg.Config{URL: url, Log: s.log})
	if err != nil {
		return errors.Join(err, s.stopServer(context.WithoutCancel(ctx)))
	}
	s.db, s.dbURL = db, url
	return nil
}

func (s *stack) busConfig() bus.Config {
	return bus.Config{
		URL: s.cfg.NATSURL, MonitorURLs: s.cfg.NATSMonitorURL, CredsFile: s.cfg.NATSCreds, Dir: filepath.Join(s.cfg.Data, "nats"), Listen: s.cfg.NATSListen,
		Shards: s.cfg.Shards, Replicas: s.cfg.Replicas, Relaxed: s.cfg.Durability == "relaxed", DeadLetterAge: time.Duration(s.cfg.RetentionDead) * 24 * time.Hour, Log: s.log,
	}
}

// openBus starts or connects to NATS. beside asks for the server inside a
// running Parley first, whose database may be another one's.
func (s *stack) openBus(ctx context.Context, beside bool) error {
	cfg := s.busConfig()
	var err error
	if beside && cfg.URL == "" {
		s.bus, err = bus.Join(ctx, cfg.Dir, s.log)
		if s.joined || !errs.Is(err, errs.Busy) {
			return err
		}
	}
	s.bus, err = bus.Open(ctx, cfg)
	return err
}

func (s *stack) close() {
	if s.bus != nil {
		s.bus.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.stopServer(ctx); err != nil {
		s.log.Error("stop the private PostgreSQL", "error", err)
	}
}

// loadSecret returns the key that signs tokens and links. The one below the
// data folder is made on the first start.
func loadSecret(cfg *config) ([]byte, error) {
	if cfg.Secret != "" {
		return []byte(cfg.Secret), nil
	}
	path := filepath.Join(cfg.Data, "secret")
	raw, err := os.ReadFile(path)
	if err == nil {
		key, err := hex.DecodeString(strings.TrimSpace(string(raw)))
		if err != nil || len(key) < 32 {
			return nil, fmt.Errorf("%s is damaged; restore it from a backup, or delete it to sign everybody out", path)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make the secret: %w", err)
	}
	return key, writeOnce(path, hex.EncodeToString(key)+"\n")
}

// publicFile remembers the address that serve was last started with, so that
// the links which other commands print lead there.
func publicFile(cfg *config) string { return filepath.Join(cfg.Data, "public-url") }

func lastPublicURL(cfg *config) string {
	raw, err := os.ReadFile(publicFile(cfg))
	if err != nil {
		return cfg.PublicURL // serve has not run yet
	}
	return strings.TrimSpace(string(raw))
}

// writeOnce writes a file whole or not at all, and so that it survives a power
// cut: what was sealed with a lost secret could not be read any more.
func writeOnce(path, text string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	tmp, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(text)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// supervised is the private PostgreSQL, started again when it dies: chat goes
// on meanwhile, and the projection catches up.
type supervised struct {
	cfg pg.ServerConfig
	url string

	mu      sync.Mutex
	server  *pg.Server
	stopped bool
}

func startSupervised(ctx context.Context, cfg pg.ServerConfig) (*supervised, error) {
	server, err := pg.StartServer(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &supervised{cfg: cfg, url: server.URL(), server: server}
	go s.watch(context.WithoutCancel(ctx), server)
	return s, nil
}

func (s *supervised) watch(ctx context.Context, server *pg.Server) {
	for {
		<-server.Done()
		next, ok := s.restart(ctx, server.Err())
		if !ok {
			return
		}
		server = next
	}
}

// restart starts the server again until it runs or stop is called.
func (s *supervised) restart(ctx context.Context, cause error) (*pg.Server, bool) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return nil, false
		}
		s.cfg.Log.Error("the private PostgreSQL has ended; starting it again", "error", cause)
		server, err := pg.StartServer(ctx, s.cfg)
		if err == nil {
			s.server = server
			s.mu.Unlock()
			return server, true
		}
		s.mu.Unlock()
		cause = err
		<-time.After(wait)
	}
}

func (s *supervised) stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	server := s.server
	s.mu.Unlock()
	return server.Stop(ctx)
}

// offlineStack is for commands that only look at the code: its modules are made
// without PostgreSQL and NATS and must not be run.
func offlineStack(cfg *config) *stack {
	return &stack{
		cfg: cfg, log: slog.New(slog.DiscardHandler), secret: make([]byte, 32),
		stopServer: func(context.Context) error { return nil },
	}
}
