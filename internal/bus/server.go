package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"

	"parley/internal/ids"
)

// embedded is the NATS server inside this process.
type embedded struct {
	cfg      Config
	srv      *server.Server
	log      *serverLog
	internal user // this process; the password lives as long as the process
	operator user // the nats command line; the password is kept in the credentials file
	maxStore int64

	lock         *os.File   // held while the server uses the data folder
	mu           sync.Mutex // one reload at a time
	integrations []Integration
}

// user is a NATS user. The hash is kept too, because a reload cuts the
// connections of users whose hash changes.
type user struct{ name, password, hash string }

func newUser(name, password string) (user, error) {
	hash, err := hashSecret(password)
	return user{name, password, hash}, err
}

const serverPatience = 30 * time.Second // a store of some million messages recovers in 5 s

func startEmbedded(cfg Config) (*embedded, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the NATS data folder: %w", err)
	}
	lock, err := lockFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	e := &embedded{cfg: cfg, lock: lock, log: newServerLog(cfg.Log)}
	if err := e.start(); err != nil {
		e.shutdown()
		return nil, err
	}
	return e, nil
}

// lockFolder keeps a second process from writing to the same streams. The lock
// ends with the process.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the NATS data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another process uses the NATS data folder %s; stop it, or choose another folder: %w", dir, err), f.Close())
	}
	return f, nil
}

func (e *embedded) start() error {
	var err error
	if e.cfg.Integrations, err = hashPasswords(e.cfg.Integrations); err != nil {
		return err
	}
	if e.maxStore, err = storeLimit(e.cfg); err != nil {
		return err
	}
	if e.internal, err = newUser("parley", ids.Secret()); err != nil {
		return err
	}
	if e.operator, err = operatorUser(e.cfg.Dir); err != nil {
		return err
	}
	opts, all, err := e.options()
	if err != nil {
		return err
	}
	e.integrations = all
	if e.srv, err = server.NewServer(opts); err != nil {
		return fmt.Errorf("prepare the embedded NATS server: %w", err)
	}
	e.srv.SetLoggerV2(e.log, false, false, false)
	e.srv.Start()
	if err := e.waitReady(); err != nil {
		return err
	}
	return e.writeCredentials()
}

// options are the server's settings, with the integrations of the
// configuration and of the data folder as they are now.
func (e *embedded) options() (*server.Options, []Integration, error) {
	opts, err := serverOptions(e.cfg, e.maxStore)
	if err != nil {
		return nil, nil, err
	}
	stored, err := Integrations(e.cfg.Dir)
	if err != nil {
		return nil, nil, err
	}
	all, err := mergeIntegrations(e.cfg.Integrations, stored)
	if err != nil {
		return nil, nil, err
	}
	accounts := accountsConfig([]user{e.internal, e.operator}, all, e.cfg.Shards)
	if err := opts.ProcessConfigString(accounts); err != nil {
		return nil, nil, fmt.Errorf("set up the NATS accounts: %w", err)
	}
	return opts, all, nil
}

// reload lets the running server take over the integrations as they are now.
func (e *embedded) reload() ([]Integration, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for range 2 { // the first reload makes new accounts, but only the next one connects their imports
		opts, all, err := e.options()
		if err != nil {
			return nil, err
		}
		if err := e.srv.ReloadOptions(opts); err != nil {
			return nil, fmt.Errorf("reload the NATS server: %w", err)
		}
		e.integrations = all
	}
	return e.integrations, nil
}

func serverOptions(cfg Config, maxStore int64) (*server.Options, error) {
	opts := &server.Options{
		ServerName:         "parley",
		DontListen:         true,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           cfg.Dir,
		JetStreamMaxMemory: cfg.MaxMemory,
		JetStreamMaxStore:  maxStore,
		SyncAlways:         !cfg.Relaxed,
		MaxPayload:         1 << 20, // object store chunks are half of it
	}
	if cfg.Relaxed {
		opts.SyncInterval = time.Second
	}
	if cfg.Listen == "" {
		return opts, nil
	}
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("nats-listen %q is not host:port: %w", cfg.Listen, err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("nats-listen %q has no port number: %w", cfg.Listen, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host, opts.DontListen = host, false
	return opts, nil
}

func (e *embedded) waitReady() error {
	deadline := time.Now().Add(serverPatience)
	for time.Now().Before(deadline) {
		select {
		case reason := <-e.log.fatal:
			return fmt.Errorf("start the embedded NATS server: %s", reason)
		default:
		}
		if e.srv.ReadyForConnections(100 * time.Millisecond) {
			return nil
		}
	}
	return errors.New("the embedded NATS server was not ready in 30 s; its log lines say why")
}

func (e *embedded) connectOptions() []nats.Option {
	return []nats.Option{nats.InProcessServer(e.srv), nats.UserInfo(e.internal.name, e.internal.password)}
}

func (e *embedded) clientURL() string {
	if e.cfg.Listen == "" {
		return ""
	}
	return e.srv.ClientURL()
}

func (e *embedded) shutdown() {
	e.mu.Lock() // not while it is being reloaded or reopened
	defer e.mu.Unlock()
	if e.srv != nil {
		e.srv.Shutdown()
		e.srv.WaitForShutdown()
	}
	_ = e.lock.Close() // it was only read; closing it ends the lock
}

// syncFolders makes the streams' descriptions durable once after they were
// created. With SyncAlways the server did it; otherwise a stream that is
// seconds old would be lost whole in a power cut.
func (e *embedded) syncFolders() error {
	if !e.cfg.Relaxed {
		return nil
	}
	root, err := os.OpenRoot(e.cfg.Dir)
	if err != nil {
		return fmt.Errorf("sync the new streams to disk: %w", err)
	}
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server is working in the folder meanwhile
		}
		if err != nil {
			return err
		}
		if !d.IsDir() && !strings.HasPrefix(d.Name(), "meta.") {
			return nil
		}
		f, err := root.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	if err := errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("sync the new streams to disk: %w", err)
	}
	return nil
}
