package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/web"
)

const manifest = `{"entries":{
	"widget":{"js":"widget-1.js"},"chatwoot":{"js":"chatwoot-1.js"},"intercom":{"js":"intercom-1.js"},
	"frame":{"js":"frame-1.js","css":"frame-1.css"},"later":{"js":"later-1.js","css":"later-1.css"},"aside":{"js":"aside-1.js"},
	"console":{"js":"console-1.js","css":"console-1.css","preload":["console-2.js"]}},
	"later":{"en":"later-en-1.js","de":"later-de-1.js","ar":"later-ar-1.js"},
	"locales":{"en":"widget.en.json","de":"widget.de.json","ar":"widget.ar.json"}}`

func testBundle() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"manifest.json":  file(manifest),
		"widget-1.js":    file(`(()=>{var o={...Object("__PARLEY_LOOK__")}})();`),
		"chatwoot-1.js":  file("chatwoot()"),
		"intercom-1.js":  file("intercom()"),
		"aside-1.js":     file("aside()"),
		"frame-1.js":     file("frame()"),
		"frame-1.js.gz":  file("GZIP"),
		"frame-1.js.br":  file("BROTLI"),
		"widget.en.json": file(`{"send":"Send"}`),
		"widget.de.json": file(`{"send":"Senden"}`),
		"widget.ar.json": file(`{"send":"أرسل"}`),
	}
}

// answer is a response whose body was read.
type answer struct {
	StatusCode int
	Header     http.Header
}

func get(t *testing.T, app *fiber.App, path string, headers ...string) (answer, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := app.Test(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return answer{res.StatusCode, res.Header}, string(body)
}

func TestWithoutBundleThePagesSayHowToMakeIt(t *testing.T) {
	t.Parallel()
	app := newFake(fstest.MapFS{}, demoInbox("https://shop.example"))
	for _, path := range []string{"/widget.js", "/widget/frame?inbox=" + inboxKey, "/chat?inbox=" + inboxKey, "/console", "/console/inbox/mine", "/intercom.js"} {
		res, body := get(t, app, path)
		assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode, path)
		assert.Contains(t, body, "make web", path)
	}
	res, body := get(t, app, web.Stylesheet())
	assert.Equal(t, http.StatusOK, res.StatusCode, "style sheets come from source")
	assert.Contains(t, body, "--accent")
}

func TestAssetsAreServedInTheEncodingThatTheBrowserTakes(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox())
	for _, c := range []struct{ accept, encoding, body string }{
		{"gzip, deflate, br", "br", "BROTLI"},
		{"gzip", "gzip", "GZIP"},
		{"br;q=0, gzip", "gzip", "GZIP"},
		{"identity", "", "frame()"},
		{"", "", "frame()"},
	} {
		res, body := get(t, app, "/assets/frame-1.js", "Accept-Encoding", c.accept)
		assert.Equal(t, c.encoding, res.Header.Get("Content-Encoding"), c.accept)
		assert.Equal(t, c.body, body, c.accept)
		assert.Equal(t, "Accept-Encoding", res.Header.Get("Vary"), c.accept)
		assert.Contains(t, res.Header.Get("Cache-Control"), "immutable")
		assert.Contains(t, res.Header.Get("Content-Type"), "javascript")
		assert.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
	}
	first, _ := get(t, app, "/assets/frame-1.js")
	again, body := get(t, app, "/assets/frame-1.js", "If-None-Match", first.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
	assert.Empty(t, body)
}

func TestOnlyAssetsAreServedAsAssets(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox())
	for _, name := range []string{"manifest.json", "widget.en.json", "frame-1.js.gz", "..%2fmanifest.json", "%2e%2e%2fweb.go", "missing.js", ".keep"} {
		res, _ := get(t, app, "/assets/"+name)
		assert.Equal(t, http.StatusNotFound, res.StatusCode, name)
	}
}

func policyOf(res answer, directive string) string {
	for part := range strings.SplitSeq(res.Header.Get("Content-Security-Policy"), ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), directive+" "); ok {
			return value
		}
	}
	return ""
}

