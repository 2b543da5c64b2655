package view_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/messages"
	"parley/internal/view"
)

type body struct {
	Text string
	At   time.Time
	HTML view.Safe
}

func files() fstest.MapFS {
	return fstest.MapFS{
		"_parts.html": {Data: []byte(`{{define "part"}}<b>{{.}}</b>{{end}}`)},
		"page.html":   {Data: []byte(`{{define "content"}}<h1>{{.Body.Text}}</h1>{{template "part" .Body.Text}}<time datetime="{{iso .Body.At}}">{{date .Body.At}}</time>{{.Body.HTML}}{{end}}`)},
		"wrong.html":  {Data: []byte(`{{define "content"}}before {{.Body.Missing}}{{end}}`)},
		"broken.html": {Data: []byte(`{{define "content"}}{{`)},
	}
}

// texts are those of the layout, and those of one page, in three languages.
func texts(t testing.TB) *messages.Catalogue {
	t.Helper()
	fsys := fstest.MapFS{}
	for lang, month := range map[string]string{"en": "March", "de": "März", "ar": "مارس"} {
		all := map[string]any{"date": "{day} {month} {year}", "month.3": month, "size.bytes": map[string]string{"zero": "none", "one": "one", "two": "two", "few": "{n} few", "many": "{n} many", "other": "{n} bytes"}}
		for _, unit := range []string{"kB", "MB", "GB"} {
			all["size."+unit] = "{size} " + unit
		}
		all["site.name"] = "{product}, " + lang
		for key := range strings.FieldsSeq("site.skip site.nav site.languages site.leave site.way code.copy code.copied search.label search.placeholder search.button search.suggestions contact.nav") {
			all[key] = lang + " " + key
		}
		raw, err := json.Marshal(all)
		require.NoError(t, err)
		fsys[lang+".json"] = &fstest.MapFile{Data: raw}
	}
	c, err := messages.Load(fsys)
	require.NoError(t, err)
	return c
}

func site() view.Site {
	return view.Site{Assets: view.Assets{Stylesheet: "/assets/site.css", Script: "/assets/site.js"}, Name: "Help", Home: "/help", Search: "/help/search", Contact: "/contact"}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, h fiber.Handler, header ...string) answer {
	t.Helper()
	app := fiber.New()
	app.Get("/", h)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := app.Test(req, -1)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

func TestPage(t *testing.T) {
	t.Parallel()
	page := view.New[body](site(), texts(t), files(), "page")
	send := func(c *fiber.Ctx) error {
		return page.Send(c, fiber.StatusOK, view.Head{Title: "A & B", Lang: "ar", Choice: "ar", Description: `"quoted"`, Query: "<q>", Data: map[string]any{"name": "</script>"}, Alternates: []view.Alternate{
			{Lang: "en", Name: "English", URL: "/", Switch: "/?lang=en", Default: true}, {Lang: "ar", Name: "العربية", URL: "/?lang=ar", Here: true},
		}}, body{Text: "<i>text</i>", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), HTML: "<em>made</em>"})
	}
	got := get(t, send)
	assert.Equal(t, 200, got.status)
	assert.Contains(t, got.header.Get("Content-Security-Policy"), "script-src 'self'; style-src 'self'")
	for _, want := range []string{
		`<html lang="ar" dir="rtl">`, "<title>A &amp; B – Help</title>", `content="&#34;quoted&#34;"`, "<h1>&lt;i&gt;text&lt;/i&gt;</h1>", "<b>&lt;i&gt;text&lt;/i&gt;</b>",
		`<time datetime="2026-03-04T05:06:07Z">4 مارس 2026</time>`, "<em>made</em>", `value="&lt;q&gt;"`, `href="/assets/site.css"`, `<script src="/assets/site.js" defer>`,
		`href="#page-main">ar site.skip<`, `aria-current="true"`, `hreflang="en"`, `<meta property="og:locale" content="ar_EG">`, `<meta property="og:locale:alternate" content="en_US">`,
		`<link rel="alternate" hreflang="x-default" href="/">`, `<input type="hidden" name="lang" value="ar">`, `<a class="site-name" href="/help?lang=ar">`, `href="/?lang=en" lang="en"`,
	} {
		assert.Contains(t, got.body, want)
	}
	assert.NotContains(t, got.body, `"name":"</script>`, "structured data cannot end its block")

	tag := got.header.Get("ETag")
	again := get(t, send, "If-None-Match", `"other", W/`+tag)
	assert.Equal(t, http.StatusNotModified, again.status)
	assert.Empty(t, again.body)
	other := get(t, send, "If-None-Match", `"other"`)
	assert.Equal(t, 200, other.status)
}

