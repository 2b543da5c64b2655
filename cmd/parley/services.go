package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"parley/agents"
	"parley/bot"
	"parley/chat"
	"parley/event"
	"parley/gateway"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/view"
	"parley/kb"
	embedder "parley/kb/embed"
	"parley/people"
	"parley/routing"
	"parley/web"
	"parley/webhooks"
)

// services are the modules on a stack. Those that --only leaves out are made
// all the same, because others ask them questions; they do not run.
type services struct {
	db       *pg.DB
	bus      *bus.Bus
	gate     *auth.Gate
	chat     *chat.Service
	people   *people.Service
	agents   *agents.Service
	kb       *kb.Service
	bot      *bot.Service
	routing  *routing.Service
	webhooks *webhooks.Service
	gateway  *gateway.Service
	web      webModule
}

// webModule gives the pages the shape of a module.
type webModule struct{ *web.Pages }

func (webModule) Name() string                  { return "web" }
func (webModule) Migrations() fs.FS             { return nil }
func (webModule) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// build wires the modules: what each needs is what it is given here.
func (s *stack) build(metrics prometheus.Registerer) (*services, error) {
	public, err := url.Parse(s.cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("--public-url: %w", err)
	}
	allowed, err := s.cfg.egress()
	if err != nil {
		return nil, err
	}
	embedding, err := s.embedder()
	if err != nil {
		return nil, err
	}
	origins, clock := s.cfg.origins(), s.cfg.clock
	own := func(module string) prometheus.Registerer { return s.cfg.metricsOf(module, metrics) }
	m := services{db: s.db, bus: s.bus}
	m.agents = agents.New(s.db, s.bus, agents.Config{Clock: clock, PublicURL: s.cfg.PublicURL, RateLogin: s.cfg.RateLogin, Metrics: own("agents"), Log: s.log.With("module", "agents")})
	m.chat = chat.New(s.db, s.bus, m.agents, chat.Config{
		Now:    func() time.Time { return event.Stamp(clock()) },
		Secret: s.secret, MaxText: s.cfg.MaxText, MaxUpload: s.cfg.MaxUpload, Uploads: s.cfg.Uploads, Metrics: own("chat"), Log: s.log.With("module", "chat"),
	})
	m.people = people.New(s.db, s.bus, m.chat, people.Config{
		Clock:  clock,
		Secret: s.secret, Origins: origins, RateAddress: s.cfg.RateAddress, Metrics: own("people"), Log: s.log.With("module", "people"),
	})
	m.kb = kb.New(s.db, s.bus, kb.Config{
		Clock:    clock,
		Embedder: embedding, PublicURL: public, Contact: contactPath, VoteRate: s.cfg.RateVote, Metrics: own("kb"), Log: s.log,
		Assets:   view.Assets{Stylesheet: web.Stylesheet(), Script: web.Enhancements()},
		Visitors: m.people, Secret: s.secret, VideoHosts: s.cfg.VideoHosts,
		Staff: m.agents, Conversations: m.chat, Client: httpd.NewClient(allowed, 0), SyncDir: s.cfg.KBSyncDir, SyncEvery: s.cfg.KBSyncEvery,
	})
	m.routing = routing.New(s.db, s.bus, m.agents, m.chat, routing.Config{Clock: clock, Metrics: own("routing"), Log: s.log.With("module", "routing")})
	mailer, err := s.mailer()
	if err != nil {
		return nil, err
	}
	m.bot = bot.New(s.db, s.bus, m.kb, m.chat, bot.Config{
		Now:    clock,
		Mailer: mailer, CodesPerHour: s.cfg.RateCode,
		Queue: m.routing, People: m.people, Secret: s.secret,
		Staff: m.routing, Conversations: m.chat, Metrics: own("bot"), Log: s.log.With("module", "bot"),
		LLM: bot.LLM{
			URL: s.cfg.LLMURL, Key: s.cfg.LLMKey, Model: s.cfg.LLMModel, Timeout: s.cfg.LLMTimeout, DailyTokens: s.cfg.LLMDailyTokens,
			Client: httpd.NewClient(allowed, 0),
		},
	})
	m.webhooks = webhooks.New(s.db, s.bus, webhooks.Config{Clock: clock, Metrics: own("webhooks"), Secret: s.secret, Client: httpd.NewClient(allowed, 0), Log: s.log.With("module", "webhooks")})
	m.gate = auth.NewGate(m.people, m.agents)
	m.gateway = gateway.New(s.bus, m.gate, m.chat, gateway.Config{
		Clock:   clock,
		Origins: origins, MaxSockets: s.cfg.MaxSockets, MaxText: s.cfg.MaxText, RateVisitor: s.cfg.RateVisitor, RateAddress: s.cfg.RateAddress,
		Metrics: own("gateway"), Log: s.log.With("module", "gateway"),
	})
	pages := web.Config{Inboxes: m.chat, SpeaksFirst: m.bot.SpeaksFirst}
	if s.cfg.Demo {
		pages.DemoInbox = m.chat.FirstInboxKey
	}
	m.web = webModule{web.New(pages)}
	return &m, nil
}

