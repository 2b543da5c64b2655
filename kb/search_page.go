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
	own, say := s.own(c, locale), s.texts.In(locale)
	body := searchView{Query: query, Isolated: isolated(query), Empty: view.Empty{Title: say.Say("search.nothing"), Text: say.Say("search.nothingText")}}
	if query != "" {
		found, err := s.search(ctx, r.query(query, locale, pageResults), true)
		if err != nil {
			return err
		}
		shown := worthShowing(found.passages)
		id := s.recordSearch(ctx, query, locale, sourceHelp, len(shown))
		if body.Results, err = s.results(ctx, orElse(found.meant, query), id, own, shown); err != nil {
			return pg.Map(err)
		}
		if found.meant != "" {
			body.Meant = &link{Title: found.meant, URL: "/help/search?" + url.Values{"q": {found.meant}, "lang": {locale}}.Encode()}
		}
	}
	if len(body.Results) == 0 {
		if body.Suggestions, err = s.popular(ctx, r, locale, own); err != nil {
			return pg.Map(err)
		}
	}
	title := say.Say("search.title")
	if query != "" {
		title = say.Say("search.results", "query", body.Isolated)
	}
	head := view.Head{Title: title, Description: say.Say("site.description", "product", s.cfg.Product), Lang: locale, Query: query, NoIndex: true, OwnSearch: true}
	return s.sendPage(c, head, func(head view.Head) error { return s.pages.search.Send(c, fiber.StatusOK, head, body) })
}

// isolated keeps the direction of a text to itself (Unicode's FSI and PDI).
func isolated(s string) string { return "\u2068" + s + "\u2069" }

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

func (s *Service) results(ctx context.Context, query, search, own string, found []event.Passage) ([]resultView, error) {
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
			Title: highlight(p.Title, query, p.Locale), Snippet: highlight(p.Snippet, query, p.Locale), URL: traced(p.URL, p.Locale, own, search), Lang: p.Locale,
			Collection: group.title(p.Locale, s.cfg.Locale), Heading: p.Heading, Updated: place.updated,
		}
	}
	return out, nil
}

// traced adds the search to a result's address, so that authors learn which
// searches lead somewhere, and its language unless that is own.
func traced(address, locale, own, search string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	if search != "" {
		q.Set("from", search)
	}
	if locale != own {
		q.Set("lang", locale)
	}
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
