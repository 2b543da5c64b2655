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

const productsFresh = time.Minute // after which they are read again where nobody knows the edition

// catalogue holds the products as messages are searched for them. It is safe for
// any number of goroutines.
type catalogue struct {
	db   *pg.DB
	now  func() time.Time
	held atomic.Pointer[heldProducts] // nil before the first look
}

type heldProducts struct {
	names   *entity.Catalogue
	read    time.Time // zero when they must be read again
	edition int64     // at least, see editions
}

// stale makes the next look read the products again, also one that is reading
// them just now.
func (c *catalogue) stale() {
	next := &heldProducts{}
	if held := c.held.Load(); held != nil {
		next.names = held.names
	}
	c.held.Store(next)
}

// find lists the products that a text names, by what was read last.
func (c *catalogue) find(text string) []entity.Entity {
	if held := c.held.Load(); held != nil && held.names != nil {
		return held.names.Find(text)
	}
	return nil
}

// refresh reads the products unless that was done within a minute, nothing is
// known to have changed since, and what is held is of the edition or newer.
func (c *catalogue) refresh(ctx context.Context, edition int64) error {
	now, before := c.now(), c.held.Load()
	if before != nil {
		if now.Sub(before.read) < productsFresh && before.edition >= edition {
			return nil
		}
		edition = max(edition, before.edition)
	}
	list, err := allProducts(ctx, c.db)
	if err != nil {
		return err
	}
	named := make([]entity.Named, len(list))
	for i := range list {
		named[i] = entity.Named{Name: list[i].Name, Aliases: list[i].Synonyms}
	}
	c.keep(before, &heldProducts{entity.NewCatalogue(named), now, edition})
	return nil
}

// keep puts what was read in use. When something has changed since before, it is
// used until the next look only, which reads again.
func (c *catalogue) keep(before, next *heldProducts) {
	if !c.held.CompareAndSwap(before, next) {
		c.held.Store(&heldProducts{names: next.names})
	}
}
