package routing

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/app"
	"parley/internal/bus"
	"parley/internal/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Agents knows the staff.
type Agents interface {
	// Agents returns the profiles of the ids, of everybody for nil. Disabled
	// accounts are left out.
	Agents(ctx context.Context, ids []string) ([]event.AgentProfile, error)
}

// Inboxes knows the inboxes' rules.
type Inboxes interface {
	Inbox(ctx context.Context, id string) (event.Inbox, error)
}

// Config of the service.
type Config struct {
	Metrics prometheus.Registerer // nil keeps none
	Log     *slog.Logger
	Clock   func() time.Time // nil means time.Now
}

// Service routes conversations.
type Service struct {
	db      *pg.DB
	bus     *bus.Bus
	agents  Agents
	inboxes Inboxes
	log     *slog.Logger
	now     func() time.Time
	alarm   *app.Alarm // something changed, or is due: match

	openings atomic.Uint64 // counts what may have given an agent room

	// Of the alarm's work alone.
	moved    bool      // the queue has, and nobody was told
	placesAt time.Time // when the waiting were last told their places
	later    time.Time // when there is something to do at the latest; zero is never
}

// New makes the service; Run starts it.
func New(db *pg.DB, b *bus.Bus, agents Agents, inboxes Inboxes, cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{
		db: db, bus: b, agents: agents, inboxes: inboxes, log: cfg.Log, now: cfg.Clock, alarm: app.NewAlarm(cfg.Clock, cfg.Log),
	}
	s.showFigures(cfg.Metrics)
	return s
}

// Name is "routing".
func (s *Service) Name() string { return "routing" }

// Migrations are the tables of schema routing.
func (s *Service) Migrations() fs.FS { return migrationFiles() }

func migrationFiles() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Run follows conversations, profiles and presence, and matches, until ctx
// ends.
func (s *Service) Run(ctx context.Context) error {
	if err := recount(ctx, s.db); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.bus.Consume(ctx, bus.Consumer{
			Name: "routing-conversations", Module: s.Name(), Streams: s.bus.ChatStreams(), Handle: s.onChat, Kinds: concerns,
			Pinned: true, // the order of a conversation's events must hold over processes too
		})
	})
	g.Go(func() error {
		return s.bus.Consume(ctx, bus.Consumer{
			Name: "routing-agents", Module: s.Name(), Streams: []string{"DESK"}, Filter: event.AgentsSubject("*"), Handle: s.onProfile,
		})
	})
	g.Go(func() error { return s.followPresence(ctx) })
	g.Go(func() error { return s.alarm.Run(ctx, "match conversations with agents", s.match) })
	return g.Wait()
}
