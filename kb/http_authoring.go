package kb

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/auth"
	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

// authoringRoutes are those of who writes articles. What each role may do with
// an article in its present state is decided by [Draft.allow] and
// [Draft.allowChange]: the access here only keeps everybody else out.
func (s *Service) authoringRoutes(route func(method, path string, access httpd.Access, h fiber.Handler), api fiber.Router) {
	route(fiber.MethodGet, "/articles", httpd.Agent, s.getArticles)
	route(fiber.MethodPost, "/articles", httpd.Agent, s.postArticle)
	route(fiber.MethodPost, "/articles/preview", httpd.Agent, s.postPreview)
	route(fiber.MethodPost, "/articles/bulk", httpd.Agent, s.postBulk)
	route(fiber.MethodPost, "/articles/diff", httpd.Agent, s.postDiff)
	route(fiber.MethodGet, "/articles/tasks", httpd.Agent, s.getTasks)
	route(fiber.MethodPost, "/articles/from-conversation", httpd.Agent, s.postFromConversation)
	httpd.HandleStream(api, fiber.MethodPost, "/articles/images", httpd.Agent, s.postImage)
	route(fiber.MethodGet, "/articles/autosave", httpd.Agent, s.getAutosave)
	route(fiber.MethodPut, "/articles/autosave", httpd.Agent, s.putAutosave)
	route(fiber.MethodDelete, "/articles/autosave", httpd.Agent, s.deleteAutosave)
	route(fiber.MethodGet, "/articles/search", httpd.Agent, s.getAgentSearch)

	route(fiber.MethodGet, "/articles/:id", httpd.Agent, s.getArticle)
	route(fiber.MethodPatch, "/articles/:id", httpd.Agent, s.patchArticle)
	route(fiber.MethodDelete, "/articles/:id", httpd.Supervisor, s.deleteArticle)
	route(fiber.MethodPatch, "/articles/:id/work", httpd.Agent, s.patchWork)
	route(fiber.MethodPut, "/articles/:id/staged", httpd.Agent, s.putStaged)
	route(fiber.MethodPost, "/articles/:id/workflow", httpd.Agent, s.postStep)
	route(fiber.MethodGet, "/articles/:id/remarks", httpd.Agent, s.getRemarks)
	route(fiber.MethodPost, "/articles/:id/publish", httpd.Supervisor, s.step(ActionPublish, StatusPublished))
	route(fiber.MethodPost, "/articles/:id/unpublish", httpd.Supervisor, s.step(ActionReopen, StatusInProgress))
	route(fiber.MethodPost, "/articles/:id/archive", httpd.Supervisor, s.step(ActionArchive, StatusArchived))
	route(fiber.MethodGet, "/articles/:id/revisions", httpd.Agent, s.getRevisions)
	route(fiber.MethodGet, "/articles/:id/revisions/:number", httpd.Agent, s.getRevision)
	route(fiber.MethodPost, "/articles/:id/revisions/:number/restore", httpd.Agent, s.postRestore)
	route(fiber.MethodGet, "/articles/:id/votes", httpd.Agent, s.getVerdict)

	route(fiber.MethodGet, "/kb/templates", httpd.Agent, s.getTemplates)
	route(fiber.MethodPost, "/kb/templates", httpd.Supervisor, s.saveTemplate)
	route(fiber.MethodPatch, "/kb/templates/:id", httpd.Supervisor, s.saveTemplate)
	route(fiber.MethodDelete, "/kb/templates/:id", httpd.Supervisor, s.deleteTemplate)
	route(fiber.MethodGet, "/kb/settings", httpd.Agent, s.getRules)
	route(fiber.MethodPatch, "/kb/settings", httpd.Admin, s.patchRules)
	route(fiber.MethodGet, "/kb/links", httpd.Agent, s.getLinks)
	route(fiber.MethodGet, "/kb/links/check", httpd.Agent, s.getLinkRun)
	route(fiber.MethodPost, "/kb/links/check", httpd.Supervisor, s.postLinkRun)
	route(fiber.MethodGet, "/kb/analytics", httpd.Agent, s.getAnalytics)
	route(fiber.MethodGet, "/kb/sync", httpd.Agent, s.getSync)
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
	f := draftFilter{
		query: markup.Cut(printable(c.Query("q")), maxQuery), status: statusOf(printable(c.Query("status"))), collection: printable(c.Query("collection")),
		locale: printable(c.Query("locale")), reviewer: printable(c.Query("reviewer")), owner: printable(c.Query("owner")), limit: limit + 1,
	}
	if c.QueryBool("due") {
		f.dueBy = s.now().Format(time.DateOnly)
	}
	if f.before, f.beforeID, err = cursor.Row(c.Query("cursor")); err != nil {
		return err
	}
	list, err := listDrafts(c.UserContext(), s.db, f)
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
	return reply(c, fiber.StatusOK)(s.Draft(c.UserContext(), id))
}

// reply sends what a service method has returned.
func reply(c *fiber.Ctx, status int) func(d Draft, err error) error {
	return func(d Draft, err error) error {
		if err != nil {
			return err
		}
		return c.Status(status).JSON(d)
	}
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
	Kind       string   `json:"kind"`
	Extra      Extra    `json:"extra"`
	Segments   []string `json:"segments"`
}

