package kb

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/markup"
)

// openedBody says what a reader typed and which of the suggestions they opened.
type openedBody struct {
	Query   string `json:"q"`
	Locale  string `json:"locale"`
	Slug    string `json:"slug"` // of the article; "" when nothing was opened
	Results int    `json:"results"`
	Source  string `json:"source"` // suggest or widget
	// ID is under which a vote on the opened article will name the search, as
	// from=id in its address; "" when nobody will.
	ID string `json:"id"`
}

func (b *openedBody) normalise() error {
	b.Query = markup.Cut(printable(b.Query), maxTyped)
	switch {
	case b.Query == "":
		return errs.Field("q", "must not be empty")
	case b.Locale != "" && !field.Language(b.Locale):
		return errs.Field("locale", "must be a language tag such as en or pt-BR")
	case b.Results < 0 || b.Results > maxPassages:
		return errs.Field("results", "must be between 0 and %d", maxPassages)
	case b.ID != "" && !ids.Valid(b.ID):
		return errs.Field("id", "must be lower-case letters and digits from 2 to 7")
	case !slices.Contains([]string{sourceSuggest, sourceWidget}, b.Source):
		return errs.Field("source", "must be %s or %s", sourceSuggest, sourceWidget)
	}
	return nil
}

const maxTyped = 300 // characters

// postOpened records a search that was made while typing. Each letter is no
// search: the page says what it came to, when a suggestion is opened or when
// there is none.
func (s *Service) postOpened(c *fiber.Ctx) error {
	if err := s.opened.AllowAddress(c.IP()); err != nil {
		return err
	}
	var b openedBody
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	if err := b.normalise(); err != nil {
		return err
	}
	o := event.SearchOutcome{ID: orElse(strings.Clone(b.ID), ids.New()), Text: b.Query, Locale: strings.Clone(b.Locale), Source: b.Source, Results: b.Results, Outcome: event.SearchShown}
	if b.Slug != "" {
		r, err := s.readerOf(c)
		if err != nil {
			return err
		}
		if o.Article, err = articleAt(c.UserContext(), s.db, r, b.Slug, b.Locale); err != nil {
			return err
		}
		o.Outcome = event.SearchClicked
	}
	s.record(c.UserContext(), &o)
	return c.SendStatus(fiber.StatusNoContent)
}
