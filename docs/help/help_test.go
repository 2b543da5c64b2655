package help_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/docs/help"
	"parley/kb/source"
)

// How many articles there are at least, by language.
var least = map[string]int{"en": 40, "de": 10}

// read reads the articles as `parley kb import` does.
func read(t *testing.T) *source.Folder {
	t.Helper()
	folder, err := source.Read(help.Articles(), source.Options{Locale: "en", URL: func(a *source.Article) string { return "/" + a.Locale + "/" + a.Slug }})
	require.NoError(t, err)
	return folder
}

func TestEveryArticleIsComplete(t *testing.T) {
	t.Parallel()
	folder := read(t)
	assert.Empty(t, folder.Skipped)
	count, english := map[string]int{}, map[string]string{} // collections by slug
	for i := range folder.Articles {
		if a := &folder.Articles[i]; a.Locale == "en" {
			english[a.Slug] = a.Collection
		}
	}
	translated := map[string]string{} // locale and a collection's name → what it is called there
	aliases := map[string]string{}
	for i := range folder.Articles {
		a := &folder.Articles[i]
		count[a.Locale]++
		assert.NotEmpty(t, a.Title, a.Path)
		assert.NotEmpty(t, a.Summary, a.Path)
		assert.LessOrEqual(t, len(a.Summary), 200, "%s: one sentence or two", a.Path)
		assert.GreaterOrEqual(t, len(a.Aliases), 3, a.Path)
		assert.LessOrEqual(t, len(a.Aliases), 6, a.Path)
		assert.NotZero(t, a.Order, a.Path)
		assert.Equal(t, "published", a.Status, a.Path)
		original := english[a.Slug]
		assert.NotEmpty(t, original, "%s translates an article", a.Path)
		key := a.Locale + " " + original
		if translated[key] == "" {
			translated[key] = a.Collection
		}
		assert.Equal(t, translated[key], a.Collection, "%s: a collection has one name in a language", a.Path)
		for _, alias := range a.Aliases {
			key := a.Locale + " " + strings.ToLower(alias)
			assert.Empty(t, aliases[key], "%s has an alias of another article: %s", a.Path, alias)
			aliases[key] = a.Path
		}
	}
	for locale, n := range least {
		assert.GreaterOrEqual(t, count[locale], n, locale)
	}
}

func TestLinksBetweenArticlesResolve(t *testing.T) {
	t.Parallel()
	folder := read(t)
	assert.Zero(t, folder.LinksDropped)
	assert.Greater(t, folder.LinksKept, len(folder.Articles), "articles lead to others")
	// A link to a heading that is not there loses its end without a word.
	toHeading, kept := regexp.MustCompile(`\]\([^)\s:]*\.md#[^)]+\)`), regexp.MustCompile(`\]\(/[a-z]+/[^)\s#]+#[^)]+\)`)
	for i := range folder.Articles {
		a := &folder.Articles[i]
		raw, err := fs.ReadFile(help.Articles(), a.Path)
		require.NoError(t, err)
		assert.Len(t, kept.FindAllString(a.Markdown, -1), len(toHeading.FindAllString(string(raw), -1)), "%s: links to headings", a.Path)
	}
}

// TestNamedSettingsExist: the pages of the settings have the names that the
// articles call them by.
func TestNamedSettingsExist(t *testing.T) {
	t.Parallel()
	words := map[string]string{"en": "Settings", "de": "Einstellungen"}
	pages := map[string][]string{}
	for locale := range words {
		body, err := os.ReadFile(filepath.Join("..", "..", "web", "locales", "console."+locale+".json"))
		require.NoError(t, err)
		var labels map[string]any
		require.NoError(t, json.Unmarshal(body, &labels))
		for key, label := range labels {
			if text, ok := label.(string); ok && strings.HasPrefix(key, "settings.") {
				pages[locale] = append(pages[locale], text)
			}
		}
	}
	named := 0
	path := regexp.MustCompile(`\*\*([\pL]+) → ([^*]+)\*\*`)
	for _, a := range read(t).Articles {
		for _, m := range path.FindAllStringSubmatch(a.Markdown, -1) {
			if m[1] != words[a.Locale] {
				continue
			}
			named++
			assert.Contains(t, pages[a.Locale], m[2], a.Path)
		}
	}
	assert.NotZero(t, named)
}
