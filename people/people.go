package people

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/metric"
	"parley/internal/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Desk knows the inboxes' keys, origins and secrets, whose a conversation is,
// and which of them members of staff may see.
type Desk interface {
	// InboxByKey returns the inbox of a public key, or not_found.
	InboxByKey(ctx context.Context, key string) (event.Inbox, error)
	// Subject returns what authorisation needs to know of a conversation, or
	// not_found.
	Subject(ctx context.Context, conv string) (auth.Subject, error)
	// VisibleInboxes are the inboxes of which the member of staff may see every
	// conversation; nil means all.
	VisibleInboxes(ctx context.Context, v auth.Viewer) ([]string, error)
	// Serves reports whether the member of staff may see a conversation of the
	// contact for whatever reason, also because it is theirs or their team's.
	Serves(ctx context.Context, v auth.Viewer, contact string) (bool, error)
}

// Config of the service.
type Config struct {
	// Secret is the installation's, from which the key of visitors' tokens is
	// derived: at least 32 bytes. Nil makes tokens that end with the process.
	Secret []byte
	// Origins are the product's own, from which every inbox may be used: the
	// widget's frame is served by Parley.
	Origins httpd.Origins
	// RateAddress bounds the visitors an address may open a minute; 0 is no
	// limit.
	RateAddress int
	Metrics     prometheus.Registerer // nil keeps none
	Log         *slog.Logger          // nil discards
	Clock       func() time.Time      // nil means time.Now
}

// Service is the module people.
type Service struct {
	db      *pg.DB
	bus     *bus.Bus
	desk    Desk
	origins httpd.Origins
	tokens  signer
	gone    erasedContacts
	rate    *httpd.Limiter
	log     *slog.Logger
	now     func() time.Time
}

// New makes the service.
func New(db *pg.DB, b *bus.Bus, desk Desk, cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{
		db: db, bus: b, desk: desk, origins: cfg.Origins, tokens: newSigner(cfg.Secret),
		rate: httpd.NewLimiter(cfg.RateAddress, cfg.RateAddress), log: cfg.Log, now: cfg.Clock,
	}
	metric.Register(cfg.Metrics, cfg.Log, metric.Source{
		Name:    "people",
		Figures: []metric.Figure{{Name: "parley_people_rate_limited_total", Help: "New visitors refused for the rate of their address.", Counter: true}},
		Ask: func(_ context.Context, put metric.Put) error {
			put("parley_people_rate_limited_total", float64(s.rate.Refused()))
			return nil
		},
	})
	return s
}

// Name is "people".
func (s *Service) Name() string { return "people" }

// Migrations are the tables of schema people.
func (s *Service) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// Run answers other systems until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	stop, err := s.offer() //nolint:contextcheck // requests come from other machines, each with its own end
	if err != nil {
		return err
	}
	defer stop()
	<-ctx.Done()
	return nil
}

// Verify implements auth.Verifier for visitors' tokens. It goes on while
// PostgreSQL or the broker is away.
func (s *Service) Verify(ctx context.Context, token string) (auth.Viewer, bool, error) {
	if !isVisitorToken(token) {
		return auth.Viewer{}, false, nil
	}
	now := s.now()
	c, err := s.read(ctx, token, now)
	if err != nil {
		return auth.Viewer{}, false, err
	}
	return c.viewer(now), true, nil
}

// read returns what a token says. That of an erased person is worth as little as
// one that was never given out.
func (s *Service) read(ctx context.Context, token string, now time.Time) (claims, error) {
	c, err := s.tokens.read(token, now)
	if err == nil && s.erased(ctx, c.Contact) {
		err = errBadToken()
	}
	if err != nil {
		return claims{}, err
	}
	return c, nil
}

// Contacts returns what is known of the contacts, by the id that was asked for:
// for one that was merged that is the contact that remains, whose own id is
// another. Unknown ids are not in the answer. At most 1000 ids.
func (s *Service) Contacts(ctx context.Context, ids []string) (map[string]event.Contact, error) {
	if len(ids) > maxBatch {
		ids = ids[:maxBatch]
	}
	return contactsByID(ctx, s.db, ids)
}

const maxBatch = 1000
