package kb

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/httpd"
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
	route(fiber.MethodPost, "/help/search/opened", httpd.Public, s.postOpened)
	route(fiber.MethodGet, "/help/articles/:slug", httpd.Public, s.getPublicArticle)
	route(fiber.MethodPost, "/help/articles/:slug/vote", httpd.Public, s.postVote)

	s.authoringRoutes(route, api)
	httpd.HandleStream(api, fiber.MethodPost, "/articles/files", httpd.Agent, s.postFile)

	route(fiber.MethodGet, "/collections", httpd.Agent, s.getCollections)
	route(fiber.MethodPost, "/collections", httpd.Supervisor, s.postCollection)
	route(fiber.MethodPatch, "/collections/:id", httpd.Supervisor, s.patchCollection)
	route(fiber.MethodDelete, "/collections/:id", httpd.Supervisor, s.deleteCollection)
	route(fiber.MethodGet, "/kb/gaps", httpd.Agent, s.getGaps)
	route(fiber.MethodGet, "/kb/searches", httpd.Agent, s.getSearches)
	route(fiber.MethodGet, "/kb/status", httpd.Agent, s.getStatus)
}

// getSearch answers readers. Suggestions while typing are no searches: they are
// recorded by what they come to (postOpened). Only a search that asks for it by
// record=true is recorded at once, and gets an id under which the address of an
// opened result (from=id) says that it led there.
func (s *Service) getSearch(c *fiber.Ctx) error {
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	body, q, err := s.answerSearch(c, r)
	if err != nil {
		return err
	}
	if c.QueryBool("record") && q.Text != "" {
		body.Search = s.recordSearch(c.UserContext(), q.Text, q.Locale, sourceWidget, len(body.Results))
	}
	return c.JSON(body)
}

func (s *Service) getAgentSearch(c *fiber.Ctx) error {
	body, _, err := s.answerSearch(c, Reader{Audience: AudienceAgents})
	if err != nil {
		return err
	}
	return c.JSON(body)
}

type searchBody struct {
	Results []event.Passage `json:"results"`
	Meant   string          `json:"meant,omitempty"`  // the question in a better spelling
	Search  string          `json:"search,omitempty"` // id of the recorded search
}

func (s *Service) answerSearch(c *fiber.Ctx, r Reader) (searchBody, event.SearchQuery, error) {
	limit, err := httpd.QueryInt(c, "limit", defaultPassages, 1, maxPassages)
	if err != nil {
		return searchBody{}, event.SearchQuery{}, err
	}
	q := r.query(strings.Clone(c.Query("q")), strings.Clone(c.Query("locale")), limit)
	found, err := s.search(c.UserContext(), q, true)
	return searchBody{Results: found.passages, Meant: found.meant}, q, err
}

// publicBody is a public article for the widget.
type publicBody struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug"`
	Locale    string    `json:"locale"`
	Title     string    `json:"title"`
	Summary   string    `json:"summary"`
	HTML      string    `json:"html"`
	URL       string    `json:"url"` // that opens it in the help centre, also for a reader who is signed in to the widget only
	UpdatedAt time.Time `json:"updated_at"`
	Kind      string    `json:"kind"`
	Extra     Extra     `json:"extra"`
	Vote      voteWords `json:"vote"`
}

func (s *Service) getPublicArticle(c *fiber.Ctx) error {
	a, err := s.followedArticle(c)
	if err != nil {
		return err
	}
	s.views.add(a.ID)
	if from := c.Query("from"); from != "" {
		s.recordClick(c.UserContext(), from, a.ID)
	}
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	address, err := s.entryURL(c.UserContext(), r, &a)
	if err != nil {
		return err
	}
	if a.Audience != AudiencePublic {
		c.Set(fiber.HeaderCacheControl, "private, no-store")
	}
	return c.JSON(publicBody{
		Kind: a.Kind, Extra: a.Extra, Vote: s.voteWords(orElse(c.Query("lang"), a.Locale)),
		ID: a.ID, Slug: a.Slug, Locale: a.Locale, Title: a.Title, Summary: a.Summary, HTML: a.HTML,
		URL: address, UpdatedAt: a.UpdatedAt,
	})
}

// followedArticle is publicArticle for programs: a former address answers with
// the article, which says its present one.
func (s *Service) followedArticle(c *fiber.Ctx) (Article, error) {
	a, _, moved, err := s.publicArticle(c)
	if err != nil || moved == "" {
		return a, err
	}
	r, err := s.readerOf(c)
	if err != nil {
		return a, err
	}
	list, err := translations(c.UserContext(), s.db, r, moved)
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

func (s *Service) getCollections(c *fiber.Ctx) error {
	list, err := collections(c.UserContext(), s.db)
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
