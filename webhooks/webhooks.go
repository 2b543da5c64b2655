package webhooks

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"parley/internal/app"
	"parley/internal/bus"
	"parley/internal/pg"
	"parley/internal/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the service.
type Config struct {
	Secret  []byte                // the deployment's
	Metrics prometheus.Registerer // nil keeps none
	Client  *http.Client          // the guarded one
	Clock   func() time.Time      // nil means time.Now
	Log     *slog.Logger
}

// Service delivers webhooks.
type Service struct {
	db     *pg.DB
	bus    *bus.Bus
	client *http.Client
	box    *seal.Box
	now    func() time.Time
	log    *slog.Logger
	alarm  *app.Alarm // a delivery may be due
	places places
	tries  *prometheus.CounterVec
}

// New makes the service; Run starts it.
func New(db *pg.DB, b *bus.Bus, cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{
		db: db, bus: b, client: cfg.Client, box: seal.New(cfg.Secret, "webhooks"), now: cfg.Clock, log: cfg.Log, alarm: app.NewAlarm(cfg.Clock, cfg.Log),
		tries: newTries(cfg.Metrics),
	}
	s.showFigures(cfg.Metrics)
	return s
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
			Name: "webhooks-events", Module: s.Name(), Streams: []string{"EVENTS"}, Handle: s.onEvent, Pinned: true,
		})
	})
	g.Go(func() error { return s.alarm.Run(ctx, "send webhooks", s.sendDue) })
	g.Go(func() error { return s.forgetOld(ctx) })
	defer s.places.wg.Wait()
	return g.Wait()
}
