package security

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

var browser = sync.OnceValues(func() (context.Context, error) { return harness.StartBrowser() })

// watcher notes in every document whether a payload ran, and what the content
// security policy had to stop: that should never be needed.
const watcher = `
	window.zqxss = window.alert = window.confirm = window.prompt = (...what) => { (window.zqran ||= []).push(String(new Error(what).stack)); };
	addEventListener("securitypolicyviolation", (e) => (window.zqstopped ||= []).push([e.violatedDirective, e.blockedURI, e.sample].join(" ")));
	addEventListener("message", (e) => { if (e.data === "zqxss") window.zqxss(); });`

// caught lists what ran, what was stopped, and what of the document could run
// when somebody clicks on it.
const caught = `(() => {
	const found = [...(window.zqran || []), ...(window.zqstopped || [])];
	for (const e of document.querySelectorAll("*")) {
		const framed = e.localName === "iframe" && e.hasAttribute("sandbox") && !/allow-(scripts|top|popups|forms)/.test(e.getAttribute("sandbox")); // nothing runs in it
		for (const a of e.attributes) {
			const address = /^(href|src|action|formaction|xlink:href|data|poster|background)$/i.test(a.name);
			if (/^on/i.test(a.name) || (a.name === "srcdoc" && !framed) || (address && /^[\s\u0000-\u001f]*(javascript|vbscript|data(?!:image\/(png|svg\+xml|gif|jpeg|webp)[;,]))/i.test(a.value)))
				found.push(e.localName + " " + a.name + "=" + a.value);
			if (/^(src|action|formaction|data|poster)$/i.test(a.name) && /evil\.example/.test(a.value)) found.push(e.localName + " " + a.name + "=" + a.value);
		}
		if (!framed && /^(iframe|object|embed|base|frame|applet|marquee)$/.test(e.localName)) found.push(e.outerHTML.slice(0, 200));
		if (e.localName === "script" && !/json$/.test(e.type) && !e.getAttribute("src")?.startsWith("/assets/")) found.push(e.outerHTML.slice(0, 200));
	}
	return found;
})()`

// tab is a page in a browser context of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	root, err := browser()
	harness.RequireBrowser(t, err)
	ctx, cancel := cd.NewContext(root, cd.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{t, ctx}
	require.NoError(t, cd.Do(ctx))
	p.do(cd.EmulateViewport(1280, 900), func(ctx context.Context, t *cd.Target) (cd.Void, error) {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watcher})
		return cd.Void{}, err
	})
	return p
}

func (p *tab) do(actions ...cd.Action[cd.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, harness.Patience)
	defer cancel()
	require.NoError(p.t, cd.Do(ctx, actions...))
}

func (p *tab) open(address string) {
	p.t.Helper()
	p.do(cd.Navigate(address))
}

func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, harness.Patience)
	defer cancel()
	v, err := cd.Run(ctx, cd.Evaluate[T](expression))
	require.NoError(p.t, err, expression)
	return v
}

// until waits until the expression is true.
func (p *tab) until(expression string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		defer cancel()
		ok, err := cd.Run(ctx, cd.Evaluate[bool]("Boolean("+expression+")"))
		return err == nil && ok
	}, harness.Patience, 50*time.Millisecond, "never true: %s\n%s", expression, text{p})
}

// text is what the page shows, read when a message is printed.
type text struct{ p *tab }

func (x text) String() string {
	ctx, cancel := context.WithTimeout(x.p.ctx, 5*time.Second)
	defer cancel()
	s, err := cd.Run(ctx, cd.Evaluate[string](`location.href + "\n" + document.body?.innerText + "\n" + [...document.querySelectorAll("input,textarea")].map((e) => e.value).join("\n")`))
	if err != nil {
		return err.Error()
	}
	return s
}

// press clicks the first visible button or link whose words contain the name.
func (p *tab) press(name string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button,a,[role=button]")].find((e) => ((e.getAttribute("aria-label") || "") + e.innerText).toLowerCase().includes(%s) && e.getClientRects().length && !e.disabled)`, quote(name))
	p.until(find)
	eval[bool](p, "("+find+").click() || true")
}

// shows waits until the page shows the words, in its text or in a field, and
// checks that nothing of them is more than text.
func (p *tab) shows(surface string, words ...string) {
	p.t.Helper()
	for _, word := range words {
		p.until(fmt.Sprintf(`(document.body?.innerText + [...document.querySelectorAll("input,textarea")].map((e) => e.value).join(" ") + [...document.querySelectorAll("[title]")].map((e) => e.title).join(" ")).includes(%s)`, quote(word)))
	}
	require.Empty(p.t, eval[[]string](p, caught), surface)
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}
