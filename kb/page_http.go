package kb

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/internal/view"
)

const (
	listedArticles  = 6
	relatedArticles = 3
	// relatedAbove is the estimate from which an article counts as related.
	relatedAbove = 0.4
)

func (s *Service) pageRoutes(r fiber.Router) {
	get := func(path string, h fiber.Handler) { httpd.Handle(r, fiber.MethodGet, path, httpd.Public, s.page(h)) }
	get("/help", s.homePage)
	get("/help/search", s.searchPage)
	get("/help/sitemap.xml", s.sitemap)
	get("/robots.txt", s.robots)
	get("/help/c/:slug", s.collectionPage)
	get("/help/a/:slug.md", s.markdownPage)
	get("/help/a/:slug", s.articlePage)
	get("/help/a/:slug/:node", s.articlePage)
	get("/help/enter", s.enter)
	httpd.Handle(r, fiber.MethodPost, "/help/leave", httpd.Public, s.page(s.leave))
	httpd.Handle(r, fiber.MethodGet, filePath+":name", httpd.Public, s.getFile)
	httpd.Handle(r, fiber.MethodGet, imagePath+":name", httpd.Public, s.image)
	httpd.Handle(r, fiber.MethodPost, "/help/a/:slug/vote", httpd.Public, s.page(s.votePage))
	get("/help/*", func(*fiber.Ctx) error { return errs.New(errs.NotFound, "there is no such page") })
}

// page answers errors with a page for people.
func (s *Service) page(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		err := h(c)
		switch {
		case err == nil:
			return nil
		case errs.Is(err, errs.NotFound):
			return s.missingPage(c)
		case errs.Is(err, errs.Unauthenticated):
			return s.sorryPage(c, fiber.StatusUnauthorized, "error.link", "error.linkText")
		}
		code, said := errs.Public(err).Code, "error.internal"
		switch code {
		case errs.Internal, errs.Busy:
			s.log.Error("a help page failed", "path", c.Path(), "error", err)
		case errs.Forbidden:
			said = "error.forbidden"
		case errs.RateLimited:
			said = "error.rate_limited"
		default:
			said = "error.invalid"
		}
		return s.sorryPage(c, code.HTTPStatus(), "error.title", said)
	}
}

// sorryPage says that something did not work. It asks the database for nothing.
func (s *Service) sorryPage(c *fiber.Ctx, status int, title, text string) error {
	locale := s.chooseLocale(c, s.texts.Languages())
	say := s.texts.In(locale)
	body := missingView{Title: say.Say(title), Text: say.Say(text)}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.pages.missing.Send(c, status, view.Head{Title: body.Title, Lang: locale, Choice: s.choice(c, locale), NoIndex: true, OwnSearch: true}, body)
}

// links are links to articles; own is the language that they need not name.
func links(list []Article, own string) []link {
	out := make([]link, len(list))
	for i := range list {
		out[i] = link{Title: list[i].Title, URL: articleURL(list[i].Slug, list[i].Locale, own), Lead: list[i].lead(), Lang: list[i].Locale}
	}
	return out
}

func (s *Service) popular(ctx context.Context, r Reader, locale, own string) ([]link, error) {
	list, err := popular(ctx, s.db, r, locale, s.now().Add(-popularWithin))
	return links(list, own), err
}

func (s *Service) homePage(c *fiber.Ctx) error {
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
	own, say := s.own(c, locale), s.texts.In(locale)
	body := homeView{Empty: view.Empty{Title: say.Say("home.empty"), Text: say.Say("home.emptyText")}}
	groups, err := topics(ctx, s.db, r, locale)
	if err != nil {
		return pg.Map(err)
	}
	for _, g := range groups {
		if g.Articles > 0 {
			body.Collections = append(body.Collections, card{Title: g.title(locale, s.cfg.Locale), URL: withLang("/help/c/"+url.PathEscape(g.Slug), locale, own), Articles: g.Articles})
		}
	}
	if body.Popular, err = s.popular(ctx, r, locale, own); err != nil {
		return pg.Map(err)
	}
	latest, err := recent(ctx, s.db, r, locale)
	if err != nil {
		return pg.Map(err)
	}
	body.Recent = links(latest, own)
	here := func(l, own string) string { return withLang("/help", l, own) }
	return s.sendPage(c, view.Head{
		Title: say.Say("site.name", "product", s.cfg.Product), Lang: locale, OwnSearch: true, Description: say.Say("site.description", "product", s.cfg.Product),
		Canonical: s.absolute(here(locale, s.cfg.Locale)), Alternates: s.alternates(available, locale, here),
	}, func(head view.Head) error { return s.pages.home.Send(c, fiber.StatusOK, head, body) })
}