func (s *Service) postArticle(c *fiber.Ctx) error {
	var b articleBody
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated)(s.Write(c.UserContext(), httpd.Viewer(c), Article{
		Slug: b.Slug, Locale: b.Locale, Collection: b.Collection, Title: b.Title, Summary: b.Summary, Markdown: b.Markdown, Aliases: b.Aliases,
		Status: b.Status, Audience: b.Audience, Position: b.Position, Kind: b.Kind, Extra: b.Extra, Segments: b.Segments,
	}))
}

// author is how a viewer signs a revision.
func author(v auth.Viewer) string { return orElse(v.Name, v.ID) }

// change binds the body and passes it on with the article of the address.
func change[T any](c *fiber.Ctx, do func(v auth.Viewer, id string, body T) (Draft, error)) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body T
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	return reply(c, fiber.StatusOK)(do(httpd.Viewer(c), id, body))
}

func (s *Service) patchArticle(c *fiber.Ctx) error {
	return change(c, func(v auth.Viewer, id string, ch ArticleChange) (Draft, error) {
		return s.Change(c.UserContext(), v, id, ch)
	})
}

func (s *Service) patchWork(c *fiber.Ctx) error {
	return change(c, func(v auth.Viewer, id string, k Keep) (Draft, error) {
		return s.Arrange(c.UserContext(), v, id, k)
	})
}

func (s *Service) putStaged(c *fiber.Ctx) error {
	return change(c, func(v auth.Viewer, id string, ch VersionChange) (Draft, error) {
		return s.Stage(c.UserContext(), v, id, ch)
	})
}

func (s *Service) postStep(c *fiber.Ctx) error {
	return change(c, func(v auth.Viewer, id string, step Step) (Draft, error) {
		return s.Take(c.UserContext(), v, id, step)
	})
}

// step takes a step that needs no body; what is done already is done.
func (s *Service) step(action Action, to string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := httpd.PathID(c, "id")
		if err != nil {
			return err
		}
		ctx := c.UserContext()
		d, err := s.Draft(ctx, id)
		if err != nil || (d.Status == to && d.Staged == nil) {
			return reply(c, fiber.StatusOK)(d, err)
		}
		return reply(c, fiber.StatusOK)(s.Take(ctx, httpd.Viewer(c), id, Step{Action: action}))
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

func (s *Service) postBulk(c *fiber.Ctx) error {
	var b Bulk
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	out, err := s.ChangeAll(c.UserContext(), httpd.Viewer(c), b)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Service) getTasks(c *fiber.Ctx) error {
	v := httpd.Viewer(c)
	t, err := s.Tasks(c.UserContext(), v.ID, v.Role.Includes(auth.RoleSupervisor))
	if err != nil {
		return err
	}
	return c.JSON(t)
}

func (s *Service) getRemarks(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if _, err := articleByID(c.UserContext(), s.db, id); err != nil {
		return pg.Map(err)
	}
	list, err := remarksOf(c.UserContext(), s.db, id)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(fiber.Map{"remarks": list})
}

// typedArticle is the article of an autosave's address; "" while it is new.
func typedArticle(c *fiber.Ctx) (string, error) {
	id := c.Query("article")
	if id != "" && !ids.Valid(id) {
		return "", errs.New(errs.NotFound, "there is no such article")
	}
	return id, nil
}

// getAutosave answers 204 when nothing is kept, which is the rule and no error.
func (s *Service) getAutosave(c *fiber.Ctx) error {
	id, err := typedArticle(c)
	if err != nil {
		return err
	}
	a, err := s.Typed(c.UserContext(), httpd.Viewer(c).ID, id)
	if errs.Is(err, errs.NotFound) {
		return c.SendStatus(fiber.StatusNoContent)
	}
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Service) putAutosave(c *fiber.Ctx) error {
	id, err := typedArticle(c)
	if err != nil {
		return err
	}
	var a Autosave
	if err := httpd.Bind(c, &a); err != nil {
		return err
	}
	a.Article = id
	if err := s.KeepTyped(c.UserContext(), httpd.Viewer(c).ID, a); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) deleteAutosave(c *fiber.Ctx) error {
	id, err := typedArticle(c)
	if err != nil {
		return err
	}
	if err := s.ForgetTyped(c.UserContext(), httpd.Viewer(c).ID, id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) getTemplates(c *fiber.Ctx) error {
	list, err := s.Templates(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"templates": list})
}

func (s *Service) saveTemplate(c *fiber.Ctx) error {
	id, status := "", fiber.StatusCreated
	if c.Method() == fiber.MethodPatch {
		var err error
		if id, err = httpd.PathID(c, "id"); err != nil {
			return err
		}
		status = fiber.StatusOK
	}
	var ch TemplateChange
	if err := httpd.Bind(c, &ch); err != nil {
		return err
	}
	t, err := s.SaveTemplate(c.UserContext(), id, ch)
	if err != nil {
		return err
	}
	return c.Status(status).JSON(t)
}

func (s *Service) deleteTemplate(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteTemplate(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) getRules(c *fiber.Ctx) error {
	r, err := rulesOf(c.UserContext(), s.db)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(r)
}

func (s *Service) patchRules(c *fiber.Ctx) error {
	var body struct {
		ReviewRequired *bool `json:"review_required"`
		ReviewDays     *int  `json:"review_days"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	r, err := s.setRules(c.UserContext(), body.ReviewRequired, body.ReviewDays)
	if err != nil {
		return err
	}
	return c.JSON(r)
}
