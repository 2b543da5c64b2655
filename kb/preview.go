package kb

import (
	"context"
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
	Kind     string `json:"kind"` // "" is article
	Extra    Extra  `json:"extra"`
	Page     bool   `json:"page"` // also the page that readers will see
}

// previewLack is what keeps a text from being published as its kind.
type previewLack struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// lackOf says what the kind of a text still needs, nil when it has all.
func lackOf(a *Article) *previewLack {
	err := a.Extra.normalise(a.Kind)
	if err == nil {
		err = a.checkKind()
	}
	if err == nil {
		return nil
	}
	for name, message := range errs.Public(err).Fields {
		return &previewLack{name, message}
	}
	return nil
}

// postPreview renders a text as the help centre does, and says which of its
// links lead nowhere and what its kind still needs.
func (s *Service) postPreview(c *fiber.Ctx) error {
	var b previewBody
	if err := httpd.Bind(c, &b); err != nil {
		return err
	}
	if len(b.Markdown) > maxMarkdown {
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	}
	a := Article{
		Title: b.Title, Summary: b.Summary, Locale: orElse(b.Locale, s.cfg.Locale), Markdown: b.Markdown, UpdatedAt: s.now(),
		Kind: orElse(b.Kind, KindArticle), Extra: b.Extra,
	}
	a.HTML = markup.RenderArticle(b.Markdown)
	problems, err := s.brokenIn(c.UserContext(), &a)
	if err != nil {
		return pg.Map(err)
	}
	out := fiber.Map{"html": a.HTML, "problems": problems}
	if lack := lackOf(&a); lack != nil {
		out["lacks"] = lack
	}
	if b.Page {
		page, err := s.previewPage(c.UserContext(), &a)
		if err != nil {
			return err
		}
		out["page"] = page
	}
	return c.JSON(out)
}

// previewPage is the article's page as its kind shows it, a guide as a whole,
// without what depends on its place: no neighbours, no vote. What the kind needs
// and is not there yet is left out.
func (s *Service) previewPage(ctx context.Context, a *Article) (string, error) {
	body := articleView{
		Title: orElse(a.Title, s.texts.In(a.Locale).Say("article.untitled")), Lead: a.Summary, Lang: a.Locale, HTML: view.Safe(a.HTML),
		Updated: a.UpdatedAt, Words: len(strings.Fields(a.Markdown)), TOC: contentsOf(a.Markdown),
	}
	if a.Extra.normalise(a.Kind) == nil {
		err := fillFiles(ctx, s.db, a)
		switch {
		case err == nil:
			s.kindView(a, &body, request{path: "/help"})
		case !errs.Is(err, errs.Invalid):
			return "", pg.Map(err)
		}
	}
	page, err := s.pages.article.Render(view.Head{Title: a.Title, Lang: a.Locale, NoIndex: true}, body)
	return string(page), err
}
