package kb

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/internal/view"
)

// previewBody is a text that is being written.
type previewBody struct {
	Title    string `json:"title"`
	Summary  string `json:"summary"`
	Locale   string `json:"locale"`
	Markdown string `json:"markdown"`
	Page     bool   `json:"page"` // also the page that readers will see
}

// postPreview renders a text as the help centre does, and says which of its
// links lead nowhere.
func (s *Service) postPreview(c *fiber.Ctx) error {
	var b previewBody
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	if len(b.Markdown) > maxMarkdown {
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	}
	a := Article{Title: b.Title, Summary: b.Summary, Locale: orElse(b.Locale, s.cfg.Locale), Markdown: b.Markdown, UpdatedAt: s.now()}
	a.HTML = markup.RenderArticle(b.Markdown)
	problems, err := s.brokenIn(c.UserContext(), &a)
	if err != nil {
		return pg.Map(err)
	}
	out := fiber.Map{"html": a.HTML, "problems": problems}
	if b.Page {
		page, err := s.previewPage(&a)
		if err != nil {
			return err
		}
		out["page"] = page
	}
	return c.JSON(out)
}

// previewPage is the article's page without what depends on its place: no
// neighbours, no vote.
func (s *Service) previewPage(a *Article) (string, error) {
	page, err := s.pages.article.Render(view.Head{Title: a.Title, Lang: a.Locale, NoIndex: true}, articleView{
		Title: orElse(a.Title, s.texts.In(a.Locale).Say("article.untitled")), Lead: a.Summary, Lang: a.Locale, HTML: view.Safe(a.HTML),
		Updated: a.UpdatedAt, Words: len(strings.Fields(a.Markdown)), TOC: contentsOf(a.Markdown),
	})
	return string(page), err
}
