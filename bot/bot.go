package bot

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/redact"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config of the module.
type Config struct {
	// IntentThreshold is the confidence, 0 … 1, from which an intent's answer is
	// given; 0 means 0.5.
	IntentThreshold float64
	// AnswerThreshold is how surely a passage must be the answer to be quoted;
	// 0 means 0.5. From SuggestThreshold on it is offered; 0 means 0.15.
	AnswerThreshold, SuggestThreshold float64

	LLM LLM // no URL means none
	// Mailer sends one-time codes to visitors whom a personal tool must know; nil
	// hands over to people instead.
	Mailer Mailer
	// CodesPerHour is how many one-time codes are sent in all; 0 is no limit.
	CodesPerHour int
	// People knows the contacts; nil keeps flows from reading or telling anything
	// of them, and the bot from reading to anybody what is not for everybody.
	People People
	// Queue says how many wait for people; nil means nobody does.
	Queue Queue
	// Secret is the installation's, from which the key of one-time codes is
	// derived. Nil makes codes that end with the process.
	Secret []byte

	// Conversations is what the copilot reads; nil switches it off.
	Conversations Conversations

	Staff   Staff                 // says whether people are there; nil leaves open when they answer
	Now     func() time.Time      // the clock; nil means event.Now
	Metrics prometheus.Registerer // nil keeps none
	Log     *slog.Logger          // nil discards
}

func (c *Config) setDefaults() {
	c.IntentThreshold = cmp.Or(c.IntentThreshold, 0.5)
	c.AnswerThreshold = cmp.Or(c.AnswerThreshold, 0.5)
	c.SuggestThreshold = cmp.Or(c.SuggestThreshold, 0.15)
	if c.Now == nil {
		c.Now = event.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Inboxes knows the inboxes; *chat.Service does.
type Inboxes interface {
	// Inbox returns the inbox, or errs.NotFound.
	Inbox(ctx context.Context, id string) (event.Inbox, error)
	// InboxByKey returns the inbox of a public key, or errs.NotFound.
	InboxByKey(ctx context.Context, key string) (event.Inbox, error)
}

// People knows the contacts; *people.Service does.
type People interface {
	// Contacts returns the contacts by the ids that were asked for.
	Contacts(ctx context.Context, ids []string) (map[string]event.Contact, error)
	// Learn notes what a visitor has said of themselves. It changes nothing that
	// their site has signed.
	Learn(ctx context.Context, contact string, attributes map[string]string) error
	// Proved returns the attributes of a contact that its site has signed, or
	// errs.NotFound.
	Proved(ctx context.Context, contact string) (map[string]any, error)
}

// Service is the module. Its methods work without Run, in a process that
// answers requests and leaves conversations to others.
type Service struct {
	db       *pg.DB
	bus      *bus.Bus
	searcher Searcher
	inboxes  Inboxes
	cfg      Config
	log      *slog.Logger

	understanding *understanding
	follow        *follow
	redact        *redact.Finder
	phrases       phrases
	trainer       *trainer
	llm           *author // nil without a language model
	metrics       *metrics
	quiet         *quiet

	flows    *flowBook
	products *catalogue
	engine   *flow.Engine
	reader   flow.Reader
	toolbox  toolbox
	codeKey  []byte

	examined atomic.Pointer[Examination] // the last one
	exams    singleflight.Group
	// invoke calls a tool for the language model: callTool.
	invoke  func(ctx context.Context, c *toolCall) (map[string]any, error)
	copilot *httpd.Limiter // of an agent's wishes
	replays *replays
}

// New makes the module; Run starts it.
func New(db *pg.DB, b *bus.Bus, searcher Searcher, inboxes Inboxes, cfg Config) *Service {
	cfg.setDefaults()
	u := newUnderstanding()
	s := &Service{
		db: db, bus: b, searcher: searcher, inboxes: inboxes, cfg: cfg, log: cfg.Log,
		understanding: u, follow: newFollow(u), redact: redact.NewFinder(), phrases: newPhrases(),
		trainer: newTrainer(db, cfg.Log), llm: newAuthor(db, cfg.LLM, cfg.Now), metrics: newMetrics(cfg.Metrics), quiet: newQuiet(),
		copilot: httpd.NewLimiter(copilotPerMinute, copilotBurst), replays: newReplays(),
	}
	s.flows, s.products, s.codeKey = newFlowBook(db, s.now), &catalogue{db: db, now: s.now}, codeKey(cfg.Secret)
	s.reader = &slots{s.understanding, s.products, s.now}
	s.engine = flow.NewEngine(s.reader)
	s.invoke = s.callTool
	s.showFigures()
	return s
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Name is "bot".
func (s *Service) Name() string { return "bot" }

// Migrations are the files of schema "bot".
func (s *Service) Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // only for a malformed path
	}
	return files
}

// Run learns the intents and answers visitors until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	notices, err := s.bus.Subscribe(intentNotice, func(string, []byte) { s.trainer.wake() })
	if err != nil {
		return err
	}
	defer notices.Unsubscribe()
	changes, err := s.bus.Subscribe(flowNotice, func(string, []byte) { s.flows.stale() })
	if err != nil {
		return err
	}
	defer changes.Unsubscribe()
	products, err := s.bus.Subscribe(productNotice, func(string, []byte) { s.products.stale() })
	if err != nil {
		return err
	}
	defer products.Unsubscribe()
	g, ctx := errgroup.WithContext(ctx)
	for _, run := range []func(context.Context) error{s.trainer.run, s.runAnswers, s.runForgetting, s.runReplays} {
		g.Go(func() error { return run(ctx) })
	}
	return g.Wait()
}

const (
	keepTalks   = 90 * 24 * time.Hour // three times as long as the log keeps the events
	keepCalls   = 30 * 24 * time.Hour // of tools
	keepCodes   = 48 * time.Hour
	forgetEvery = 24 * time.Hour
)

// runForgetting deletes what is remembered of conversations that ended long
// ago, and messages that nobody has dealt with, once a day.
func (s *Service) runForgetting(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		err := errors.Join(deleteOldTalks(ctx, s.db, s.now().Add(-keepTalks)), deleteOldMisfits(ctx, s.db, s.now().Add(-keepMisfits)))
		if err != nil && ctx.Err() == nil {
			s.log.Warn("old talks could not be deleted and will be tomorrow", "error", err)
		}
		if err := deleteOldReplays(ctx, s.db, s.now().Add(-keepReplays)); err != nil && ctx.Err() == nil {
			s.log.Warn("old reports of shadow mode could not be deleted and will be tomorrow", "error", err)
		}
		err = errors.Join(deleteOldCodes(ctx, s.db, s.now().Add(-keepCodes)), deleteOldCalls(ctx, s.db, s.now().Add(-keepCalls)))
		if err != nil && ctx.Err() == nil {
			s.log.Warn("old calls of tools and counts of codes could not be deleted and will be tomorrow", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
