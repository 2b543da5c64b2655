package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"parley/internal/httpd"
)

// withStack runs do on the data folder's stack: that of a running server when
// there is one. Commands log warnings only; their output is for people.
func (p *program) withStack(ctx context.Context, do func(context.Context, *stack) error) error {
	log := slog.New(slog.NewTextHandler(p.errOut, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if !p.cfg.ownPublic {
		p.cfg.PublicURL = lastPublicURL(&p.cfg)
	}
	s, err := openStack(ctx, &p.cfg, log, true)
	if err != nil {
		return err
	}
	defer s.close() //nolint:contextcheck // closing goes on after ctx has ended
	return do(ctx, s)
}

// withServices is withStack with the modules, on a database of this version.
// What they announce waits in the outbox for a server, this one's or the next
// that starts.
func (p *program) withServices(ctx context.Context, do func(context.Context, *services) error) error {
	return p.withStack(ctx, func(ctx context.Context, s *stack) error {
		m, err := s.build(nil)
		if err != nil {
			return err
		}
		if err := s.migrate(ctx, m.all()); err != nil {
			return err
		}
		return do(ctx, m)
	})
}

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "migrate",
		Short:   "Bring the database to this version (serve does it too)",
		Example: "  parley migrate --database-url postgres://…",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), func(context.Context, *services) error { return nil })
		},
	}
}

func (p *program) routesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List the HTTP routes with the access each needs",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			routes, err := p.listRoutes()
			if err != nil {
				return err
			}
			if asJSON {
				return p.json(routes)
			}
			for _, r := range routes {
				if _, err := p.printf("%-7s %-10s %s\n", r.Method, r.Access, r.Path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// listRoutes reads the routes from an application that is never served; it
// needs neither PostgreSQL nor a data folder.
func (p *program) listRoutes() ([]httpd.Route, error) {
	s := offlineStack(&p.cfg)
	m, err := s.build(prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	app := httpd.New(httpd.Config{Gate: m.gate, Log: s.log})
	m.routes(app, m.all())
	return httpd.Routes(app), nil
}