func TestOnlyTheInboxesOriginsMayFrameTheChat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		origins []string
		want    string
	}{
		{"one", []string{"https://shop.example"}, "https://shop.example"},
		{"several, with a port", []string{"https://shop.example", "http://localhost:3000"}, "https://shop.example http://localhost:3000"},
		{"none", nil, "'none'"},
		{"what is no origin", []string{"*", "https://*.example", "shop.example", "https://shop.example/path", "https://a.example; script-src *", "javascript:alert(1)", "http://[::1]:8080"}, "'none'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := newFake(testBundle(), demoInbox(c.origins...))
			res, _ := get(t, app, "/widget/frame?inbox="+inboxKey)
			require.Equal(t, http.StatusOK, res.StatusCode)
			assert.Equal(t, c.want, policyOf(res, "frame-ancestors"))
			assert.Equal(t, "'self'", policyOf(res, "script-src"))
			assert.Equal(t, "'self'", policyOf(res, "style-src"))
			if c.want != "'none'" {
				assert.Empty(t, res.Header.Get("X-Frame-Options"), "the older header would refuse them all")
			}
		})
	}
}

func TestNothingElseMayBeFramed(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox("https://shop.example"))
	for _, path := range []string{"/console", "/console/settings/inboxes", "/chat?inbox=" + inboxKey, "/chat?inbox=wrong", "/demo", "/widget/frame?inbox=wrong", "/widget/frame"} {
		res, _ := get(t, app, path)
		assert.Equal(t, "'none'", policyOf(res, "frame-ancestors"), path)
		assert.Equal(t, "'none'", policyOf(res, "default-src"), path)
		assert.Equal(t, "DENY", res.Header.Get("X-Frame-Options"), path)
		assert.NotEmpty(t, res.Header.Get("Referrer-Policy"), path)
	}
}

func TestUnknownAndArchivedInboxesHaveNoChat(t *testing.T) {
	t.Parallel()
	archived := demoInbox("https://shop.example")
	archived.Archived = true
	app := newFake(testBundle(), archived)
	for _, path := range []string{"/widget/frame?inbox=" + inboxKey, "/widget/frame?inbox=wrong", "/chat?inbox=" + inboxKey} {
		res, _ := get(t, app, path)
		assert.Equal(t, http.StatusNotFound, res.StatusCode, path)
	}
}

var (
	inlineScript = regexp.MustCompile(`<script(?:[^>]*)>[^<]`)
	inlineStyle  = regexp.MustCompile(`<style|\sstyle=|\son\w+=`)
)

func TestPagesHaveNothingInline(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox("https://shop.example"))
	for _, path := range []string{"/console", "/chat?inbox=" + inboxKey, "/chat?inbox=wrong", "/widget/frame?inbox=" + inboxKey, "/demo"} {
		_, body := get(t, app, path)
		for _, found := range inlineScript.FindAllString(body, -1) {
			assert.Contains(t, found, "application/json", path)
		}
		assert.Empty(t, inlineStyle.FindAllString(body, -1), path)
	}
}

func TestAHostileNameStaysText(t *testing.T) {
	t.Parallel()
	inbox := demoInbox("https://shop.example")
	inbox.Name = `</script><script>alert(1)</script>"'&`
	app := newFake(testBundle(), inbox)
	for _, path := range []string{"/chat?inbox=" + inboxKey, "/widget/frame?inbox=" + inboxKey} {
		_, body := get(t, app, path)
		assert.NotContains(t, body, "<script>alert", path)
		assert.Equal(t, 2, strings.Count(body, "<script"), path)
	}
}

func TestTheLauncherCarriesTheInboxesLook(t *testing.T) {
	t.Parallel()
	inbox := demoInbox()
	inbox.Look = event.Look{Accent: "#ffd400", Position: "left"}
	app := newFake(testBundle(), inbox)
	res, body := get(t, app, "/widget.js?inbox="+inboxKey)
	assert.Contains(t, body, `Object({"accent":"#ffd400","on":"#0a1426","side":"left","radius":16})`)
	assert.Contains(t, res.Header.Get("Cache-Control"), "stale-while-revalidate", "the button is there while the server is not")
	assert.Equal(t, "cross-origin", res.Header.Get("Cross-Origin-Resource-Policy"))

	_, plain := get(t, app, "/widget.js")
	assert.Contains(t, plain, "__PARLEY_LOOK__", "without a key the launcher keeps its own colours")
	_, unknown := get(t, app, "/widget.js?inbox=wrong")
	assert.Contains(t, unknown, `"accent":""`)

	inbox.Look = event.Look{Accent: "#ffd400", Radius: event.RadiusRound, Launcher: `Ask "us"</script>`}
	inbox.Contact = "https://shop.example/contact"
	_, whole := get(t, newFake(testBundle(), inbox), "/widget.js?inbox="+inboxKey)
	assert.Contains(t, whole, `"side":"right","radius":24,"text":"Ask \"us\"\u003c/script\u003e","contact":"https://shop.example/contact"})`)
	_, frame := get(t, newFake(testBundle(), inbox), "/widget/frame?inbox="+inboxKey)
	assert.Contains(t, frame, `"r-bubble":"18px"`)

	inbox.Contact = "javascript:alert(1)"
	inbox.Look = event.Look{Accent: `red"};alert(1);//`, Position: `left"};alert(1);//`, Radius: `0;alert(1)`}
	_, hostile := get(t, newFake(testBundle(), inbox), "/widget.js?inbox="+inboxKey)
	assert.NotContains(t, hostile, "alert")
}

