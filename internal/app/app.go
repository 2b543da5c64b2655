// Package app holds the contract by which main knows the parts of Parley and
// runs them.
package app

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"
)

// Module is all that main knows about a part of Parley.
type Module interface {
	// Name is also the module's PostgreSQL schema and the prefix of its
	// consumers.
	Name() string
	// Migrations holds the module's numbered SQL files at its root; nil when it
	// owns no tables.
	Migrations() fs.FS
	// Routes adds the module's HTTP surface.
	Routes(fiber.Router)
	// Run runs consumers and timers and returns when ctx ends.
	Run(ctx context.Context) error
}

// Run runs the modules until ctx ends or one of them fails; then all are
// stopped and waited for. It returns the first failure.
func Run(ctx context.Context, modules ...Module) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, m := range modules {
		g.Go(func() error {
			if err := m.Run(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", m.Name(), err)
			}
			return nil
		})
	}
	return g.Wait()
}
