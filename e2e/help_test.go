package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// helpFiles is a help centre with an article of each kind that has pages of its
// own.
func helpFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"questions.md": "---\ntitle: Questions and answers\nkind: faq\nsummary: What people ask most.\n---\n\n## Billing\n\n### When do I pay?\n\nOn the **first** of the month.\n\n### How do I pay?\n\nBy card.\n\n## Account\n\n### May I cancel?\n\nYes, at any time.\n",
		"set-up.md":    "---\ntitle: Set up the lamp\nkind: tutorial\nsummary: From the box to light.\nextra:\n  minutes: 5\n---\n\n## Unpack it\n\nOpen the box.\n\n## Plug it in\n\nUse the wall.\n\n## Switch it on\n\nPress the button.\n",
		"lamp.md":      "---\ntitle: The lamp stays dark\nkind: troubleshooting\nsummary: Find out why.\n---\n\nThis takes a minute.\n\n## Is the lamp plugged in?\n\nLook behind it.\n\n- [Yes](#hold-the-button)\n- [No](#plug-it-in)\n\n## Plug it in\n\nUse another socket.\n\n- [Still dark](#hold-the-button)\n\n## Hold the button\n\nFor ten seconds.\n",
		"ar/set-up.md": "---\ntitle: تركيب المصباح\nkind: tutorial\nsummary: من العلبة إلى الضوء.\n---\n\nنفّذ `parley serve`.\n\n## افتح العلبة\n\nأخرج المصباح.\n\n## شغّله\n\nاضغط الزر.\n",
		"tour.md":      "---\ntitle: A tour of the lamp\nkind: video\nsummary: Three minutes of light.\nextra:\n  video:\n    url: https://www.youtube.com/watch?v=abcDEF_-123\n---\n\nWhat you see.\n\n## Transcript\n\nHello, this is the lamp.\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// Pages of each kind: nobody is kept out by colour, size or the keyboard, and
// what they weigh is little.
func TestKindsOfArticlesAreAccessible(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	s := serve(t)
	s.CLI("kb", "import", helpFiles(t))
	p := newTab(t)
	p.size(390, 844)
	for name, path := range map[string]string{
		"faq": "/help/a/questions", "faq-open": "/help/a/questions#when-do-i-pay", "tutorial": "/help/a/set-up", "guide": "/help/a/lamp", "video": "/help/a/tour",
		"node": "/help/a/lamp/plug-it-in?via=is-the-lamp-plugged-in", "whole": "/help/a/lamp?whole=1",
		"arabic": "/help?lang=ar", "arabic-tutorial": "/help/a/set-up?lang=ar",
	} {
		p.open(s.URL + path)
		p.until(`document.querySelector("h1")`)
		for _, theme := range []string{"light", "dark"} {
			p.theme(theme)
			p.check(axe, name+" "+theme)
			p.picture(name + "-" + theme)
		}
		assert.Zero(t, eval[int](p, `document.documentElement.scrollWidth > innerWidth ? 1 : 0`), "%s scrolls sideways", name)
		assert.Zero(t, eval[int](p, `[...document.querySelectorAll(".button, summary, .answers a, .node-nav a")].filter((e) => e.offsetHeight && e.offsetHeight < 24).length`), "%s has small targets", name)
	}
	p.open(s.URL + "/help/a/questions#when-do-i-pay")
	p.until(`document.getElementById("when-do-i-pay").closest("details").open`)
	p.open(s.URL + "/help/a/set-up")
	p.until(`document.querySelectorAll(".step-check input").length === 3`)
	eval[bool](p, `document.querySelector(".step-check input").click() || true`)
	p.see("1 of 3 steps done")
	p.open(s.URL + "/help")
	p.open(s.URL + "/help/a/set-up")
	p.see("1 of 3 steps done")
	p.open(s.URL + "/help/a/lamp")
	p.click(".answers a", "No")
	p.see("Use another socket")
	p.click(".node-nav a", "Back")
	p.see("Look behind it")
	readInWidget(s, axe)
	openSuggestion(s)
}

// In the widget every kind can be read, and leads on to its page, where it does
// more.
func readInWidget(s *server, axe string) {
	w := newTab(s.t)
	w.size(390, 680)
	w.open(s.URL + "/chat?inbox=" + s.Inbox(s.URL))
	for title, text := range map[string]string{
		"Questions and answers": "On the first of the month.", "Set up the lamp": "Press the button.", "The lamp stays dark": "Hold the button", "A tour of the lamp": "Hello, this is the lamp.",
	} {
		w.until(`document.querySelector(".search input")`)
		w.write(".search input", title)
		w.click(".found button", title)
		w.until(`document.querySelector(".reading h1")?.innerText === ` + quote(title))
		w.see(text)
		assert.Equal(s.t, "Open in the help centre", eval[string](w, `document.querySelector(".reading h1 + a").innerText`), title)
		if title == "The lamp stays dark" {
			assert.Equal(s.t, "/help/a/lamp", eval[string](w, `document.querySelector(".reading h1 + a").getAttribute("href")`))
			w.click(".rich a", "Yes")
			w.until(`(() => { const at = document.getElementById("at-hold-the-button").getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight })()`)
			w.check(axe, "guide in the widget")
			w.picture("widget-guide")
		}
		w.press("Back")
	}
	voteInWidget(s, w, axe)
}

