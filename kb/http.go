package kb

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/markup"
	"parley/internal/pg"
)

// Routes implements app.Module.
func (s *Service) Routes(r fiber.Router) {
	s.pageRoutes(r)
	api := r.Group("/api/v1")
	route := func(method, path string, access httpd.Access, h fiber.Handler) {
		httpd.Handle(api, method, path, access, h)
	}

	route(fiber.MethodGet, "/help/search", httpd.Public, s.getSearch)
	route(fiber.MethodGet, "/help/articles/:slug", httpd.Public, s.getPublicArticle)
	route(fiber.MethodPost, "/help/articles/:slug/vote", httpd.Public, s.postVote)

	route(fiber.MethodGet, "/articles", httpd.Agent, s.getArticles)
	route(fiber.MethodPost, "/articles", httpd.Supervisor, s.postArticle)
	route(fiber.MethodPost, "/articles/preview", httpd.Agent, s.postPreview)
	route(fiber.MethodGet, "/articles/search", httpd.Agent, s.getAgentSearch)
	route(fiber.MethodGet, "/articles/:id", httpd.Agent, s.getArticle)
	route(fiber.MethodPatch, "/articles/:id", httpd.Supervisor, s.patchArticle)
	route(fiber.MethodDelete, "/articles/:id", httpd.Supervisor, s.deleteArticle)
	route(fiber.MethodPost, "/articles/:id/publish", httpd.Supervisor, s.setStatus(StatusPublished))
	route(fiber.MethodPost, "/articles/:id/unpublish", httpd.Supervisor, s.setStatus(StatusDraft))
	route(fiber.MethodPost, "/articles/:id/archive", httpd.Supervisor, s.setStatus(StatusArchived))
	route(fiber.MethodGet, "/articles/:id/revisions", httpd.Agent, s.getRevisions)
	route(fiber.MethodGet, "/articles/:id/revisions/:number", httpd.Agent, s.getRevision)
	route(fiber.MethodPost, "/articles/:id/revisions/:number/restore", httpd.Supervisor, s.postRestore)

	route(fiber.MethodGet, "/collections", httpd.Agent, s.getCollections)
	route(fiber.MethodPost, "/collections", httpd.Supervisor, s.postCollection)
	route(fiber.MethodPatch, "/collections/:id", httpd.Supervisor, s.patchCollection)
	route(fiber.MethodDelete, "/collections/:id", httpd.Supervisor, s.deleteCollection)
	route(fiber.MethodGet, "/articles/:id/votes", httpd.Agent, s.getVerdict)
	route(fiber.MethodGet, "/kb/gaps", httpd.Agent, s.getGaps)
	route(fiber.MethodGet, "/kb/status", httpd.Agent, s.getStatus)
}

func (s *Service) getSearch(c *fiber.Ctx) error { return s.answerSearch(c, AudiencePublic) }

func (s *Service) getAgentSearch(c *fiber.Ctx) error { return s.answerSearch(c, AudienceAgents) }

func (s *Service) answerSearch(c *fiber.Ctx, audience string) error {
	limit, err := httpd.QueryInt(c, "limit", defaultPassages, 1, maxPassages)
	if err != nil {
		return err
	}
	found, err := s.Search(c.UserContext(), event.SearchQuery{Text: c.Query("q"), Locale: c.Query("locale"), Audience: audience, Limit: limit})
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"results": found})
}

// publicBody is a public article for the widget.
type publicBody struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug"`
	Locale    string    `json:"locale"`
	Title     string    `json:"title"`
	Summary   string    `json:"summary"`
	HTML      string    `json:"html"`
	URL       string    `json:"url"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (s *Service) getPublicArticle(c *fiber.Ctx) error {
	a, err := s.followedArticle(c)
	if err != nil {
		return err
	}
	s.views.add(a.ID)
	return c.JSON(publicBody{
		ID: a.ID, Slug: a.Slug, Locale: a.Locale, Title: a.Title, Summary: a.Summary, HTML: a.HTML,
		URL: articleURL(a.Slug, a.Locale, s.cfg.Locale), UpdatedAt: a.UpdatedAt,
	})
}

// followedArticle is publicArticle for programs: a former address answers with
// the article, which says its present one.
func (s *Service) followedArticle(c *fiber.Ctx) (Article, error) {
	a, _, moved, err := s.publicArticle(c)
	if err != nil || moved == "" {
		return a, err
	}
	list, err := translations(c.UserContext(), s.db, moved)
	if err != nil {
		return a, pg.Map(err)
	}
	if len(list) == 0 {
		return a, errs.New(errs.NotFound, "there is no such article")
	}
	available := make([]string, len(list))
	for i, t := range list {
		available[i] = t.Locale
	}
	locale := s.chooseLocale(c, available)
	for _, t := range list {
		if t.Locale == locale {
			return t, nil
		}
	}
	return list[0], nil
}

func (s *Service) postVote(c *fiber.Ctx) error {
	if err := s.votes.AllowAddress(c.IP()); err != nil {
		return err
	}
	var body struct {
		Helpful *bool  `json:"helpful"`
		Reason  string `json:"reason"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if body.Helpful == nil {
		return errs.Field("helpful", "must be true or false")
	}
	a, err := s.followedArticle(c)
	if err != nil {
		return err
	}
	id, err := s.Vote(c.UserContext(), a.ID, *body.Helpful, body.Reason)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{"id": id})
}