func TestBrokenPageSendsNothing(t *testing.T) {
	t.Parallel()
	page := view.New[body](site(), texts(t), files(), "wrong")
	got := get(t, func(c *fiber.Ctx) error { return page.Send(c, fiber.StatusOK, view.Head{Title: "x"}, body{}) })
	assert.Equal(t, 500, got.status)
	assert.NotContains(t, got.body, "before")
	assert.Panics(t, func() { view.New[body](site(), texts(t), files(), "broken") })
}

func TestErrorPagesHaveNoTag(t *testing.T) {
	t.Parallel()
	page := view.New[body](site(), texts(t), files(), "page")
	got := get(t, func(c *fiber.Ctx) error { return page.Send(c, fiber.StatusNotFound, view.Head{Title: "x"}, body{}) })
	assert.Equal(t, 404, got.status)
	assert.Empty(t, got.header.Get("ETag"))
}

// Labels are in the language of the page where there are any.
func TestLanguageOfAPage(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"page.html": {Data: []byte(`{{define "content"}}{{size 2400000}} {{size 512}} {{size 123456}}<p {{foreign .Body.Text}}>f</p><p {{own .Body.Text}}>o</p>{{end}}`)}}
	named := site()
	named.Name, named.Product = "", "Lamp"
	page := view.New[body](named, texts(t), fsys, "page")
	for lang, want := range map[string][]string{
		"de-AT":   {`<html lang="de-AT" dir="ltr">`, "<title>x – Lamp, de</title>", "de search.label", "2,4 MB 512 bytes 123 kB", `content="de_AT"`, `<p >f</p><p >o</p>`},
		"ar":      {`<html lang="ar" dir="rtl">`, "ar search.label", `<p lang="de" dir="ltr">f</p><p lang="ar" dir="rtl">o</p>`},
		"pt-BR":   {`<html lang="en" dir="ltr">`, "en search.label", `content="pt_BR"`},
		"he":      {`<html lang="en" dir="ltr">`, "2.4 MB"},
		`"><b x=`: {`<html lang="en" dir="ltr">`},
		"":        {`<html lang="en" dir="ltr">`, `content="en_US"`},
	} {
		html, err := page.Render(view.Head{Title: "x", Lang: lang}, body{Text: "de"})
		require.NoError(t, err)
		for _, w := range want {
			assert.Contains(t, string(html), w, lang)
		}
		assert.NotContains(t, string(html), "<b x", lang)
	}
	unknown := view.New[body](site(), texts(t), fstest.MapFS{"page.html": {Data: []byte(`{{define "content"}}{{t "no.such"}}{{end}}`)}}, "page")
	_, err := unknown.Render(view.Head{}, body{})
	assert.ErrorContains(t, err, "there is no text no.such")
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "ltr", "ar": "rtl", "he": "rtl", "fa-IR": "rtl", "zh": "ltr", "": "ltr", "!": "ltr"} {
		assert.Equal(t, want, view.Direction(lang), lang)
	}
}

func BenchmarkPage(b *testing.B) {
	page := view.New[body](site(), texts(b), files(), "page")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := page.Render(view.Head{Title: "x"}, body{Text: "text"}); err != nil {
			b.Fatal(err)
		}
	}
}
