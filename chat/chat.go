package chat

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"runtime"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/blob"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the module.
type Config struct {
	// Secret of the installation, at least 32 bytes, from which the keys for
	// links and for the secrets of inboxes are derived. nil takes a random one:
	// then both end with the process.
	Secret    []byte
	HelpURL   string                // of the public help centre; "" means /help
	MaxText   int                   // bytes of a message; 0 means 16 KiB
	MaxUpload int64                 // bytes of a file; 0 means 25 MiB
	Uploads   UploadLimits          // the zero value bounds nothing
	UploadDir string                // where uploads wait until they are complete; "" means the system's temporary folder
	Now       func() time.Time      // the clock; nil means event.Now
	Metrics   prometheus.Registerer // nil keeps none
	Log       *slog.Logger          // nil discards

	patience time.Duration // with PostgreSQL on the way of a message; 0 means 1 s; tests on busy machines have more
}

func (c *Config) setDefaults() {
	if c.Secret == nil {
		c.Secret = []byte(ids.Secret())
	}
	if c.Now == nil {
		c.Now = event.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.patience = cmp.Or(c.patience, defaultPatience)
	c.HelpURL = cmp.Or(c.HelpURL, "/help")
	c.MaxText = cmp.Or(c.MaxText, 16<<10)
}

// rememberedOrigins is how many conversations' beginnings are kept in memory.
const rememberedOrigins = 20_000

// Service is the module. Its methods work without Run, in a process that
// answers requests and leaves consumers to others.
type Service struct {
	db     *pg.DB
	rows   *loader[string, projected]                      // conversations by id
	own    *loader[visitorOf, []event.ConversationSummary] // what visitors whose identity is not verified may see
	bus    *bus.Bus
	agents Agents
	cfg    Config
	log    *slog.Logger

	secrets    *seal.Box // of inboxes
	links      blob.Links
	files      *blob.Store
	uploads    uploads
	inboxCache inboxCache
	faceCache  faceCache
	presence   presence
	states     *bus.Memory[event.State] // of conversations, for chat-rules
	origins    *lru.Cache[string, origin]
	facts      *bus.Group // what other systems hear of conversations
	announcer  *announcer
	turns      chan struct{} // holds one for each stream that catches up just now
	metrics    *metrics
}

// New makes the module; Run starts it.
func New(db *pg.DB, b *bus.Bus, agents Agents, cfg Config) *Service {
	cfg.setDefaults()
	origins, err := lru.New[string, origin](rememberedOrigins)
	if err != nil {
		panic(err) // only for a size below one
	}
	m := newMetrics(cfg.Metrics)
	s := &Service{
		db: db, bus: b, agents: agents, cfg: cfg, log: cfg.Log, origins: origins,
		secrets:   seal.New(cfg.Secret, "secrets of inboxes"),
		uploads:   uploads{limits: cfg.Uploads, metrics: m},
		links:     blob.NewLinks(seal.Key(cfg.Secret, "links to files")),
		files:     blob.New(b, blob.Config{MaxSize: cfg.MaxUpload, Dir: cfg.UploadDir}),
		rows:      newRows(db, cfg.patience),
		states:    bus.NewMemory[event.State](ruledConvs),
		facts:     b.NewGroup(),
		announcer: newAnnouncer(b, cfg.Log),
		turns:     make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		metrics:   m,
	}
	s.own = &loader[visitorOf, []event.ConversationSummary]{patience: recentPatience, read: s.recentOfMany}
	s.showFigures()
	return s
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Name is "chat".
func (s *Service) Name() string { return "chat" }

// Migrations are the files of schema "chat".
func (s *Service) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // only for a malformed path
	}
	return files
}

// Run projects the log, applies the rules, publishes the public facts and
// answers other systems until ctx ends. While PostgreSQL is away it waits and
// then catches up.
func (s *Service) Run(ctx context.Context) error {
	stop, err := s.offer() //nolint:contextcheck // requests come from other machines, each with its own end
	if err != nil {
		return err
	}
	defer stop()
	notices, err := s.bus.Subscribe(event.InboxesSubject, func(string, []byte) { s.RefreshInboxes() })
	if err != nil {
		return err
	}
	defer notices.Unsubscribe()
	defer s.announcer.flush()
	g, ctx := errgroup.WithContext(ctx)
	for _, stream := range s.bus.ChatStreams() {
		g.Go(func() error { return s.project(ctx, stream) })
	}
	for _, run := range []func(context.Context) error{s.runRules, s.runSnooze, s.runContacts, s.runPublic, s.runSweep} {
		g.Go(func() error { return run(ctx) })
	}
	g.Go(func() error { return s.bus.WatchPresence(ctx, s.presence.seen) })
	return g.Wait()
}