const (
	defaultPage = 50
	maxPage     = 200
)

func (s *Service) getArticles(c *fiber.Ctx) error {
	limit, err := httpd.QueryInt(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	f := articleFilter{
		query: markup.Cut(printable(c.Query("q")), maxQuery), status: printable(c.Query("status")), collection: printable(c.Query("collection")),
		locale: printable(c.Query("locale")), limit: limit + 1,
	}
	if f.before, f.beforeID, err = cursor.Row(c.Query("cursor")); err != nil {
		return err
	}
	list, err := listArticles(c.UserContext(), s.db, f)
	if err != nil {
		return pg.Map(err)
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		last := &list[limit-1]
		next = cursor.OfRow(last.UpdatedAt, last.ID)
	}
	return c.JSON(fiber.Map{"articles": list, "next": next})
}

func (s *Service) getArticle(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	a, err := articleByID(c.UserContext(), s.db, id)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(a)
}

// articleBody is a new article.
type articleBody struct {
	Slug       string   `json:"slug"`
	Locale     string   `json:"locale"`
	Collection string   `json:"collection"`
	Title      string   `json:"title"`
	Summary    string   `json:"summary"`
	Markdown   string   `json:"markdown"`
	Aliases    []string `json:"aliases"`
	Status     string   `json:"status"`
	Audience   string   `json:"audience"`
	Position   int      `json:"position"`
}

func (s *Service) postArticle(c *fiber.Ctx) error {
	var b articleBody
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	a, err := s.Create(c.UserContext(), author(httpd.Viewer(c)), Article{
		Slug: b.Slug, Locale: b.Locale, Collection: b.Collection, Title: b.Title, Summary: b.Summary, Markdown: b.Markdown, Aliases: b.Aliases,
		Status: b.Status, Audience: b.Audience, Position: b.Position,
	})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(a)
}

// author is how a viewer signs a revision.
func author(v auth.Viewer) string { return orElse(v.Name, v.ID) }

func (s *Service) patchArticle(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var change ArticleChange
	if err := httpd.Bind(c, &change); err != nil {
		return err
	}
	a, err := s.Update(c.UserContext(), author(httpd.Viewer(c)), id, change)
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Service) setStatus(status string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := httpd.PathID(c, "id")
		if err != nil {
			return err
		}
		a, err := s.Update(c.UserContext(), author(httpd.Viewer(c)), id, ArticleChange{Status: &status})
		if err != nil {
			return err
		}
		return c.JSON(a)
	}
}

func (s *Service) deleteArticle(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.Delete(c.UserContext(), author(httpd.Viewer(c)), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) postPreview(c *fiber.Ctx) error {
	var body struct {
		Markdown string `json:"markdown"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if len(body.Markdown) > maxMarkdown {
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	}
	return c.JSON(fiber.Map{"html": markup.RenderArticle(body.Markdown)})
}

func (s *Service) getRevisions(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if _, err := articleByID(c.UserContext(), s.db, id); err != nil {
		return pg.Map(err)
	}
	list, err := revisions(c.UserContext(), s.db, id)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(fiber.Map{"revisions": list})
}

func revisionPath(c *fiber.Ctx) (id string, number int, err error) {
	if id, err = httpd.PathID(c, "id"); err != nil {
		return "", 0, err
	}
	if number, err = c.ParamsInt("number"); err != nil || number < 1 || number > 1<<30 {
		return "", 0, errs.New(errs.NotFound, "there is no such revision")
	}
	return id, number, nil
}

func (s *Service) getRevision(c *fiber.Ctx) error {
	id, number, err := revisionPath(c)
	if err != nil {
		return err
	}
	r, err := revisionByNumber(c.UserContext(), s.db, id, number)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(r)
}

func (s *Service) postRestore(c *fiber.Ctx) error {
	id, number, err := revisionPath(c)
	if err != nil {
		return err
	}
	a, err := s.Restore(c.UserContext(), author(httpd.Viewer(c)), id, number)
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Service) getCollections(c *fiber.Ctx) error {
	list, err := collections(c.UserContext(), s.db, "")
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(fiber.Map{"collections": list})
}

func (s *Service) postCollection(c *fiber.Ctx) error {
	var body CollectionChange
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	var group Collection
	body.apply(&group)
	group, err := s.CreateCollection(c.UserContext(), group)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(group)
}

func (s *Service) patchCollection(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body CollectionChange
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	group, err := s.UpdateCollection(c.UserContext(), id, body)
	if err != nil {
		return err
	}
	return c.JSON(group)
}

func (s *Service) deleteCollection(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteCollection(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) getStatus(c *fiber.Ctx) error {
	st, err := s.State(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(st)
}
