package kb

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/internal/view"
	"parley/kb/index"
)

const (
	pageResults = 20
	alwaysShown = 3
	shownAbove  = 0.2
)

func (s *Service) searchPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	available, err := locales(ctx, s.db, r)
	if err != nil {
		return pg.Map(err)
	}
	locale := s.chooseLocale(c, available)
	query := markup.Cut(printable(c.Query("q")), 300)
	body := searchView{Query: query, Empty: view.Empty{
		Title: "Nothing found", Text: "Try other words, or fewer of them. What others read is below.",
	}}
	if query != "" {
		found, err := s.search(ctx, r.query(query, locale, pageResults), true)
		if err != nil {
			return err
		}
		shown := worthShowing(found.passages)
		id := s.recordSearch(ctx, query, locale, sourceHelp, len(shown))
		if body.Results, err = s.results(ctx, orElse(found.meant, query), id, shown); err != nil {
			return pg.Map(err)
		}
		if found.meant != "" {
			body.Meant = &link{Title: found.meant, URL: "/help/search?" + url.Values{"q": {found.meant}, "lang": {locale}}.Encode()}
		}
	}
	if len(body.Results) == 0 {
		if body.Suggestions, err = s.popular(ctx, r, locale); err != nil {
			return pg.Map(err)
		}
	}
	title := "Search"
	if query != "" {
		title = "Results for " + query
	}
	return s.sendPage(c, view.Head{Title: title, NoIndex: true, OwnSearch: true}, func(head view.Head) error { return s.pages.search.Send(c, fiber.StatusOK, head, body) })
}

// worthShowing cuts off the end of a list that has little to do with the
// question. A few stay in any case: a reader judges better than an estimate.
func worthShowing(found []event.Passage) []event.Passage {
	for i, p := range found {
		if i >= alwaysShown && p.Answerable < shownAbove {
			return found[:i]
		}
	}
	return found
}

func (s *Service) results(ctx context.Context, query, search string, found []event.Passage) ([]resultView, error) {
	articles := make([]string, len(found))
	for i, p := range found {
		articles[i] = p.Article
	}
	places, err := placesOf(ctx, s.db, articles)
	if err != nil {
		return nil, err
	}
	out := make([]resultView, len(found))
	for i, p := range found {
		place := places[p.Article]
		group := Collection{Titles: place.titles}
		out[i] = resultView{
			Title: highlight(p.Title, query, p.Locale), Snippet: highlight(p.Snippet, query, p.Locale), URL: traced(p.URL, search), Lang: p.Locale,
			Collection: group.title(p.Locale, s.cfg.Locale), Heading: p.Heading, Updated: place.updated,
		}
	}
	return out, nil
}

// traced adds the search to a result's address, so that authors learn which
// searches lead somewhere.
func traced(address, search string) string {
	u, err := url.Parse(address)
	if err != nil || search == "" {
		return address
	}
	q := u.Query()
	q.Set("from", search)
	u.RawQuery = q.Encode()
	return u.String()
}

func highlight(text, query, locale string) view.Highlighted {
	var out view.Highlighted
	at := 0
	for _, m := range index.Marks(text, query, locale) {
		if m.Start > at {
			out = append(out, view.Part{Text: text[at:m.Start]})
		}
		out = append(out, view.Part{Text: text[m.Start:m.End], Marked: true})
		at = m.End
	}
	if at < len(text) {
		out = append(out, view.Part{Text: text[at:]})
	}
	return out
}
