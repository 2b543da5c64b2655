package bot

import (
	"context"
	"sync/atomic"
	"time"

	"parley/bot/entity"
	"parley/internal/pg"
)

// productNotice is the core subject on which a process that changed the products
// tells the others.
const productNotice = "settings.products"

const productsFresh = time.Minute // after which they are read again: a notice may be missed

// catalogue holds the products as messages are searched for them. It is safe for
// any number of goroutines.
type catalogue struct {
	db   *pg.DB
	now  func() time.Time
	held atomic.Pointer[entity.Catalogue]
	read atomic.Pointer[time.Time] // nil when they must be read again
}

// stale makes the next look read the products again.
func (c *catalogue) stale() { c.read.Store(nil) }

// find lists the products that a text names, by what was read last.
func (c *catalogue) find(text string) []entity.Entity {
	if names := c.held.Load(); names != nil {
		return names.Find(text)
	}
	return nil
}

// refresh reads the products unless that was done within a minute and nothing is
// known to have changed since.
func (c *catalogue) refresh(ctx context.Context) error {
	now := c.now()
	if at := c.read.Load(); at != nil && now.Sub(*at) < productsFresh {
		return nil
	}
	list, err := allProducts(ctx, c.db)
	if err != nil {
		return err
	}
	named := make([]entity.Named, len(list))
	for i := range list {
		named[i] = entity.Named{Name: list[i].Name, Aliases: list[i].Synonyms}
	}
	c.held.Store(entity.NewCatalogue(named))
	c.read.Store(&now)
	return nil
}
