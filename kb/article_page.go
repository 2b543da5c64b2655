package kb

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/internal/view"
	"parley/kb/analysis"
)

// publicArticle loads the article of an address, as far as its reader may see
// it, in the language to show, and
// the languages there are. A former address gives the new slug instead.
func (s *Service) publicArticle(c *fiber.Ctx) (a Article, available []string, moved string, err error) {
	ctx, slug := c.UserContext(), unescape(c.Params("slug"))
	r, err := s.readerOf(c)
	if err != nil {
		return a, nil, "", err
	}
	list, err := translations(ctx, s.db, r, slug)
	if err != nil {
		return a, nil, "", pg.Map(err)
	}
	if len(list) == 0 {
		if moved, err = redirectOf(ctx, s.db, r, slug); err != nil {
			return a, nil, "", pg.Map(err)
		}
		if moved == "" {
			return a, nil, "", errs.New(errs.NotFound, "there is no such article")
		}
		return a, nil, moved, nil
	}
	for _, t := range list {
		available = append(available, t.Locale)
	}
	locale := s.chooseLocale(c, available)
	return list[slices.Index(available, locale)], available, "", nil
}

func (s *Service) articlePage(c *fiber.Ctx) error {
	a, available, moved, err := s.publicArticle(c)
	if err != nil {
		return err
	}
	if moved != "" {
		return c.Redirect(articleURL(moved, orElse(c.Query("lang"), s.cfg.Locale), s.cfg.Locale), fiber.StatusMovedPermanently)
	}
	ctx, node := c.UserContext(), unescape(c.Params("node"))
	if node == "" {
		s.views.add(a.ID)
		if from := c.Query("from"); from != "" {
			s.recordClick(ctx, from, a.ID)
		}
	}
	here := func(l, own string) string { return articleURL(a.Slug, l, own) }
	body := s.articleView(c, &a)
	if body.Guide == nil && node != "" {
		return errs.New(errs.NotFound, "there is no such step")
	}
	if err := s.surroundings(c, &a, &body); err != nil {
		return pg.Map(err)
	}
	head := view.Head{
		Markdown: markdownURL(&a), Title: a.Title, Description: a.lead(), Canonical: s.absolute(here(a.Locale, s.cfg.Locale)), OpenGraph: "article", Lang: a.Locale,
		Alternates: s.alternates(available, a.Locale, here), Private: a.Audience != AudiencePublic,
		NoIndex: a.Audience != AudiencePublic || node != "" || c.Query("voted") != "" || c.Query("play") != "" || c.Query("whole") != "",
	}
	if !head.NoIndex {
		head.Data = s.structured(&a, &body)
	}
	if node != "" {
		head.Title, head.Canonical = body.Guide.Node.Title+" – "+a.Title, s.absolute(nodeURL(&a, node, nil, s.cfg.Locale))
	}
	if body.Video != nil && body.Video.Frame != "" {
		head.Frame = body.Video.Host
	}
	return s.sendPage(c, head, func(head view.Head) error { return s.pages.article.Send(c, fiber.StatusOK, head, body) })
}

// articleView is the article as its kind and the address show it.
func (s *Service) articleView(c *fiber.Ctx, a *Article) articleView {
	body := articleView{
		Title: a.Title, Lead: a.Summary, Lang: a.Locale, HTML: view.Safe(a.HTML),
		Updated: a.UpdatedAt, Words: len(strings.Fields(a.Markdown)), TOC: contentsOf(a.Markdown), Notice: s.otherLanguage(c, a.Locale),
		Audience: s.forWhom(a),
		Vote:     voteView{Action: voteAction(c, a), State: votedState(c.Query("voted")), ID: voteID(c)},
	}
	if a.Kind == KindTroubleshooting && c.Query("whole") == "" {
		if g, ok := guideViewOf(a, unescape(c.Params("node")), c.Query("via"), s.own(c, a.Locale)); ok {
			body.Guide, body.TOC = g, nil
			return body
		}
	}
	s.kindView(a, &body, request{play: agreed(c), path: articleURL(a.Slug, a.Locale, s.own(c, a.Locale))})
	return body
}

// agreed reports whether the reader has asked, on a page of ours, for what is
// loaded from elsewhere. A link on another site is not the reader's word.
func agreed(c *fiber.Ctx) bool {
	site := c.Get("Sec-Fetch-Site")
	return c.Query("play") == "1" && (site == "" || site == "same-origin")
}

// forWhom says whom an article is for, where that is not everybody.
func (s *Service) forWhom(a *Article) string {
	switch a.Audience {
	case AudienceAgents:
		return s.texts.In(a.Locale).Say("article.agents")
	case AudienceSignedIn, AudienceSegment:
		return s.texts.In(a.Locale).Say("article.signedIn")
	}
	return ""
}

