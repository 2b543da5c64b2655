package webhooks

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/internal/bus"
	"parley/internal/pg"
	"parley/internal/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the service.
type Config struct {
	Secret []byte           // the deployment's
	Client *http.Client     // the guarded one
	Clock  func() time.Time // nil means time.Now
	Log    *slog.Logger
}

// Service delivers webhooks.
type Service struct {
	db     *pg.DB
	bus    *bus.Bus
	client *http.Client
	box    *seal.Box
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{} // a delivery may be due; one waiting wake stands for all
}

// New makes the service; Run starts it.
func New(db *pg.DB, b *bus.Bus, cfg Config) (*Service, error) {
	box, err := seal.New(cfg.Secret, "webhooks")
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Service{
		db: db, bus: b, client: cfg.Client, box: box, now: cfg.Clock, log: cfg.Log, wake: make(chan struct{}, 1),
	}, nil
}

// Name is "webhooks".
func (s *Service) Name() string { return "webhooks" }

// Migrations are the tables of schema webhooks.
func (s *Service) Migrations() fs.FS { return migrationFiles() }

func migrationFiles() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Run queues what happens and sends what is due, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.bus.Consume(ctx, bus.Consumer{
			Name: "webhooks-events", Module: s.Name(), Streams: []string{"EVENTS"}, Handle: s.onEvent,
		})
	})
	g.Go(func() error { return s.loop(ctx) })
	return g.Wait()
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// loop sends when it is woken and when the earliest delivery is due.
func (s *Service) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		next, err := s.sendDue(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			s.log.Error("send webhooks", "error", err)
			next = s.now().Add(time.Second) // PostgreSQL may be away; look again
		}
		if next.IsZero() {
			timer.Stop()
			continue
		}
		timer.Reset(max(next.Sub(s.now()), 10*time.Millisecond))
	}
}