func (s *Service) collectionPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	groups, err := topics(ctx, s.db, r, "")
	if err != nil {
		return pg.Map(err)
	}
	slug := unescape(c.Params("slug"))
	at := slices.IndexFunc(groups, func(g Collection) bool { return g.Slug == slug })
	if at < 0 {
		return errs.New(errs.NotFound, "there is no such topic")
	}
	group := groups[at]
	available, err := localesOf(ctx, s.db, r, group.ID)
	if err != nil {
		return pg.Map(err)
	}
	locale := s.chooseLocale(c, available)
	list, err := articlesOf(ctx, s.db, r, group.ID, locale)
	if err != nil {
		return pg.Map(err)
	}
	title, own, say := group.title(locale, s.cfg.Locale), s.own(c, locale), s.texts.In(locale)
	here := func(l, own string) string { return withLang("/help/c/"+url.PathEscape(group.Slug), l, own) }
	home := withLang("/help", locale, own)
	body := collectionView{
		Title: title, Articles: links(list, own), Crumbs: []view.Crumb{{Title: say.Say("site.title"), URL: home}, {Title: title}},
		Empty: view.Empty{Title: say.Say("topic.empty"), Text: say.Say("topic.emptyText"), URL: home, Action: say.Say("topic.all")},
	}
	return s.sendPage(c, view.Head{
		Title: title, Lang: locale, Description: say.Say("topic.description", "topic", title, "product", s.cfg.Product), Canonical: s.absolute(here(locale, s.cfg.Locale)),
		Alternates: s.alternates(available, locale, here), NoIndex: len(list) == 0, Data: graph(s.breadcrumbs(body.Crumbs)),
	}, func(head view.Head) error { return s.pages.collection.Send(c, fiber.StatusOK, head, body) })
}

// sendPage sends a page with what it says to a reader who is signed in.
func (s *Service) sendPage(c *fiber.Ctx, head view.Head, send func(view.Head) error) error {
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	if !r.public() {
		head.Private = true
	}
	if c.Cookies(readerCookie) != "" && r.Audience == AudienceSignedIn {
		head.Leave = "/help/leave"
	}
	head.Choice = s.choice(c, head.Lang)
	return send(head)
}

// unescape undoes the percent signs that Fiber leaves in parameters.
func unescape(param string) string {
	if plain, err := url.PathUnescape(param); err == nil {
		return plain
	}
	return param
}

// missingPage searches for the words of an address that leads nowhere.
func (s *Service) missingPage(c *fiber.Ctx) error {
	words := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_/.+", r) {
			return ' '
		}
		return r
	}, unescape(c.Path()))
	words = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(words), "help"))
	for _, prefix := range []string{"a ", "c "} {
		words = strings.TrimPrefix(words, prefix)
	}
	query := markup.Cut(strings.ToValidUTF8(strings.TrimSuffix(words, " vote"), ""), 100)
	locale := s.chooseLocale(c, s.texts.Languages())
	say := s.texts.In(locale)
	body := missingView{Title: say.Say("missing.title"), Text: say.Say("missing.text")}
	r, err := s.readerOf(c)
	if err != nil {
		s.log.Warn("a reader is taken for the public", "error", err)
	}
	found, err := s.Search(c.UserContext(), r.query(query, c.Query("lang"), defaultPassages))
	if err != nil {
		s.log.Warn("the page of a wrong address has no suggestions", "error", err)
	}
	for _, p := range found {
		body.Suggestions = append(body.Suggestions, link{Title: p.Title, URL: p.URL, Lead: p.Snippet, Lang: p.Locale})
	}
	head := view.Head{Title: body.Title, Lang: locale, Choice: s.choice(c, locale), Query: query, NoIndex: true, OwnSearch: true}
	return s.pages.missing.Send(c, fiber.StatusNotFound, head, body)
}