func TestTheLauncherIsCompressed(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox())
	res, body := get(t, app, "/widget.js?inbox="+inboxKey, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", res.Header.Get("Content-Encoding"))
	r, err := gzip.NewReader(strings.NewReader(body))
	require.NoError(t, err)
	script, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Contains(t, string(script), "accent")
}

func TestTheChatSpeaksTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		offered         []string
		page, browser   string
		locale, message string
	}{
		{"the page's", []string{"en", "de", "ar"}, "de-AT", "ar", "de", "Senden"},
		{"the browser's", []string{"en", "de", "ar"}, "", "fr, ar;q=0.8", "ar", "أرسل"},
		{"the inbox's first", []string{"de", "en"}, "fr", "it", "de", "Senden"},
		{"not one that the inbox does not offer", []string{"en"}, "de", "de", "en", "Send"},
		{"variants of a language", []string{"de-CH"}, "en", "en", "de", "Senden"},
		{"languages without messages are passed over", []string{"fr", "de"}, "fr", "fr", "de", "Senden"},
		{"all, when the inbox names none", nil, "ar_EG", "en", "ar", "أرسل"},
		{"nonsense", []string{"en", "de"}, "../../etc", "\"><script>", "en", "Send"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inbox := demoInbox("https://shop.example")
			inbox.Languages = c.offered
			_, body := get(t, newFake(testBundle(), inbox), "/widget/frame?inbox="+inboxKey+"&lang="+c.page, "Accept-Language", c.browser)
			assert.Contains(t, body, `<html lang="`+c.locale+`"`)
			assert.Contains(t, body, `"send":"`+c.message+`"`)
			assert.Contains(t, body, `"/assets/later-`+c.locale+`-1.js"`)
			assert.Equal(t, c.locale == "ar", strings.Contains(body, `dir="rtl"`))
		})
	}
}

func TestTheDemoEmbedsTheWidgetAsASiteDoes(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox())
	res, body := get(t, app, "/demo")
	assert.Equal(t, http.StatusOK, res.StatusCode)
	assert.Contains(t, body, `<script async src="/widget.js?inbox=`+inboxKey+`"></script>`)
	sheet := regexp.MustCompile(`/assets/demo-[\w-]+\.css`).FindString(body)
	require.NotEmpty(t, sheet)
	styled, _ := get(t, app, sheet)
	assert.Equal(t, http.StatusOK, styled.StatusCode)
}

func TestTheConsolePreloadsItsChunks(t *testing.T) {
	t.Parallel()
	app := newFake(testBundle(), demoInbox())
	for _, path := range []string{"/console", "/console/conversations/abc?tab=notes"} {
		_, body := get(t, app, path)
		assert.Contains(t, body, `<link rel="modulepreload" href="/assets/console-2.js">`)
		assert.Contains(t, body, `<script type="module" src="/assets/console-1.js"></script>`)
		assert.Contains(t, body, `<link rel="stylesheet" href="/assets/console-1.css">`)
	}
}

func BenchmarkFrame(b *testing.B) {
	app := newFake(testBundle(), demoInbox("https://shop.example"))
	for b.Loop() {
		res, err := app.Test(httptest.NewRequest(http.MethodGet, "/widget/frame?inbox="+inboxKey, nil), -1)
		if err != nil {
			b.Fatal(err)
		}
		_ = res.Body.Close()
	}
}