// At the end of an article in the widget readers say whether it helped, with the
// keyboard too: a no at once, and why if they like.
func voteInWidget(s *server, w *tab, axe string) {
	token := s.CLI("token", "create", "--label", "votes", "--role", "agent")
	var found struct{ Articles []struct{ ID, Slug string } }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/articles?q=set+up+the+lamp", token, nil, &found))
	at := slices.IndexFunc(found.Articles, func(a struct{ ID, Slug string }) bool { return a.Slug == "set-up" })
	require.GreaterOrEqual(s.t, at, 0, "%v", found)
	w.until(`document.querySelector(".search input")`)
	w.write(".search input", "Set up the lamp")
	w.click(".found button", "Set up the lamp")
	w.until(`document.querySelector(".vote")?.getAttribute("aria-label") === "Was this helpful?"`)
	w.check(axe, "vote in the widget")
	eval[bool](w, `(document.querySelector(".vote").scrollIntoView({block: "center"}), [...document.querySelectorAll(".vote button")].find((b) => b.innerText === "No").focus(), true)`)
	w.picture("widget-vote")
	w.key(" ", 32, 0)
	w.until(`document.activeElement?.matches(".vote textarea") && document.activeElement.labels[0].innerText.trim() === "What is missing?"`)
	w.do(insert("Which button?"))
	w.check(axe, "reason of a vote in the widget")
	for _, theme := range []string{"light", "dark"} {
		w.theme(theme)
		w.picture("widget-vote-reason-" + theme)
	}
	w.click(".vote button", "Send")
	w.until(`document.activeElement?.matches(".vote [role=status]") && document.activeElement.innerText === "Thank you. The authors will read this."`)
	var verdict struct {
		Helpful, Unhelpful int
		Reasons            []string
	}
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/articles/"+found.Articles[at].ID+"/votes", token, nil, &verdict))
	assert.Equal(s.t, 1, verdict.Unhelpful)
	assert.Equal(s.t, []string{"Which button?"}, verdict.Reasons)
	w.picture("widget-vote-thanks-dark")
}

// A suggestion that is opened while typing leads to its place in the language
// of the page, and is recorded for the authors.
func openSuggestion(s *server) {
	p := newTab(s.t)
	p.open(s.URL + "/help")
	p.write(".search-form input", "lamp stays")
	p.until(`document.querySelector("[role=option]")`)
	p.picture("suggestions")
	p.key("ArrowDown", 40, 0)
	p.key("Enter", 13, 0)
	p.until(`(location.pathname + location.search).startsWith("/help/a/lamp/is-the-lamp-plugged-in?lang=en&from=")`)
	token := s.CLI("token", "create", "--label", "figures", "--role", "agent")
	type asked struct {
		Query            string
		Clicked, Results int
	}
	var got struct{ Searches []asked }
	require.Eventually(s.t, func() bool {
		require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/kb/searches", token, nil, &got))
		return slices.ContainsFunc(got.Searches, func(q asked) bool { return q.Query == "lamp stays" && q.Clicked == 1 && q.Results > 0 })
	}, patience, 50*time.Millisecond, "%v", got)
	assert.Len(s.t, got.Searches, 5, "what was opened in the widget, too, and no letter on the way")
}

// picture is kept where SCREENSHOTS names a folder.
func (p *tab) picture(name string) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := cd.Run(ctx, cd.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, "kind-"+name+".png"), png, 0o600))
}

// What Lighthouse looks at, where it can be told from the answer itself.
func TestHelpPagesAreLightAndDescribed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.CLI("kb", "import", helpFiles(t))
	const heaviest = 100_000 // bytes of a page with its style and script
	p := newTab(t)
	for _, path := range []string{"/help", "/help/a/questions", "/help/a/set-up", "/help/a/lamp", "/help/a/tour"} {
		p.open(s.URL + path)
		p.until(`document.readyState === "complete"`)
		assert.Zero(t, eval[int](p, `document.querySelectorAll("head script[src]:not([defer]):not([async]):not([type=module])").length`), "%s: a script blocks", path)
		assert.Zero(t, eval[int](p, `[...document.images].filter((i) => !i.getAttribute("width") || !i.hasAttribute("alt")).length`), "%s: pictures have sizes and words", path)
		assert.NotEmpty(t, eval[string](p, `document.documentElement.lang`), path)
		assert.NotEmpty(t, eval[string](p, `document.querySelector("meta[name=description]").content`), path)
		assert.NotEmpty(t, eval[string](p, `document.querySelector("link[rel=canonical]").href`), path)
		assert.Contains(t, eval[string](p, `document.querySelector("meta[name=viewport]").content`), "width=device-width", path)
		assert.Less(t, eval[int](p, `performance.getEntriesByType("resource").reduce((n, r) => n + r.decodedBodySize, 0) + performance.getEntriesByType("navigation")[0].decodedBodySize`), heaviest, path)
		assert.Zero(t, eval[int](p, `performance.getEntriesByType("resource").filter((r) => new URL(r.name).origin !== location.origin).length`), "%s loads from elsewhere", path)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+eval[string](p, `new URL(document.querySelector("link[rel=stylesheet]").href).pathname`), nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Contains(t, resp.Header.Get("Cache-Control"), "immutable", "%s: the style is kept", path)
	}
}
