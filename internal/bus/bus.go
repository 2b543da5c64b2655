package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
)

// Config configures a Bus. The zero value embeds a server in the folder
// "data/nats" without a listener.
type Config struct {
	URL         string   // of an external NATS, several separated by commas; "" embeds a server
	MonitorURLs []string // monitoring addresses (http://host:8222) of every external server, by which Open proves that they sync before they acknowledge

	CredsFile, User, Password, Token string // for the external NATS

	Dir    string // data folder of the embedded server; "" means data/nats
	Listen string // host:port on which the embedded server also listens, "" for nowhere; port 0 takes a free one

	Shards   int  // CHAT streams: 1, 2, 4, 8, 16, 32 or 64; 0 means 8
	Replicas int  // of each stream; 0 means 1
	Relaxed  bool // durability "relaxed": the embedded server syncs each second instead of before each acknowledgement, and external servers are taken as they are

	DeadLetterAge time.Duration // for which dead letters are kept; 0 means 30 days

	MaxMemory int64 // bytes JetStream may keep in memory (embedded); 0 means 128 MiB
	MaxStore  int64 // bytes JetStream may keep on disk; the streams share them. 0 means 32 GiB or 90 % of the free disk, whichever is less (embedded), or as much as the streams are designed for, 18 GiB (external)

	Log          *slog.Logger  // nil discards
	Integrations []Integration // users of other systems (embedded), beside those added by AddIntegration
}

func (c Config) withDefaults() Config {
	c.Dir = cmp.Or(c.Dir, "data/nats")
	c.Shards = cmp.Or(c.Shards, 8)
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.MaxMemory = cmp.Or(c.MaxMemory, 128<<20)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	if c.Shards < 1 || c.Shards > event.Partitions || event.Partitions%c.Shards != 0 {
		return fmt.Errorf("shards must be 1, 2, 4, 8, 16, 32 or 64, not %d", c.Shards)
	}
	if c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5 {
		return fmt.Errorf("replicas must be 1, 3 or 5, not %d", c.Replicas)
	}
	if c.URL == "" && c.Replicas != 1 {
		return errors.New("the embedded NATS server is alone and keeps 1 replica; set nats-url to a cluster for more")
	}
	return nil
}

// Bus is the connection to the event log. Its methods may be called from any
// goroutine.
type Bus struct {
	cfg Config
	log *slog.Logger
	srv *embedded // nil with an external NATS

	joining bool // a command beside a running server: it does not wait for one to start

	// Three connections, so that a burst on one does not delay the others:
	// publishing and requests, live events, consumers.
	nc, live, work *nats.Conn
	js             jetstream.JetStream // on nc
	workJS         jetstream.JetStream // on work

	presence, lease atomic.Pointer[bucket]
	settings        jetstream.KeyValue
	positions       jetstream.KeyValue
	objects         jetstream.ObjectStore
	routes          map[string]string // stream by the first token of the subject, but for chat

	readers   registry[progress]
	queues    registry[*nats.Subscription]
	liveSinks registry[*LiveSink]
	services  registry[*service]
	leases    leaseBook

	async    *asyncPublisher
	sinks    sinkRegistry
	back     listeners // told when the connection is back
	counters counters

	stop context.CancelFunc // ends what the bus itself runs
	ctx  context.Context    // lifetime of what has no caller: handlers of services, reloads
}

// Open starts the embedded server or joins the external one, and creates or
// updates streams, buckets and the object store. It waits up to 30 s for an
// external NATS. The error says what to change.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	b := newBus(cfg)
	if cfg.URL == "" {
		srv, err := startEmbedded(cfg)
		if err != nil {
			return nil, err
		}
		b.srv = srv
	}
	if err := b.open(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func newBus(cfg Config) *Bus {
	b := &Bus{cfg: cfg, log: cfg.Log, routes: make(map[string]string)}
	for _, s := range event.Streams(1) {
		for _, subject := range s.Subjects {
			first, _, _ := strings.Cut(subject, ".")
			b.routes[first] = s.Name
		}
	}
	delete(b.routes, "chat")
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.sinks.subs = make(map[*nats.Subscription]liveSub)
	return b
}

func (b *Bus) open(ctx context.Context) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	if err := b.ensure(ctx); err != nil {
		return err
	}
	if err := b.checkDurability(ctx); err != nil {
		return err
	}
	if b.srv != nil {
		if err := b.srv.syncFolders(); err != nil {
			return err
		}
		if err := b.serveAdmin(); err != nil {
			return err
		}
		go b.guardStore(b.ctx) //nolint:contextcheck // it lives as long as the bus
		return b.ensureIntegrations(ctx, b.srv.integrations)
	}
	if b.cfg.Integrations == nil {
		return nil // whoever has the users of that server looks after them
	}
	return b.ensureIntegrations(ctx, b.cfg.Integrations)
}

// Close stops what the bus runs, gives what is on its way a moment, and closes
// the connections and then the embedded server. Stop the consumers (end their
// contexts) before.
func (b *Bus) Close() {
	b.stop()
	if b.async != nil {
		b.async.close()
	}
	for _, nc := range []*nats.Conn{b.work, b.live, b.nc} {
		if nc == nil {
			continue
		}
		if err := nc.FlushTimeout(time.Second); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			b.log.Warn("the last acknowledgements may not have been sent; they will be delivered again", "error", err)
		}
		nc.Close()
	}
	if b.srv != nil {
		b.srv.shutdown()
	}
}

// ClientURL is the address other programs connect to, "" when the embedded
// server has no listener.
func (b *Bus) ClientURL() string {
	if b.srv != nil {
		return b.srv.clientURL()
	}
	return b.cfg.URL
}

// Ready tells whether the log can store now: connected, JetStream answering,
// and every CHAT stream with a leader.
func (b *Bus) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if !b.nc.IsConnected() {
		return errors.New("not connected to NATS")
	}
	if b.srv != nil && b.srv.log.full.Load() {
		return errDiskFull
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("JetStream does not answer: %w", err)
	}
	for _, name := range b.ChatStreams() {
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
		if c := s.CachedInfo().Cluster; c != nil && c.Leader == "" {
			return fmt.Errorf("stream %s has no leader", name)
		}
	}
	return nil
}

// ChatStreams lists the streams that hold conversations.
func (b *Bus) ChatStreams() []string { return event.ChatStreams(b.cfg.Shards) }

// ChatStream is the stream that holds the conversation.
func (b *Bus) ChatStream(conv string) string { return event.ChatStream(conv, b.cfg.Shards) }
