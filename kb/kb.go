package kb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/blob"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/messages"
	"parley/internal/pg"
	"parley/internal/redact"
	"parley/internal/seal"
	"parley/internal/view"
	embedder "parley/kb/embed"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the knowledge base. The zero value works.
type Config struct {
	Log       *slog.Logger          // nil discards
	Embedder  embedder.Embedder     // nil is the built-in one
	Assets    view.Assets           // addresses of the style sheet and script of public pages
	PublicURL *url.URL              // for links that leave the site; nil is http://localhost:8080
	Locale    string                // the help centre's own language; "" is en
	Product   string                // whose help centre it is; "" is Parley
	Contact   string                // path where people reach a human; "" shows no such link
	VoteRate  int                   // votes, and records of searches, of an address a minute; 0 is no limit
	Metrics   prometheus.Registerer // nil keeps none
	Clock     func() time.Time      // nil means time.Now

	Visitors   Visitors // what sites have proved of their visitors; nil knows none
	Secret     []byte   // of the deployment; none makes one that ends with the process
	VideoHosts []string // whose films articles may show, as host names; nil is YouTube and Vimeo
	MaxFile    int64    // bytes of a file to download or a video; 0 is 200 MiB

	Staff         Staff         // who may be asked to review; nil takes anybody
	Conversations Conversations // of which articles are made; nil makes none
	Client        *http.Client  // asks for links that leave the site; nil asks for none

	SyncDir   string        // folder of Markdown that is kept in step; "" is none
	SyncEvery time.Duration // between two looks at it; 0 is a minute
}

// Service is the knowledge base.
type Service struct {
	db     *pg.DB
	bus    *bus.Bus
	cfg    Config
	log    *slog.Logger
	texts  *messages.Catalogue
	pages  *pages
	votes  *httpd.Limiter
	opened *httpd.Limiter // what readers say of their searches
	views  viewCounts

	local   embedder.Learner
	queries *lru.Cache[string, []float32] // vectors of recent questions

	snap    atomic.Pointer[snapshot]
	loading sync.Mutex    // held while a snapshot is made
	changed chan struct{} // the index is old
	vectors chan struct{} // passages may be without vectors
	checks  chan struct{} // somebody wants the links checked

	readers *seal.Box // what says who reads
	redact  *redact.Finder
	files   *blob.Store // pictures on their way into articles
}

const cachedQueries = 1000

// New makes the knowledge base. Routes may serve before Run runs: the first
// search then makes the index.
func New(db *pg.DB, b *bus.Bus, cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	local := embedder.NewLocal()
	if cfg.Embedder == nil {
		cfg.Embedder = local
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.PublicURL == nil {
		cfg.PublicURL = &url.URL{Scheme: "http", Host: "localhost:8080"}
	}
	if len(cfg.Secret) == 0 {
		cfg.Secret = seal.Random(sha256.Size)
	}
	if cfg.VideoHosts == nil {
		cfg.VideoHosts = defaultVideoHosts()
	}
	cfg.MaxFile = cmp.Or(cfg.MaxFile, defaultMaxFile)
	cfg.Locale = orElse(cfg.Locale, "en")
	cfg.Product = orElse(cfg.Product, "Parley")
	queries, err := lru.New[string, []float32](cachedQueries)
	if err != nil {
		panic(err) // only for a size below one
	}
	texts := newTexts()
	s := &Service{
		db: db, bus: b, cfg: cfg, log: cfg.Log.With("module", "kb"), texts: texts, pages: newPages(cfg, texts),
		votes: httpd.NewLimiter(cfg.VoteRate, cfg.VoteRate), opened: httpd.NewLimiter(cfg.VoteRate, cfg.VoteRate),
		local: local, queries: queries,
		changed: make(chan struct{}, 1), vectors: make(chan struct{}, 1), checks: make(chan struct{}, 1),
		readers: seal.New(cfg.Secret, "kb.reader"),
		redact:  redact.NewFinder(),
		files:   blob.New(b, blob.Config{MaxSize: maxImage}),
	}
	s.showFigures()
	return s
}

func (s *Service) now() time.Time { return event.Stamp(s.cfg.Clock()) }

// Name implements app.Module.
func (s *Service) Name() string { return "kb" }

// Migrations implements app.Module.
func (s *Service) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return files
}

// Run implements app.Module: it keeps the index of this process and, in one
// process at a time, the vectors.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.followChanges(ctx) })
	g.Go(func() error { return s.bus.Lead(ctx, "kb-vectors", s.embedLoop) })
	g.Go(func() error { return s.keepHouse(ctx) })
	g.Go(func() error {
		return s.bus.OnDue(ctx, "kb-publish", publishTimer, func(ctx context.Context, article string, _ []byte) error { return s.publishDue(ctx, article) })
	})
	g.Go(func() error { return s.bus.Lead(ctx, "kb-calendar", s.keepCalendar) })
	g.Go(func() error { return s.followChecks(ctx) })
	if s.cfg.SyncDir != "" {
		g.Go(func() error { return s.bus.Lead(ctx, "kb-sync", s.keepInStep) })
	}
	return g.Wait()
}

// wake asks a loop to run once more; a wake that waits already is enough.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
