package kb_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"parley/kb"
)

// spoken are the languages that the pages speak.
func spoken() []string { return []string{"ar", "de", "en", "es", "fr", "zh"} }

// texts are the one-form texts of a language, by key.
func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("locales", lang+".json"))
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, json.Unmarshal(raw, &all))
	out := map[string]string{}
	for key, value := range all {
		if forms, several := value.(map[string]any); several {
			value = forms["other"]
		}
		out[key] = value.(string)
	}
	return out
}

// Every text that is asked for is there, and every one that is there is asked
// for. That no language lacks one is checked when they are loaded.
func TestTextsAreThoseThatPagesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("locales/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(spoken()))
	english, asked := texts(t, "en"), map[string]bool{}
	literal := regexp.MustCompile(`(?:\bt |Say\(|, )"([a-z_]+(?:\.[A-Za-z_]+)?)"|"(error\.[a-z_A-Z]+)"`)
	for _, pattern := range []string{"views/*.html", "*.go", "../internal/view/templates/*.html"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
				asked[m[1]+m[2]] = true
			}
			for _, m := range regexp.MustCompile(`(?:\bt |Say\()"([a-z_.A-Z]+)"`).FindAllStringSubmatch(string(source), -1) {
				assert.Contains(t, english, m[1], file)
			}
		}
	}
	for key := range english {
		if !regexp.MustCompile(`^(date|month\.\d+|size\..+)$`).MatchString(key) { // asked for by internal/messages and internal/view
			assert.True(t, asked[key], "nobody says %s", key)
		}
	}
}

// said are the words of a page itself: texts between tags, labels and what its
// script shows.
func said(page *html.Node) []string {
	out := []string{}
	for n := range page.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			out = append(out, strings.TrimSpace(n.Data))
		}
		for _, a := range n.Attr {
			if slices.Contains([]string{"aria-label", "placeholder", "title", "content"}, a.Key) || strings.HasPrefix(a.Key, "data-") {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

func TestPagesSpeakTheirLanguage(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	for _, lang := range spoken() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			d, own := newDesk(t), texts(t, lang)
			group, err := d.CreateCollection(t.Context(), kb.Collection{Slug: "group", Titles: map[string]string{lang: "Zzz"}})
			require.NoError(t, err)
			in := func(kind string) func(*kb.Article) {
				return func(a *kb.Article) {
					a.Slug, a.Locale, a.Collection, a.Kind = kind, lang, group.ID, kind
					a.Extra = kb.Extra{Minutes: 5}
					if kind == kb.KindVideo {
						a.Extra.Video = &kb.Video{URL: "https://www.youtube.com/watch?v=abcDEF_-123"}
					}
				}
			}
			d.article(t, "Qqa", "Qqq.\n\n## Qqb\n\nQqc.\n\n## Qqd\n\nQqe.", in(kb.KindArticle))
			d.article(t, "Qqf", faqText, in(kb.KindFAQ))
			d.article(t, "Qqg", steps, in(kb.KindTutorial))
			d.article(t, "Qqh", strings.NewReplacer("[Yes]", "[Qqy]", "[No]", "[Qqn]").Replace(lamp), in(kb.KindTroubleshooting))
			d.article(t, "Qqi", "Qqj.", in(kb.KindVideo))
			paths := map[string]string{ // address → the key of a text that it must say
				"/help": "home.topics", "/help/c/group": "contact.ask", "/help/a/article": "article.contents", "/help/a/article?voted=no&vote=" + group.ID: "vote.hint",
				"/help/a/article?voted=explained": "vote.read", "/help/a/article?voted=yes": "vote.thanks", "/help/a/faq": "faq.link", "/help/a/tutorial": "steps.tick",
				"/help/a/troubleshooting": "guide.whole", "/help/a/troubleshooting/plug-it-in?via=is-the-lamp-on": "guide.trail", "/help/a/video": "video.play",
				"/help/search?q=qqzz": "search.nothing", "/help/search": "search.title", "/help/a/none": "missing.title",
				"/help/enter?pass=x": "error.link", "/help/a/article?lang=pt": "article.neighbours",
			}
			for path, key := range paths {
				page := d.ask(t, "GET", path, "", "", "Accept-Language", lang)
				words := said(checkPage(t, page))
				assert.Contains(t, words, own[key], "%s says %s", path, key)
				dir := map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]
				assert.Contains(t, page.body, `<html lang="`+lang+`" dir="`+dir+`">`, path)
				assert.Contains(t, page.body, `<meta property="og:locale" content="`+lang+"_", path)
				for key, text := range english {
					if text != own[key] && !strings.Contains(text, "{") {
						assert.NotContains(t, words, text, "%s says %s in English", path, key)
					}
				}
			}
		})
	}
}

// What a reader has chosen by an address stays theirs, whatever their browser
// asks for.
func TestAChosenLanguageIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group, err := d.CreateCollection(t.Context(), kb.Collection{Slug: "lamps", Titles: map[string]string{"en": "Lamps", "de": "Lampen"}})
	require.NoError(t, err)
	in := func(lang, slug string) func(*kb.Article) {
		return func(a *kb.Article) { a.Slug, a.Locale, a.Collection = slug, lang, group.ID }
	}
	d.article(t, "The lamp", "Lamp text.", in("en", "lamp"))
	d.article(t, "Die Lampe", "Lampentext.", in("de", "lamp"))
	d.article(t, "The bulb", "Bulb text.", in("en", "bulb"))
	d.article(t, "Die Birne", "Birnentext.", in("de", "bulb"))
	german := []string{"Accept-Language", "de"}

	by := d.ask(t, "GET", "/help/a/lamp", "", "", german...)
	for _, want := range []string{
		`<html lang="de"`, "Die Lampe", `href="/help?lang=de"`, `href="/help/c/lamps?lang=de"`, `href="/help/a/bulb?lang=de"`, `name="lang" value="de"`,
		`href="/help/a/lamp?lang=en" lang="en"`, `<link rel="alternate" hreflang="x-default" href="https://help.example/help/a/lamp">`,
		`<meta property="og:locale" content="de_DE">`, `<meta property="og:locale:alternate" content="en_US">`,
	} {
		assert.Contains(t, by.body, want)
	}
	for _, path := range []string{"/help?lang=en", "/help/c/lamps?lang=en", "/help/a/lamp?lang=en", "/help/search?q=lamp&lang=en"} {
		page := d.ask(t, "GET", path, "", "", german...)
		assert.Contains(t, page.body, `<html lang="en"`, path)
		assert.Contains(t, page.body, `href="/help?lang=en"`, path)
		assert.Regexp(t, `href="/help/a/(lamp|bulb)\?(from=[\w-]+&amp;)?lang=en"`, page.body, path)
		assert.NotRegexp(t, `<a[^>]+href="/help/a/(lamp|bulb)"`, page.body, "%s: a link that the browser's language would take elsewhere", path)
	}
	plain := d.ask(t, "GET", "/help/a/lamp", "", "")
	assert.Contains(t, plain.body, `href="/help/a/bulb"`, "what everybody gets needs no language")
	assert.NotContains(t, plain.body, `name="lang"`)
}
