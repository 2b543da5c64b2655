package agents

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the service.
type Config struct {
	PublicURL string                // where people reach the console; one-time links begin with it
	RateLogin int                   // sign-ins an address, and those an account, may try a minute; 0 is no limit
	Metrics   prometheus.Registerer // nil keeps none
	Log       *slog.Logger          // nil discards
	Clock     func() time.Time      // nil means time.Now
}

// Service is the module agents.
type Service struct {
	db        *pg.DB
	bus       *bus.Bus
	publicURL string
	log       *slog.Logger
	now       func() time.Time
	passwords *hasher
	cache     *cache
	presence  *presence
	byAddress *httpd.Limiter
	byAccount *httpd.Limiter
	signIns   *prometheus.CounterVec
}

// New makes the service; Run starts it.
func New(db *pg.DB, b *bus.Bus, cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{
		db: db, bus: b, publicURL: cfg.PublicURL, log: cfg.Log, now: cfg.Clock,
		passwords: newHasher(argon2.IDKey), cache: newCache(cfg.Clock), presence: newPresence(),
		byAddress: httpd.NewLimiter(cfg.RateLogin, cfg.RateLogin), byAccount: httpd.NewLimiter(cfg.RateLogin, cfg.RateLogin),
		signIns: newSignIns(cfg.Metrics),
	}
	s.showFigures(cfg.Metrics)
	return s
}

// Name is "agents".
func (s *Service) Name() string { return "agents" }

// Migrations are the tables of schema agents.
func (s *Service) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// Run follows presence and revocations and ends old sessions, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	notices, err := s.bus.Subscribe(event.AgentAll, s.onNotice)
	if err != nil {
		return err
	}
	defer notices.Unsubscribe()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.bus.WatchPresence(ctx, s.presence.seen) })
	g.Go(func() error {
		return s.bus.Consume(ctx, bus.Consumer{
			Name: "agents-revocations", Module: s.Name(), Streams: []string{"DESK"}, Filter: event.AgentsSubject("*"),
			Handle: s.onChange, FromNow: true,
		})
	})
	g.Go(func() error { return s.sweepLoop(ctx) })
	return g.Wait()
}

// Agents returns the profiles of the ids, of everybody for nil, by name.
// Disabled accounts are left out.
func (s *Service) Agents(ctx context.Context, ids []string) ([]event.AgentProfile, error) {
	return profiles(ctx, s.db, ids, false)
}

// Teams returns every team, by name.
func (s *Service) Teams(ctx context.Context) ([]event.Team, error) {
	return listTeams(ctx, s.db)
}