// contentsOf lists the headings that a table of contents shows; a single one
// needs no table.
func contentsOf(markdown string) []markup.Heading {
	all := slices.DeleteFunc(markup.Headings(markdown), func(h markup.Heading) bool { return h.Level != 2 })
	if len(all) < 2 {
		return nil
	}
	return all
}

// voteAction is where a vote goes. It says which search has led to the article.
func voteAction(c *fiber.Ctx, a *Article) string {
	q := url.Values{"lang": {a.Locale}}
	if from := c.Query("from"); ids.Valid(from) {
		q.Set("from", from)
	}
	return "/help/a/" + url.PathEscape(a.Slug) + "/vote?" + q.Encode()
}

func votedState(s string) string {
	if s == "yes" || s == "no" || s == "explained" {
		return s
	}
	return ""
}

func voteID(c *fiber.Ctx) string {
	if id := c.Query("vote"); ids.Valid(id) {
		return id
	}
	return ""
}

// otherLanguage says so when a reader gets another language than the address
// named.
func (s *Service) otherLanguage(c *fiber.Ctx, got string) *view.Notice {
	asked := c.Query("lang")
	if asked == "" || analysis.Language(asked) == analysis.Language(got) || languageName(asked) == asked {
		return nil
	}
	say := s.texts.In(got)
	return &view.Notice{Kind: "warn", Text: say.Say("article.otherLanguage", "asked", orElse(say.LanguageName(asked), asked), "got", orElse(say.LanguageName(got), got))}
}

// surroundings adds the way to the article, its neighbours and what is related.
func (s *Service) surroundings(c *fiber.Ctx, a *Article, body *articleView) error {
	ctx := c.UserContext()
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	own := s.own(c, a.Locale)
	body.Crumbs = []view.Crumb{{Title: s.texts.In(a.Locale).Say("site.title"), URL: withLang("/help", a.Locale, own)}}
	if a.Collection != "" {
		groups, err := topics(ctx, s.db, r, a.Locale)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(groups, func(g Collection) bool { return g.ID == a.Collection }); at >= 0 {
			g := groups[at]
			body.Crumbs = append(body.Crumbs, view.Crumb{Title: g.title(a.Locale, s.cfg.Locale), URL: withLang("/help/c/"+url.PathEscape(g.Slug), a.Locale, own)})
		}
		list, err := articlesOf(ctx, s.db, r, a.Collection, a.Locale)
		if err != nil {
			return err
		}
		neighbours := links(list, own)
		at := slices.IndexFunc(list, func(n Article) bool { return n.ID == a.ID })
		if at > 0 {
			body.Prev = &neighbours[at-1]
		}
		if at >= 0 && at+1 < len(neighbours) {
			body.Next = &neighbours[at+1]
		}
	}
	body.Crumbs = append(body.Crumbs, view.Crumb{Title: a.Title})
	found, err := s.Search(ctx, r.query(a.Title+" "+a.Summary, a.Locale, relatedArticles+1))
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.Article != a.ID && p.Answerable >= relatedAbove && analysis.Language(p.Locale) == analysis.Language(a.Locale) && len(body.Related) < relatedArticles {
			body.Related = append(body.Related, link{Title: p.Title, URL: articleURL(p.Slug, p.Locale, own), Lang: p.Locale})
		}
	}
	return nil
}

// votePage takes the plain form: a vote, or the reason of an earlier one.
func (s *Service) votePage(c *fiber.Ctx) error {
	if err := s.votes.AllowAddress(c.IP()); err != nil {
		return err
	}
	a, _, moved, err := s.publicArticle(c)
	if err != nil {
		return err
	}
	if moved != "" {
		return errs.New(errs.NotFound, "the article has moved")
	}
	ctx, back := c.UserContext(), url.Values{}
	if a.Locale != s.own(c, a.Locale) {
		back.Set("lang", a.Locale)
	}
	switch vote, reason := c.FormValue("vote"), c.FormValue("reason"); {
	case ids.Valid(vote):
		if err := s.Explain(ctx, a.ID, vote, reason); err != nil {
			return err
		}
		back.Set("voted", "explained")
	case c.FormValue("helpful") == "yes" || c.FormValue("helpful") == "no":
		answer := c.FormValue("helpful")
		id, err := s.Vote(ctx, a.ID, answer == "yes", "")
		if err != nil {
			return err
		}
		s.recordVerdict(ctx, c.Query("from"), a.ID, answer == "yes")
		back.Set("voted", answer)
		if answer == "no" {
			back.Set("vote", id)
		}
	default:
		return errs.Field("helpful", "must be yes or no")
	}
	return c.Redirect("/help/a/"+url.PathEscape(a.Slug)+"?"+back.Encode()+"#page-vote", fiber.StatusSeeOther)
}