// mailer is the bot's way to send codes, nil without a mail server.
func (s *stack) mailer() (bot.Mailer, error) {
	sender, err := s.cfg.mailer()
	if err != nil || sender == nil {
		return nil, err // not the nil sender: the bot asks whether there is one
	}
	return sender, nil
}

// embedder is the endpoint the operator named, nil for the built-in one.
func (s *stack) embedder() (embedder.Embedder, error) {
	if s.cfg.EmbedURL == "" {
		return nil, nil //nolint:nilnil // nil is the built-in embedder
	}
	allowed, err := s.cfg.egress()
	if err != nil {
		return nil, err
	}
	return embedder.NewOpenAI(embedder.OpenAIConfig{
		URL: s.cfg.EmbedURL, Key: s.cfg.EmbedKey, Model: s.cfg.EmbedModel, Client: httpd.NewClient(allowed, embedTimeout),
	})
}

// all lists every module; the order is that of `parley routes`.
func (m *services) all() []app.Module {
	return []app.Module{m.gateway, m.chat, m.people, m.agents, m.bot, m.kb, m.routing, m.webhooks, m.web}
}

// running lists the modules that this process runs.
func (m *services) running(cfg *config) []app.Module {
	var out []app.Module
	for _, module := range m.all() {
		if cfg.runs(module.Name()) {
			out = append(out, module)
		}
	}
	return out
}

// contactPath is where the help centre sends people who want a person.
const contactPath = "/contact"

// contact leads to the chat page of the oldest inbox.
func (m *services) contact(c *fiber.Ctx) error {
	key, err := m.chat.FirstInboxKey(c.UserContext())
	if err != nil {
		return err
	}
	return c.Redirect("/chat?inbox="+url.QueryEscape(key), fiber.StatusFound)
}

// routes adds the routes of the modules to an application.
func (m *services) routes(r fiber.Router, modules []app.Module) {
	httpd.Handle(r, fiber.MethodGet, "/", httpd.Public, func(c *fiber.Ctx) error { return c.Redirect("/help", fiber.StatusFound) })
	httpd.Handle(r, fiber.MethodGet, contactPath, httpd.Public, m.contact)
	for _, module := range modules {
		module.Routes(r)
	}
}

// migrate brings the database to this version. It is safe to run in several
// processes at once.
func (s *stack) migrate(ctx context.Context, modules []app.Module) error {
	if err := pg.EnsureExtensions(ctx, s.db); err != nil {
		return err
	}
	if err := pg.Migrate(ctx, s.db, "bus", bus.Migrations()); err != nil {
		return err
	}
	for _, module := range modules {
		files := module.Migrations()
		if files == nil {
			continue
		}
		if err := pg.Migrate(ctx, s.db, module.Name(), files); err != nil {
			return fmt.Errorf("migrate %s: %w", module.Name(), err)
		}
	}
	return nil
}
