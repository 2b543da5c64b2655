package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"parley/agents"
	"parley/internal/app"
	"parley/internal/httpd"
)

const embedTimeout = 30 * time.Second

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run Parley",
		Example: "  parley serve --demo\n" +
			"  parley serve --data /var/lib/parley --addr 0.0.0.0:8080 --public-url https://support.example.com\n" +
			"  parley serve --only gateway --nats-url nats://a,nats://b --database-url postgres://…",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), nil) },
	}
}

// serve runs until ctx ends. started, when not nil, is told the address it
// listens on once it answers.
func (p *program) serve(ctx context.Context, started func(addr string)) (err error) {
	log, err := p.cfg.logger(p.errOut)
	if err != nil {
		return usageError{err}
	}
	s, err := openStack(ctx, &p.cfg, log, false)
	if err != nil {
		return err
	}
	defer s.close() //nolint:contextcheck // closing goes on after ctx has ended
	if err := writeOnce(publicFile(&p.cfg), p.cfg.PublicURL+"\n"); err != nil {
		return err
	}
	health := newAdmin(s)
	m, err := s.build(health.registry)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, m.all()); err != nil {
		return err
	}
	greeting, err := p.prepare(ctx, m)
	if err != nil {
		return err
	}
	web := httpd.New(httpd.Config{Gate: m.gate, Origins: p.cfg.origins(), TrustedProxies: p.cfg.TrustedProxies, Metrics: health.registry, Log: log})
	m.routes(web, m.running(&p.cfg)) //nolint:contextcheck // each request has its own

	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", p.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on --addr: %w", err)
	}
	greeting.print(p, s)
	if started != nil {
		started(ln.Addr().String())
	}
	return p.run(ctx, s, web, ln, health, m)
}

// run serves until ctx ends. Then the modules stop first: the gateway says
// goodbye to its sockets and consumers finish what they hold; only then the
// web server and what all stand on.
func (p *program) run(ctx context.Context, s *stack, web *fiber.App, ln net.Listener, health *admin, m *services) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := web.Listener(ln); err != nil && gctx.Err() == nil {
			return fmt.Errorf("serve --addr: %w", err)
		}
		return nil
	})
	g.Go(func() error { return health.run(gctx, p.cfg.AdminAddr) })
	g.Go(func() error { return s.bus.RelayOutbox(gctx, s.db) })
	if p.cfg.runs("chat") {
		g.Go(func() error { return m.retain(gctx, &p.cfg, s.log) })
	}
	g.Go(func() error { releaseStart(gctx, s.log); return nil })
	g.Go(func() error { tuneCollector(gctx); return nil })
	g.Go(func() error {
		err := app.Run(gctx, m.running(&p.cfg)...)
		health.draining.Store(true)
		return errors.Join(err, web.ShutdownWithTimeout(10*time.Second))
	})
	return g.Wait()
}

// greeting is what the operator is told at the start.
type greeting struct {
	setup string // link to create the first admin
	demo  []agents.DemoLink
}

// prepare fills the demo and makes the links of the first start.
func (p *program) prepare(ctx context.Context, m *services) (greeting, error) {
	var out greeting
	if p.cfg.Demo {
		inbox, err := m.chat.SeedDemo(ctx, p.cfg.origins())
		if err != nil {
			return out, fmt.Errorf("make the demo inbox: %w", err)
		}
		if err := m.kb.SeedDemo(ctx); err != nil {
			return out, fmt.Errorf("fill the demo's help centre: %w", err)
		}
		if err := m.bot.SeedDemo(ctx, inbox.ID); err != nil {
			return out, fmt.Errorf("make the demo's intents: %w", err)
		}
		if out.demo, err = m.agents.SeedDemo(ctx); err != nil {
			return out, fmt.Errorf("make the demo's agents: %w", err)
		}
	}
	if !p.cfg.runs("agents") {
		return out, nil // another process prints the link; a second one would end it
	}
	link, needed, err := m.agents.SetupLink(ctx)
	if err != nil {
		return out, fmt.Errorf("make the link for the first admin: %w", err)
	}
	if needed {
		out.setup = link
	}
	return out, nil
}

func (g greeting) print(p *program, s *stack) {
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(p.out, format+"\n", args...) // a closed stdout must not stop the server
	}
	say("")
	say("Parley is running.")
	say("")
	if p.cfg.Demo {
		say("  Demo site     %s/demo", p.cfg.PublicURL)
	}
	say("  Console       %s/console", p.cfg.PublicURL)
	say("  Help centre   %s/help", p.cfg.PublicURL)
	if p.cfg.AdminAddr != "" {
		say("  Health        http://%s/readyz and /metrics", p.cfg.AdminAddr)
	}
	if url := s.bus.ClientURL(); url != "" {
		say("  NATS          %s", url)
	}
	say("  Data          %s", p.cfg.Data)
	if g.setup != "" {
		say("")
		say("Create the first admin (once, within 24 hours):")
		say("  %s", g.setup)
	}
	if len(g.demo) > 0 {
		say("")
		say("Sign in as one of the demo's agents (each link works once):")
		for _, d := range g.demo {
			say("  %-12s %-10s %s", d.Name, d.Role, d.Link)
		}
	}
	say("")
}
