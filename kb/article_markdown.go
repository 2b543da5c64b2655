package kb

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
)

// markdownURL is the path of an article's Markdown.
func markdownURL(a *Article) string {
	path, query, _ := strings.Cut(articleURL(a.Slug, a.Locale, ""), "?")
	return path + ".md?" + query
}

// markdownPage is an article as Markdown: the title, what it is about, and the
// text without the comments of its authors. Links are as in the article.
func (s *Service) markdownPage(c *fiber.Ctx) error {
	a, _, moved, err := s.publicArticle(c)
	if err != nil {
		return err
	}
	if moved != "" {
		return errs.New(errs.NotFound, "the article has moved")
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if a.Audience != AudiencePublic {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	c.Vary(fiber.HeaderCookie, fiber.HeaderAuthorization, fiber.HeaderAcceptLanguage)
	c.Set(fiber.HeaderContentType, "text/markdown; charset=utf-8")
	c.Set(fiber.HeaderContentLanguage, a.Locale)
	c.Set("X-Robots-Tag", "noindex") // the page is the one to find
	text := "# " + a.Title + "\n\n"
	if a.Summary != "" {
		text += a.Summary + "\n\n"
	}
	return c.SendString(text + strings.TrimSpace(withoutComments(a.Markdown)) + "\n")
}

// withoutComments takes HTML comments out of a text, except in fenced code.
func withoutComments(markdown string) string {
	var b strings.Builder
	fence, inComment := "", false
	for l := range strings.Lines(markdown) {
		trimmed := strings.TrimSpace(l)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			b.WriteString(l)
			continue
		case !inComment && (strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")):
			fence = trimmed[:3]
			b.WriteString(l)
			continue
		}
		for l != "" {
			var found bool
			if inComment {
				if _, l, found = strings.Cut(l, "-->"); found {
					inComment = false
				}
				continue
			}
			var shown string
			shown, l, inComment = strings.Cut(l, "<!--")
			b.WriteString(shown)
		}
	}
	return b.String()
}
