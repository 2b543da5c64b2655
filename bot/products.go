package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// Limits of the list: the work of finding its names in a message grows with it.
const (
	maxProducts    = 500
	maxSynonyms    = 10
	maxProductName = 80 // characters, of a synonym too
)

// Product is something the organisation sells or supports, which a flow can ask
// for.
type Product struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`     // what an answer is kept as
	Synonyms  []string  `json:"synonyms"` // what else people call it
	UpdatedBy string    `json:"updated_by"`
	UpdatedAt time.Time `json:"updated_at"`
}

// normalize trims the names and leaves out empty and repeated ones.
func (p *Product) normalize() {
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	seen := map[string]bool{strings.ToLower(p.Name): true}
	synonyms := make([]string, 0, len(p.Synonyms))
	for _, name := range p.Synonyms {
		name = strings.Join(strings.Fields(name), " ")
		if key := strings.ToLower(name); name != "" && !seen[key] {
			seen[key] = true
			synonyms = append(synonyms, name)
		}
	}
	p.Synonyms = synonyms
}

func (p *Product) validate() error {
	switch {
	case p.Name == "":
		return errs.Field("name", "is empty; give the name by which your team knows the product")
	case !fitsProduct(p.Name):
		return errs.Field("name", "must have at most %d characters of UTF-8", maxProductName)
	case len(p.Synonyms) > maxSynonyms:
		return errs.Field("synonyms", "has more than %d entries; misspellings need not be listed", maxSynonyms)
	}
	for _, name := range p.Synonyms {
		if !fitsProduct(name) {
			return errs.Field("synonyms", "must each have at most %d characters of UTF-8", maxProductName)
		}
	}
	return nil
}

func fitsProduct(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxProductName && !strings.ContainsRune(name, 0)
}

// Products lists the products by name.
func (s *Service) Products(ctx context.Context) ([]Product, error) {
	list, err := allProducts(ctx, s.db)
	return list, pg.Map(err)
}

// CreateProduct stores a product under an id of its own. author is the name of
// who does it. errs.Conflict when the name is another's or the list is full.
func (s *Service) CreateProduct(ctx context.Context, author string, p Product) (Product, error) {
	p.ID, p.UpdatedBy, p.UpdatedAt = ids.New(), author, s.now()
	p.normalize()
	if err := p.validate(); err != nil {
		return Product{}, err
	}
	return p, s.changeProducts(ctx, func(tx pgx.Tx) error {
		if err := lockProducts(ctx, tx); err != nil {
			return err
		}
		list, err := allProducts(ctx, tx)
		if err != nil {
			return err
		}
		if len(list) >= maxProducts {
			return errs.New(errs.Conflict, "there are %d products already; remove one first", maxProducts)
		}
		return saveProduct(ctx, tx, &p)
	})
}

// UpdateProduct applies change to the product, or answers errs.NotFound.
func (s *Service) UpdateProduct(ctx context.Context, author, id string, change func(*Product)) (Product, error) {
	var p Product
	err := s.changeProducts(ctx, func(tx pgx.Tx) (err error) {
		if p, err = findProduct(ctx, tx, id); err != nil {
			return missingProduct(err)
		}
		change(&p)
		p.ID, p.UpdatedBy, p.UpdatedAt = id, author, s.now()
		p.normalize()
		if err := p.validate(); err != nil {
			return err
		}
		return saveProduct(ctx, tx, &p)
	})
	return p, err
}

// DeleteProduct forgets the product, or answers errs.NotFound.
func (s *Service) DeleteProduct(ctx context.Context, id string) error {
	return s.changeProducts(ctx, func(tx pgx.Tx) error {
		found, err := deleteProduct(ctx, tx, id)
		if err == nil && !found {
			err = missingProduct(pgx.ErrNoRows)
		}
		return err
	})
}

// changeProducts runs change in a transaction and makes this process and the
// others read the list again.
func (s *Service) changeProducts(ctx context.Context, change func(tx pgx.Tx) error) error {
	if err := s.db.InTx(ctx, change); err != nil {
		return pg.Map(err)
	}
	s.products.stale()
	if err := s.bus.Ephemeral(productNotice, json.RawMessage(`{}`)); err != nil {
		s.log.Warn("other processes read the changed products with their next message", "error", err)
	}
	return nil
}

func missingProduct(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(err, errs.NotFound, "there is no such product (any more)")
	}
	return err
}
