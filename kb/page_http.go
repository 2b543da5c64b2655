package kb

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

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
	get("/help/c/:slug", s.collectionPage)
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
			c.Set(fiber.HeaderCacheControl, "no-store")
			body := missingView{Title: "This link does not work any more", Text: "Open the help centre once again from where you are signed in. Everything else can be read without."}
			return s.pages.missing.Send(c, fiber.StatusUnauthorized, view.Head{Title: body.Title, NoIndex: true, OwnSearch: true}, body)
		}
		e := errs.Public(err)
		if e.Code == errs.Internal || e.Code == errs.Busy {
			s.log.Error("a help page failed", "path", c.Path(), "error", err)
			e.Message = "Something went wrong on our side. Please try again in a moment."
		}
		c.Set(fiber.HeaderCacheControl, "no-store")
		body := missingView{Title: "This did not work", Text: sentence(e.Message)}
		return s.pages.missing.Send(c, e.Code.HTTPStatus(), view.Head{Title: body.Title, NoIndex: true, OwnSearch: true}, body)
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.TrimSuffix(strings.ToUpper(s[:1])+s[1:], ".") + "."
}

// chooseLocale picks the language of a page among those there are: the one the
// address names, else what the browser asks for, else the help centre's own.
func (s *Service) chooseLocale(c *fiber.Ctx, available []string) string {
	return matchLocale(available, s.cfg.Locale, c.Query("lang"), c.Get(fiber.HeaderAcceptLanguage))
}

func matchLocale(available []string, own, wanted, header string) string {
	if len(available) == 0 {
		return own
	}
	if slices.Contains(available, wanted) {
		return wanted
	}
	ordered := slices.Clone(available) // the first is what a matcher falls back to
	slices.SortStableFunc(ordered, func(a, b string) int { return rank(a, own) - rank(b, own) })
	tags := make([]language.Tag, len(ordered))
	for i, l := range ordered {
		tags[i] = language.Make(l)
	}
	asked, _, err := language.ParseAcceptLanguage(wanted + "," + header)
	if err != nil { // a header that no browser sends
		return ordered[0]
	}
	_, i, _ := language.NewMatcher(tags).Match(asked...)
	return ordered[i]
}

func rank(locale, own string) int {
	if locale == own {
		return 0
	}
	return 1
}

// alternates are a page's versions in other languages.
func (s *Service) alternates(available []string, here string, address func(locale string) string) []view.Alternate {
	out := make([]view.Alternate, 0, len(available))
	for _, l := range available {
		out = append(out, view.Alternate{Lang: l, Name: languageName(l), URL: s.absolute(address(l)), Here: l == here})
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// languageName is a language's name in itself.
func languageName(locale string) string {
	if name := display.Self.Name(language.Make(locale)); name != "" {
		return name
	}
	return locale
}

func (s *Service) absolute(path string) string {
	return strings.TrimSuffix(s.cfg.PublicURL.Scheme+"://"+s.cfg.PublicURL.Host, "/") + path
}

// withLang adds the language to an address unless it is the help centre's own.
func (s *Service) withLang(path, locale string) string {
	if locale == s.cfg.Locale {
		return path
	}
	return path + "?lang=" + url.QueryEscape(locale)
}

func (s *Service) links(list []Article) []link {
	out := make([]link, len(list))
	for i := range list {
		out[i] = link{Title: list[i].Title, URL: articleURL(list[i].Slug, list[i].Locale, s.cfg.Locale), Lead: list[i].lead()}
	}
	return out
}

func (s *Service) popular(ctx context.Context, r Reader, locale string) ([]link, error) {
	list, err := popular(ctx, s.db, r, locale, s.now().Add(-popularWithin))
	return s.links(list), err
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
	body := homeView{Empty: view.Empty{Title: "No articles yet", Text: "Articles appear here when they are published."}}
	groups, err := topics(ctx, s.db, r, locale)
	if err != nil {
		return pg.Map(err)
	}
	for _, g := range groups {
		if g.Articles > 0 {
			body.Collections = append(body.Collections, card{Title: g.title(locale, s.cfg.Locale), URL: s.withLang("/help/c/"+url.PathEscape(g.Slug), locale), Articles: g.Articles})
		}
	}
	if body.Popular, err = s.popular(ctx, r, locale); err != nil {
		return pg.Map(err)
	}
	latest, err := recent(ctx, s.db, r, locale)
	if err != nil {
		return pg.Map(err)
	}
	body.Recent = s.links(latest)
	here := func(l string) string { return s.withLang("/help", l) }
	return s.sendPage(c, view.Head{
		Title: s.cfg.Product + " help centre", OwnSearch: true, Description: "Answers to questions about " + s.cfg.Product + ".",
		Canonical: s.absolute(here(locale)), Alternates: s.alternates(available, locale, here),
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
	title := group.title(locale, s.cfg.Locale)
	here := func(l string) string { return s.withLang("/help/c/"+url.PathEscape(group.Slug), l) }
	body := collectionView{
		Title: title, Articles: s.links(list), Crumbs: []view.Crumb{{Title: "Help centre", URL: s.withLang("/help", locale)}, {Title: title}},
		Empty: view.Empty{Title: "No articles here yet", Text: "Search for what you need, or look at the other topics.", URL: "/help", Action: "All topics"},
	}
	return s.sendPage(c, view.Head{
		Title: title, Description: s.cfg.Product + " help centre: articles about " + title + ".", Canonical: s.absolute(here(locale)),
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
	body := missingView{Title: "This page does not exist", Text: "It may have moved or been withdrawn, or be only for people who are signed in.", Query: query}
	r, err := s.readerOf(c)
	if err != nil {
		s.log.Warn("a reader is taken for the public", "error", err)
	}
	found, err := s.Search(c.UserContext(), r.query(query, "", defaultPassages))
	if err != nil {
		s.log.Warn("the page of a wrong address has no suggestions", "error", err)
	}
	for _, p := range found {
		body.Suggestions = append(body.Suggestions, link{Title: p.Title, URL: p.URL, Lead: p.Snippet})
	}
	return s.pages.missing.Send(c, fiber.StatusNotFound, view.Head{Title: body.Title, NoIndex: true, OwnSearch: true}, body)
}
