package gateway

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/websock"
)

// Log reads conversations.
type Log interface {
	// Subject returns what authorisation needs to know, or not_found.
	Subject(ctx context.Context, conv string) (auth.Subject, error)
	// Before returns up to limit entries below before (0: the newest), oldest
	// first, and whether older ones exist.
	Before(ctx context.Context, conv string, before uint64, limit int, internal bool) ([]event.Entry, bool, error)
	// After returns up to limit entries above after, in order and complete.
	After(ctx context.Context, conv string, after uint64, limit int, internal bool) ([]event.Entry, error)
}

// Desk decides what the gateway may not: it owns conversations and inboxes.
type Desk interface {
	Log
	Act(ctx context.Context, v auth.Viewer, cmd event.Command) (event.Receipt, error)
	Recent(ctx context.Context, v auth.Viewer) ([]event.ConversationSummary, error)
	MarkRead(ctx context.Context, v auth.Viewer, conv string, seq uint64) error
	Inbox(ctx context.Context, id string) (event.Inbox, error)
	// RefreshInboxes makes the next answers of Inbox and Subject know of every
	// change of an inbox that was announced before.
	RefreshInboxes()
	// Claim binds the viewer's uploads to the conversation.
	Claim(ctx context.Context, v auth.Viewer, conv string, ids []string) ([]event.Attachment, error)
}

// Config of the gateway.
type Config struct {
	Origins       httpd.Origins // the product's own: agents must come from them, visitors may
	MaxSockets    int           // at once; 0 means 50,000
	MaxText       int           // bytes of UTF-8 in a message; 0 means 16 KiB
	RateVisitor   int           // commands a visitor may store a minute, and a thirtieth of what else they may send; 0 is no limit
	RateAddress   int           // sockets an address may open a minute; 0 is no limit
	Metrics       prometheus.Registerer
	Log           *slog.Logger
	Clock         func() time.Time // of what is stored; nil means time.Now
	helloTimeout  time.Duration    // shortened by tests; 0 means 5 s
	pingInterval  time.Duration    // 0 means 25 s
	silenceLimit  time.Duration    // 0 means 60 s
	restAfter     time.Duration    // of silence, pongs aside; 0 means 5 s
	checkInterval time.Duration    // how often open rooms are compared with the log; 0 means 30 s
}

func (c *Config) setDefaults() {
	if c.MaxSockets == 0 {
		c.MaxSockets = 50_000
	}
	if c.MaxText == 0 {
		c.MaxText = maxText
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.helloTimeout == 0 {
		c.helloTimeout = 5 * time.Second
	}
	if c.pingInterval == 0 {
		c.pingInterval = 25 * time.Second
	}
	if c.silenceLimit == 0 {
		c.silenceLimit = 60 * time.Second
	}
	if c.restAfter == 0 {
		c.restAfter = 5 * time.Second
	}
	if c.checkInterval == 0 {
		c.checkInterval = 30 * time.Second
	}
}

// Service is the gateway of one process.
type Service struct {
	bus      *bus.Bus
	gate     *auth.Gate
	desk     Desk
	cfg      Config
	log      *slog.Logger
	metrics  *metrics
	rooms    *rooms
	sockets  *sockets
	upgrader websock.Upgrader
	erased   erased
	presence *presence
	visitors *httpd.Limiter // what a visitor stores
	asides   *httpd.Limiter // what else a visitor sends
	address  *httpd.Limiter
	draining atomic.Bool
	joins    errgroup.Group // joins that a summary caused, bounded
	teams    sync.Mutex     // held from asking for an inbox's teams until its rooms have them
}

// asidesPerCommand is how many frames that store nothing, such as typing, a
// visitor may send for each that does.
const asidesPerCommand = 30

// New makes the gateway; Run starts it.
func New(b *bus.Bus, gate *auth.Gate, desk Desk, cfg Config) *Service {
	cfg.setDefaults()
	s := &Service{
		bus: b, gate: gate, desk: desk, cfg: cfg, log: cfg.Log,
		sockets:  newSockets(),
		visitors: httpd.NewLimiter(cfg.RateVisitor, max(cfg.RateVisitor/2, 1)),
		asides:   httpd.NewLimiter(asidesPerCommand*cfg.RateVisitor, 10*max(cfg.RateVisitor, 1)),
		address:  httpd.NewLimiter(cfg.RateAddress, max(cfg.RateAddress, 1)),
	}
	s.joins.SetLimit(16)
	s.rooms = newRooms(b, cfg.Log)
	s.presence = newPresence(b, s.now, cfg.Log)
	s.metrics = newMetrics(cfg.Metrics, s)
	return s
}

func (s *Service) now() time.Time { return event.Stamp(s.cfg.Clock()) }

// Name is "gateway".
func (s *Service) Name() string { return "gateway" }

// Migrations is nil: the gateway owns no tables.
func (s *Service) Migrations() fs.FS { return nil }

// Routes adds GET /ws/v1. The socket authenticates by its first frame, so the
// route itself is public.
func (s *Service) Routes(r fiber.Router) {
	httpd.HandleStream(r, fiber.MethodGet, "/ws/v1", httpd.Public, s.upgrade())
}

// Run follows the notices of the desk, of agents, inboxes and erasures until ctx ends, then says
// goodbye to every socket.
func (s *Service) Run(ctx context.Context) error {
	desk, err := s.bus.Subscribe(event.DeskAll, s.onSummary)
	if err != nil {
		return err
	}
	defer desk.Unsubscribe()
	notices, err := s.bus.Subscribe(event.AgentAll, s.onNotice)
	if err != nil {
		return err
	}
	defer notices.Unsubscribe()
	erased, err := s.bus.Subscribe(event.ErasedSubject, s.onErased)
	if err != nil {
		return err
	}
	defer erased.Unsubscribe()
	inboxes, err := s.bus.Subscribe(event.InboxesSubject, func(string, []byte) { s.onInboxes(ctx) })
	if err != nil {
		return err
	}
	defer inboxes.Unsubscribe()

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.presence.run(gctx, s.onPresence) })
	g.Go(func() error { return s.rooms.run(gctx, s.cfg.checkInterval, s.checkRights) })
	g.Go(func() error { return s.keepAlive(gctx) })
	g.Go(func() error {
		<-gctx.Done()
		s.drain(context.WithoutCancel(gctx))
		s.upgrader.Close()
		return nil
	})
	err = g.Wait()
	_ = s.joins.Wait() // joins report their own errors
	return err
}
