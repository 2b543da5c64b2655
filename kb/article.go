package kb

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/markup"
)

// Status of an article. The first three are also those of the new version of
// a published one, see [Staged].
const (
	StatusInProgress = "in_progress"
	StatusAwaiting   = "awaiting_review"
	StatusApproved   = "approved"
	StatusPublished  = "published"
	StatusArchived   = "archived"
)

// statusOf understands the name that articles in progress had before there
// were reviews. Requests, files and filters may still use it.
func statusOf(s string) string {
	if s == "draft" {
		return StatusInProgress
	}
	return s
}

func statuses() []string {
	return []string{StatusInProgress, StatusAwaiting, StatusApproved, StatusPublished, StatusArchived}
}

// Audience of an article.
const (
	AudiencePublic = event.AudiencePublic
	AudienceAgents = event.AudienceAgents
)

// Article is an article in one language. Translations share the slug.
type Article struct {
	ID          string     `json:"id"`
	Slug        string     `json:"slug"`
	Locale      string     `json:"locale"`               // BCP 47
	Collection  string     `json:"collection,omitempty"` // id
	Title       string     `json:"title"`
	Summary     string     `json:"summary"`
	Markdown    string     `json:"markdown,omitempty"`
	HTML        string     `json:"html,omitempty"`
	Aliases     []string   `json:"aliases"` // other ways in which people ask for it
	Status      string     `json:"status"`
	Audience    string     `json:"audience"`
	Position    int        `json:"position"`
	Author      string     `json:"author"`
	Revision    int        `json:"revision"`
	Source      string     `json:"source,omitempty"` // path of the imported file
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
	Kind        string     `json:"kind"`
	Extra       Extra      `json:"extra"`
	Segments    []string   `json:"segments"` // of the audience segment: whom it is for, as "attribute=value"
}

// Limits of an article, in characters unless said otherwise.
const (
	maxTitle    = 200
	maxSummary  = 500
	maxMarkdown = 512 << 10 // bytes
	maxAliases  = 30
	maxAlias    = 200
	maxReason   = 1000
	maxQuery    = 500
)

// normalise fills what may be left out and checks the rest. locale is the one
// of articles that name none.
func (a *Article) normalise(locale string) error {
	a.Title, a.Summary = strings.TrimSpace(a.Title), strings.TrimSpace(a.Summary)
	a.Markdown = strings.TrimRight(strings.ReplaceAll(a.Markdown, "\r\n", "\n"), "\n")
	a.Locale = orElse(a.Locale, locale)
	a.Status = orElse(statusOf(a.Status), StatusInProgress)
	a.Audience = orElse(a.Audience, AudiencePublic)
	a.Slug = markup.Slug(orElse(a.Slug, a.Title))
	if a.Slug == "" {
		a.Slug = "article"
	}
	a.Aliases = cleanAliases(a.Aliases)
	tag, err := language.Parse(a.Locale)
	switch {
	case err != nil:
		return errs.Field("locale", "must be a language tag such as en or pt-BR")
	case a.Title == "":
		return errs.Field("title", "must not be empty")
	case utf8.RuneCountInString(a.Title) > maxTitle:
		return errs.Field("title", "may have %d characters at most", maxTitle)
	case utf8.RuneCountInString(a.Summary) > maxSummary:
		return errs.Field("summary", "may have %d characters at most", maxSummary)
	case len(a.Markdown) > maxMarkdown:
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	case !field.Storable(a.Title) || !field.Storable(a.Summary) || !field.Storable(a.Markdown) || !field.Storable(strings.Join(a.Aliases, "")):
		return errs.New(errs.Invalid, "the text must be UTF-8 without NUL")
	case !slices.Contains(statuses(), a.Status):
		return errs.Field("status", "must be one of %s", strings.Join(statuses(), ", "))
	case len(a.Aliases) > maxAliases:
		return errs.Field("aliases", "may be %d at most", maxAliases)
	}
	a.Locale = tag.String()
	return a.normaliseKind()
}

// printable makes text of outsiders storable, without space around it.
func printable(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""))
}

func cleanAliases(aliases []string) []string {
	out := []string{}
	for _, alias := range aliases {
		alias = markup.Cut(strings.Join(strings.Fields(alias), " "), maxAlias)
		if alias != "" && !slices.Contains(out, alias) {
			out = append(out, alias)
		}
	}
	return out
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// lead is what stands under the title: the summary, else the start of the text.
func (a *Article) lead() string {
	if a.Summary != "" {
		return a.Summary
	}
	return markup.Excerpt(a.Markdown, 200)
}

// articleURL is the path of a public article. Languages other than the help
// centre's own are named, so that a link leads to what was linked.
func articleURL(slug, locale, own string) string {
	path := "/help/a/" + url.PathEscape(slug)
	if locale != own {
		path += "?lang=" + url.QueryEscape(locale)
	}
	return path
}

// Collection groups articles.
type Collection struct {
	ID       string            `json:"id"`
	Slug     string            `json:"slug"`
	Titles   map[string]string `json:"titles"` // locale → title
	Position int               `json:"position"`
	Articles int               `json:"articles"` // published for the public, in all languages
}

// title returns the collection's title for a locale: in that language, else in
// the help centre's own, else in any.
func (c *Collection) title(locale, own string) string {
	base, _, _ := strings.Cut(locale, "-")
	for _, l := range []string{locale, base, own} {
		if t := c.Titles[l]; t != "" {
			return t
		}
	}
	if locales := slices.Sorted(maps.Keys(c.Titles)); len(locales) > 0 {
		return orElse(c.Titles[locales[0]], c.Slug)
	}
	return c.Slug
}

func (c *Collection) normalise(own string) error {
	for locale, title := range c.Titles {
		if _, err := language.Parse(locale); err != nil {
			return errs.Field("titles", "has %q, which is no language tag", locale)
		}
		if n := utf8.RuneCountInString(title); n > maxTitle || !field.Storable(title) {
			return errs.Field("titles", "may have %d characters at most", maxTitle)
		}
	}
	title := strings.TrimSpace(c.title(own, own))
	if len(c.Titles) == 0 || title == "" {
		return errs.Field("titles", "must name the collection in one language at least")
	}
	c.Slug = markup.Slug(orElse(c.Slug, title))
	if c.Slug == "" {
		c.Slug = "collection"
	}
	return nil
}
