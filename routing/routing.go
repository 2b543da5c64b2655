package routing

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/event"
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
	Log   *slog.Logger
	Clock func() time.Time // nil means time.Now
}

// Service routes conversations.
type Service struct {
	db      *pg.DB
	bus     *bus.Bus
	agents  Agents
	inboxes Inboxes
	log     *slog.Logger
	now     func() time.Time
	kick    chan struct{} // something changed: match; one waiting kick stands for all
}

// New makes the service; Run starts it.
func New(db *pg.DB, b *bus.Bus, agents Agents, inboxes Inboxes, cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Service{
		db: db, bus: b, agents: agents, inboxes: inboxes, log: cfg.Log, now: cfg.Clock, kick: make(chan struct{}, 1),
	}
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
			Name: "routing-conversations", Module: s.Name(), Streams: s.bus.ChatStreams(), Handle: s.onChat,
			Pinned: true, // the order of a conversation's events must hold over processes too
		})
	})
	g.Go(func() error {
		return s.bus.Consume(ctx, bus.Consumer{
			Name: "routing-agents", Module: s.Name(), Streams: []string{"DESK"}, Filter: event.AgentsSubject("*"), Handle: s.onProfile,
		})
	})
	g.Go(func() error { return s.followPresence(ctx) })
	g.Go(func() error { return s.loop(ctx) })
	return g.Wait()
}

// wake asks for a match. It never blocks.
func (s *Service) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// loop matches when it is woken and when the earliest deadline in the table
// has come.
func (s *Service) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.kick:
		case <-timer.C:
		}
		next, err := s.match(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			s.log.Error("match conversations with agents", "error", err)
			next = s.now().Add(time.Second) // PostgreSQL may be away; look again
		}
		if next.IsZero() {
			timer.Stop()
			continue
		}
		timer.Reset(max(next.Sub(s.now()), 10*time.Millisecond))
	}
}
