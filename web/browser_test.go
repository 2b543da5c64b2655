package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// The widget in a real browser, on a page of another site with a strict policy,
// against the scripted desk. Skipped without chromium or without a bundle.

const (
	patience = 15 * time.Second
	aFrame   = "iframe"
)

func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	if _, err := os.Stat("dist/manifest.json"); err != nil {
		t.Skip("the browser side is not built: make web")
	}
	opts := append(cd.DefaultExecAllocatorOptions[:], cd.ExecPath(path), cd.NoSandbox, cd.DisableGPU, cd.UserDataDir(t.TempDir()))
	for _, flag := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, cd.Flag(flag, true))
	}
	alloc, stop := cd.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := cd.NewContext(alloc)
	t.Cleanup(cancel)
	require.NoError(t, cd.Do(ctx))
	return ctx
}

// site is a customer's page on 127.0.0.1 that embeds the product on localhost:
// two sites to a browser.
type site struct {
	shop    string
	product string
}

func startSite(t *testing.T, lang string, change func(*event.Inbox)) site {
	t.Helper()
	var product string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src "+product+"; frame-src "+product+"; require-trusted-types-for 'script'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang=%q><head><title>Shop</title><meta name="viewport" content="width=device-width"></head><body><main><h1>Shop</h1></main>
			<script async src="%[2]s/widget.js?inbox=%[3]s"></script><script async src="%[2]s/widget.js?inbox=%[3]s"></script></body></html>`, lang, product, inboxKey)
	}))
	t.Cleanup(host.Close)
	inbox := demoInbox(host.URL)
	if change != nil {
		change(&inbox)
	}
	app := newFake(os.DirFS("dist"), inbox)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	product = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	go func() { _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.ShutdownWithTimeout(time.Second) })
	return site{shop: host.URL, product: product}
}

func open(t *testing.T, ctx context.Context, url string) context.Context {
	t.Helper()
	tab, cancel := cd.NewContext(ctx, cd.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, cd.Do(tab))
	tab, stop := context.WithTimeout(tab, time.Minute)
	t.Cleanup(stop)
	require.NoError(t, cd.Do(tab, cd.Navigate(url)))
	return tab
}

func js[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := cd.Run(ctx, cd.Evaluate[T](expression))
	require.NoError(t, err, expression)
	return v
}

func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	require.Eventually(t, func() bool {
		ok, err := cd.Run(ctx, cd.Evaluate[bool](`!!(`+expression+`)`))
		return err == nil && ok
	}, patience, 30*time.Millisecond, expression)
}

// inFrame attaches to the widget's frame, a process of its own.
func inFrame(t *testing.T, tab context.Context, product string) context.Context {
	t.Helper()
	var id target.ID
	require.Eventually(t, func() bool {
		infos, err := cd.Targets(tab)
		if err != nil {
			return false
		}
		for _, info := range infos {
			if info.Type == aFrame && strings.HasPrefix(info.URL, product) {
				id = info.TargetID
				return true
			}
		}
		return false
	}, patience, 30*time.Millisecond, "no frame of the product")
	frame, cancel := cd.NewContext(tab, cd.WithTargetID(id))
	t.Cleanup(cancel)
	return frame
}

const say = `(text => { const area = document.querySelector("textarea"); area.value = text; area.oninput({ currentTarget: area }); area.form.requestSubmit() })`

func TestVisitorChatsOnAnotherSite(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	tab := open(t, browser, s.shop)
	until(t, tab, `window.parley?.v`)
	assert.Equal(t, 1, js[int](t, tab, `document.querySelectorAll("html > div").length`), "two snippets, one launcher")
	assert.Equal(t, 0, js[int](t, tab, `performance.getEntriesByType("resource").filter(e => e.name.includes("/widget/frame")).length`), "nothing is loaded before somebody reaches for it")

	js[cd.Void](t, tab, `parley("on", "unread", n => window.unread = n); parley("open")`)
	frame := inFrame(t, tab, s.product)
	until(t, frame, `document.querySelector(".start .button")`)
	noFindings(t, frame)
	js[cd.Void](t, frame, `document.querySelector(".start .button").click()`)
	until(t, frame, `document.activeElement?.tagName === "TEXTAREA"`)
	js[cd.Void](t, frame, say+`("Can I return an opened bag?")`)
	until(t, frame, `document.querySelector(".sources a")?.textContent.includes("Return an order")`)
	until(t, frame, `document.querySelector(".rich strong")`)
	assert.False(t, js[bool](t, frame, `"broken" in window`), "what came in an answer does not run")
	assert.Equal(t, 0, js[int](t, frame, `document.querySelectorAll(".rich img, .rich script").length`))
	until(t, frame, `[...document.querySelectorAll(".meta")].some(e => e.textContent.includes("Seen"))`)
	noFindings(t, frame)

	js[cd.Void](t, frame, `document.querySelector(".person").click()`)
	until(t, frame, `document.querySelector(".place")?.textContent.includes("number 2")`)
	until(t, frame, `document.querySelector("header h1").textContent === "Ana Ruiz"`)
	js[cd.Void](t, tab, `parley("close")`)
	until(t, tab, `window.unread > 0 && document.title.startsWith("(")`)

	// A new page of the site finds the conversation.
	require.NoError(t, cd.Do(tab, cd.Navigate(s.shop+"/other")))
	until(t, tab, `window.parley?.v`)
	again := inFrame(t, tab, s.product)
	js[cd.Void](t, tab, `parley("open")`)
	until(t, again, `document.querySelectorAll(".bubble").length >= 4`)
}

func TestAnotherPersonSeesNothingOfTheLast(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	tab := open(t, browser, s.shop)
	until(t, tab, `window.parley?.v`)
	js[cd.Void](t, tab, `parley("open")`)
	frame := inFrame(t, tab, s.product)
	until(t, frame, `document.querySelector(".start .button")`)
	js[cd.Void](t, frame, `document.querySelector(".start .button").click()`)
	until(t, frame, `document.querySelector("textarea")`)
	js[cd.Void](t, frame, say+`("My secret question")`)
	until(t, frame, `document.querySelector(".choices")`)
	until(t, tab, `JSON.stringify(localStorage).includes("token-v1")`)

	js[cd.Void](t, tab, `parley("identify", { id: "7", name: "Mia", proof: "signed" })`)
	until(t, frame, `!document.body.innerText.includes("My secret question")`)
	until(t, tab, `!JSON.stringify(localStorage).includes("token-v1")`)
	assert.NotContains(t, js[string](t, tab, `JSON.stringify(localStorage)`), "token-", "what a signed-in person's token opens is not for the page's scripts")
	js[cd.Void](t, frame, say+`("Mine")`)
	until(t, frame, `document.querySelector(".bubble-mine")`)

	js[cd.Void](t, tab, `parley("logout")`)
	until(t, frame, `document.querySelector(".start")`)
	until(t, frame, `!document.querySelector(".recent")`)
	assert.NotContains(t, js[string](t, frame, `JSON.stringify(localStorage)`), "token-")
}

func TestChatWorksWithoutStorage(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	tab := open(t, browser, s.product+"/chat?inbox="+inboxKey)
	blocked := `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("blocked", "SecurityError") } })`
	_, err := cd.Call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: blocked})
	require.NoError(t, err)
	require.NoError(t, cd.Do(tab, cd.Reload()))
	until(t, tab, `document.querySelector(".start .button")`)
	js[cd.Void](t, tab, `document.querySelector(".start .button").click()`)
	until(t, tab, `document.querySelector("textarea")`)
	js[cd.Void](t, tab, say+`("Hello")`)
	until(t, tab, `document.querySelector(".bubble-theirs")`)
}

func TestRefusedMessageStaysWithItsReason(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	tab := open(t, browser, s.product+"/chat?inbox="+inboxKey)
	until(t, tab, `document.querySelector(".start .button")`)
	js[cd.Void](t, tab, `document.querySelector(".start .button").click()`)
	until(t, tab, `document.querySelector("textarea")`)
	js[cd.Void](t, tab, say+`("Hello")`)
	until(t, tab, `document.querySelector(".choices")`)
	js[cd.Void](t, tab, say+`("refuse this")`)
	until(t, tab, `document.querySelector(".meta.bad")?.textContent.includes("too long")`)
	noFindings(t, tab)
	js[cd.Void](t, tab, `document.querySelectorAll(".meta.bad .link")[1].click()`)
	until(t, tab, `!document.querySelector(".meta.bad")`)
}

func TestNobodyThereCollectsAnAddress(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	tab := open(t, browser, s.product+"/chat?inbox="+inboxKey)
	until(t, tab, `document.querySelector(".start .button")`)
	js[cd.Void](t, tab, `document.querySelector(".start .button").click()`)
	until(t, tab, `document.querySelector("textarea")`)
	js[cd.Void](t, tab, say+`("offline")`)
	until(t, tab, `document.querySelector(".away")`)
	noFindings(t, tab)
	js[cd.Void](t, tab, `document.querySelector("#away-email").value = "nope"; document.querySelector(".away").requestSubmit()`)
	until(t, tab, `document.querySelector("#away-error")`)
	js[cd.Void](t, tab, `document.querySelector("#away-email").value = "mia@example.com"; document.querySelector(".away").requestSubmit()`)
	until(t, tab, `document.querySelector(".away [role=status]")?.textContent.includes("mia@example.com")`)
}

func TestPreChatFormIsAskedFirst(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", func(inbox *event.Inbox) {
		inbox.PreChat = []event.PreChatField{
			{Name: "name", Label: "Your name", Type: "text", Required: true},
			{Name: "email", Label: "E-mail", Type: "email", Required: true},
			{Name: "topic", Label: "What is it about?", Type: "select", Options: []string{"An order", "Coffee"}},
		}
	})
	tab := open(t, browser, s.product+"/chat?inbox="+inboxKey)
	until(t, tab, `document.querySelector(".presence.here")`)
	js[cd.Void](t, tab, `document.querySelector(".start .button").click()`)
	until(t, tab, `document.querySelector(".form .input")`)
	js[cd.Void](t, tab, `document.querySelector(".form").requestSubmit()`)
	until(t, tab, `document.querySelectorAll(".form .error-text[id]").length === 2`)
	assert.Equal(t, "f-name", js[string](t, tab, `document.activeElement.id`), "the focus goes to the first mistake")
	noFindings(t, tab)
	js[cd.Void](t, tab, `for (const [id, value] of [["f-name", "Mia"], ["f-email", "mia@example.com"]]) { const e = document.getElementById(id); e.value = value; e.oninput({ currentTarget: e }) }`)
	js[cd.Void](t, tab, `document.querySelector(".form").requestSubmit()`)
	until(t, tab, `document.querySelector("textarea")`)
}

func TestArabicRunsFromTheRight(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "ar", nil)
	tab := open(t, browser, s.shop)
	require.NoError(t, cd.Do(tab, cd.EmulateViewport(390, 640)))
	until(t, tab, `window.parley?.v`)
	js[cd.Void](t, tab, `parley("open")`)
	assert.True(t, js[bool](t, tab, `document.body.inert`), "on a phone the chat covers the page")
	frame := inFrame(t, tab, s.product)
	until(t, frame, `document.querySelector(".search")`)
	assert.Equal(t, "rtl", js[string](t, frame, `document.documentElement.dir`))
	assert.Equal(t, 390, js[int](t, frame, `innerWidth`))
	assert.LessOrEqual(t, js[int](t, frame, `document.documentElement.scrollWidth`), 390, "nothing sticks out")
	noFindings(t, frame)
	js[cd.Void](t, frame, `document.querySelector("header .icon-button:last-child").click()`)
	until(t, tab, `!document.body.inert`)
}

func TestPagesHaveNoAccessibilityFindings(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := startSite(t, "en", nil)
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/demo", "/chat?inbox=" + inboxKey, "/chat?inbox=wrong"} {
			tab := open(t, browser, "about:blank")
			require.NoError(t, cd.Do(tab, emulateTheme(theme), cd.Navigate(s.product+path)))
			if strings.HasSuffix(path, inboxKey) {
				until(t, tab, `document.querySelector(".search")`)
			}
			if path == "/demo" {
				until(t, tab, `window.parley?.v`)
			}
			noFindings(t, tab)
		}
	}
}

func emulateTheme(theme string) cd.Action[cd.Void] {
	return func(ctx context.Context, t *cd.Target) (cd.Void, error) {
		_, err := cd.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return cd.Void{}, err
	}
}

// noFindings runs axe-core on what is shown.
func noFindings(t *testing.T, ctx context.Context) {
	t.Helper()
	axe, err := os.Open("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Log("axe-core is not installed: accessibility was not checked")
		return
	}
	defer func() { _ = axe.Close() }()
	source, err := io.ReadAll(axe)
	require.NoError(t, err)
	js[cd.Void](t, ctx, string(source))
	found, err := cd.Run(ctx, cd.Evaluate[[]string](`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
		.then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html).join(" | ")))`, cd.EvalAwaitPromise))
	require.NoError(t, err)
	assert.Empty(t, found)
}
