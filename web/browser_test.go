package web_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/event"
)

// The widget in a real browser, on a page of another site with a strict policy,
// against the scripted desk. Skipped without chromium or without a bundle.

const patience = 20 * time.Second

// browser is one Chromium for all tests of the package; it ends with them.
var browser = sync.OnceValues(func() (context.Context, error) { return harness.StartBrowser() })

// site is a customer's page on 127.0.0.1 that embeds the product on localhost:
// two sites to a browser.
type site struct {
	shop    string
	product string
	desk    *fakeDesk
	stop    func() // the product is down
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
	app, desk := newFakeDesk(os.DirFS("dist"), inbox)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	product = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	go func() { _ = app.Listener(listener) }()
	stop := func() { _ = app.ShutdownWithTimeout(time.Second) }
	t.Cleanup(stop)
	return site{shop: host.URL, product: product, desk: desk, stop: stop}
}

// tab is a page in a browser context of its own, or a frame in one.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T, url string) tab {
	t.Helper()
	if _, err := os.Stat("dist/manifest.json"); err != nil {
		t.Skip("the browser side is not built: make web")
	}
	root, err := browser()
	harness.RequireBrowser(t, err)
	ctx, cancel := cd.NewContext(root, cd.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, cd.Do(ctx))
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	require.NoError(t, cd.Do(ctx, cd.Navigate(url)))
	return tab{t, ctx}
}

func (p tab) do(actions ...cd.Action[cd.Void]) {
	p.t.Helper()
	require.NoError(p.t, cd.Do(p.ctx, actions...))
}

// run runs a statement of JavaScript.
func (p tab) run(statement string) {
	p.t.Helper()
	p.do(cd.Evaluate[cd.Void](statement))
}

func eval[T any](p tab, expression string) T {
	p.t.Helper()
	v, err := cd.Run(p.ctx, cd.Evaluate[T](expression))
	require.NoError(p.t, err, expression)
	return v
}

// until waits until the expression is true.
func (p tab) until(expression string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		ok, err := cd.Run(p.ctx, cd.Evaluate[bool](`!!(`+expression+`)`))
		return err == nil && ok
	}, patience, 30*time.Millisecond, expression)
}

// frame attaches to the widget's frame, a process of its own.
func (p tab) frame(product string) tab {
	p.t.Helper()
	var id target.ID
	require.Eventually(p.t, func() bool {
		infos, err := cd.Targets(p.ctx)
		if err != nil {
			return false
		}
		for _, info := range infos {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, product) {
				id = info.TargetID
				return true
			}
		}
		return false
	}, patience, 30*time.Millisecond, "no frame of the product")
	ctx, cancel := cd.NewContext(p.ctx, cd.WithTargetID(id))
	p.t.Cleanup(cancel)
	return tab{p.t, ctx}
}

const say = `(text => { const area = document.querySelector("textarea"); area.value = text; area.oninput({ currentTarget: area }); area.form.requestSubmit() })`

// fill types into a field of a form.
const fill = `((id, value) => { const field = document.getElementById(id); field.value = value; field.oninput({ currentTarget: field }) })`

func TestVisitorChatsOnAnotherSite(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.shop)
	tab.until(`window.parley?.v`)
	assert.Equal(t, 1, eval[int](tab, `document.querySelectorAll("html > div").length`), "two snippets, one launcher")
	assert.Equal(t, 0, eval[int](tab, `performance.getEntriesByType("resource").filter(e => e.name.includes("/widget/frame")).length`), "nothing is loaded before somebody reaches for it")

	tab.run(`window.failures = []; addEventListener("error", e => failures.push(e.message))`)
	tab.run(`parley("on", "unread", n => window.unread = n); parley("open")`)
	frame := tab.frame(s.product)
	frame.until(`document.querySelector(".start .button")`)
	frame.noFindings()
	frame.run(`document.querySelector(".start .button").click()`)
	frame.until(`document.activeElement?.tagName === "TEXTAREA"`)
	frame.run(say + `("Can I return an opened bag?")`)
	frame.until(`document.querySelector(".sources a")?.textContent.includes("Return an order")`)
	frame.until(`document.querySelector(".rich strong")`)
	assert.Empty(t, eval[string](frame, `[...document.querySelector(".log").childNodes].filter(e => e.nodeType === Node.TEXT_NODE).map(e => e.data).join()`), "no stray text between the messages")
	assert.False(t, eval[bool](frame, `"broken" in window`), "what came in an answer does not run")
	assert.Equal(t, 0, eval[int](frame, `document.querySelectorAll(".rich img, .rich script").length`))
	frame.until(`[...document.querySelectorAll(".meta")].some(e => e.textContent.includes("Seen"))`)
	frame.noFindings()

	// Escape closes the chat, and the keyboard is where it was before.
	frame.run(`document.querySelector("textarea").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`)
	tab.until(launcher + `.activeElement?.ariaExpanded === "false"`)
	tab.run(`parley("open")`)
	frame.until(`document.activeElement?.tagName === "TEXTAREA"`)

	frame.run(`document.querySelector(".person").click()`)
	frame.until(`document.querySelector(".place")?.textContent.includes("number 2")`)
	frame.until(`document.querySelector("header h1").textContent === "Ana Ruiz"`)
	tab.run(`parley("close")`)
	tab.until(`window.unread > 0 && document.title.startsWith("(")`)
	assert.Empty(t, eval[[]string](tab, `failures`), "nothing fails in the customer's page")

	// A new page of the site finds the conversation.
	tab.do(cd.Navigate(s.shop + "/other"))
	tab.until(`window.parley?.v`)
	again := tab.frame(s.product)
	tab.run(`parley("open")`)
	again.until(`document.querySelectorAll(".bubble").length >= 4`)
}

// ask opens the widget for somebody new and asks a question, which is answered.
func (s site) ask(t *testing.T, question string) (shop, chat tab) {
	t.Helper()
	shop = open(t, s.shop)
	shop.until(`window.parley?.v`)
	shop.run(`parley("open")`)
	chat = shop.frame(s.product)
	chat.until(`document.querySelector(".start .button")`)
	chat.run(`document.querySelector(".start .button").click()`)
	chat.until(`document.querySelector("textarea")`)
	chat.run(say + `(` + strconv.Quote(question) + `)`)
	chat.until(`document.querySelector(".choices")`)
	return shop, chat
}

func TestAnotherPersonSeesNothingOfTheLast(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab, frame := s.ask(t, "My secret question")
	tab.until(`JSON.stringify(localStorage).includes("token-v1")`)

	tab.run(`parley("identify", { id: "7", name: "Mia", proof: "signed" })`)
	frame.until(`!document.body.innerText.includes("My secret question")`)
	tab.until(`!JSON.stringify(localStorage).includes("token-v1")`)
	assert.NotContains(t, eval[string](tab, `JSON.stringify(localStorage)`), "token-", "what a signed-in person's token opens is not for the page's scripts")
	frame.run(say + `("Mine")`)
	frame.until(`document.querySelector(".bubble-mine")`)

	tab.run(`parley("logout")`)
	frame.until(`document.querySelector(".start")`)
	frame.until(`!document.querySelector(".recent")`)
	assert.NotContains(t, eval[string](frame, `JSON.stringify(localStorage)`), "token-")
}

// Who signs in while they talk goes on with the same conversation, and what they
// say from then on is theirs.
func TestVisitorWhoSignsInGoesOnAsThatPerson(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab, frame := s.ask(t, "Is there a discount?")
	require.Empty(t, s.desk.signed())

	tab.run(`parley("identify", { id: "8", name: "Mia", proof: "` + keepsVisitor + `" })`)
	require.Eventually(t, func() bool { return s.desk.lastHello() == provedToken+"v1" }, patience, 10*time.Millisecond, "another connection, with the new token")
	frame.until(`document.body.innerText.includes("Is there a discount?")`)
	frame.run(say + `("And now?")`)
	require.Eventually(t, func() bool { return s.desk.signed() == "cv1" }, patience, 10*time.Millisecond)
	assert.Equal(t, []string{"Is there a discount?", "And now?"}, s.desk.words(), "nothing is said twice")
}

func TestChatWorksWithoutStorage(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	blocked := `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("blocked", "SecurityError") } })`
	_, err := cd.Call(tab.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: blocked})
	require.NoError(t, err)
	tab.do(cd.Reload())
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("Hello")`)
	tab.until(`document.querySelector(".bubble-theirs")`)
}

func TestRefusedMessageStaysWithItsReason(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("Hello")`)
	tab.until(`document.querySelector(".choices")`)
	tab.run(say + `("refuse this")`)
	tab.until(`document.querySelector(".meta.bad")?.textContent.includes("too long")`)
	tab.noFindings()
	tab.run(`document.querySelectorAll(".meta.bad .link")[1].click()`)
	tab.until(`!document.querySelector(".meta.bad")`)
}

func TestNobodyThereCollectsAnAddress(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("offline")`)
	tab.until(`document.querySelector(".away")`)
	tab.noFindings()
	tab.run(fill + `("f-email", "nope"); document.querySelector(".away").requestSubmit()`)
	tab.until(`document.querySelector("#e-email")`)
	tab.run(fill + `("f-email", "mia@example.com"); document.querySelector(".away").requestSubmit()`)
	tab.until(`document.querySelector(".away [role=status]")?.textContent.includes("mia@example.com")`)
}

func TestPreChatFormIsAskedFirst(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", func(inbox *event.Inbox) {
		inbox.PreChat = []event.PreChatField{
			{Name: "name", Label: "Your name", Type: "text", Required: true},
			{Name: "email", Label: "E-mail", Type: "email", Required: true},
			{Name: "topic", Label: "What is it about?", Type: "select", Options: []string{"An order", "Coffee"}},
		}
	})
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".presence.here")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector(".form .input")`)
	tab.run(`document.querySelector(".form").requestSubmit()`)
	tab.until(`document.querySelectorAll(".form .error-text[id]").length === 2`)
	assert.Equal(t, "f-name", eval[string](tab, `document.activeElement.id`), "the focus goes to the first mistake")
	tab.noFindings()
	tab.run(fill + `("f-name", "Mia"); ` + fill + `("f-email", "mia@example.com")`)
	tab.run(`document.querySelector(".form").requestSubmit()`)
	tab.until(`document.querySelector("textarea")`)
}

func TestArabicRunsFromTheRight(t *testing.T) {
	t.Parallel()
	s := startSite(t, "ar", nil)
	tab := open(t, s.shop)
	tab.do(cd.EmulateViewport(390, 640))
	tab.until(`window.parley?.v`)
	tab.run(`parley("open")`)
	tab.until(`document.body.inert`) // on a phone the chat covers the page
	frame := tab.frame(s.product)
	frame.until(`document.querySelector(".search") && document.querySelector(".who")`)
	assert.Equal(t, "rtl", eval[string](frame, `document.documentElement.dir`))
	assert.Equal(t, 390, eval[int](frame, `innerWidth`))
	within := func() {
		t.Helper()
		assert.LessOrEqual(t, eval[int](frame, `document.documentElement.scrollWidth`), 390, "nothing sticks out")
		frame.noFindings()
	}
	within()
	side := func(selector string) float64 {
		t.Helper()
		return eval[float64](frame, fmt.Sprintf(`(r => (r.left + r.right) / 2)(document.querySelector(%q).getBoundingClientRect())`, selector))
	}
	assert.Less(t, side("header > .icon-button:last-child"), 195.0, "closing is at the end, which is left")
	frame.run(`document.querySelector(".start .button").click()`)
	frame.until(`document.querySelector("textarea")`)
	frame.run(say + `("Can I return an opened bag?")`)
	frame.until(`document.querySelector(".choices")`)
	within()
	assert.Greater(t, side("header > .icon-button"), 195.0, "the way back is at the beginning, which is right")
	assert.Equal(t, "matrix(-1, 0, 0, 1, 0, 0)", eval[string](frame, `getComputedStyle(document.querySelector("header .icon-flip")).transform`))
	assert.Less(t, side(".bubble-mine"), 195.0)
	assert.Greater(t, side(".bubble-theirs"), 195.0)
	assert.Less(t, side(".send"), 195.0)
	assert.Equal(t, "ltr", eval[string](frame, `getComputedStyle(document.querySelector(".bubble-mine > [dir]")).direction`), "English stays English")
	frame.run(say + `("هل يمكنني إرجاع كيس مفتوح؟")`)
	frame.until(`document.querySelectorAll(".bubble-mine").length === 2`)
	assert.Equal(t, "rtl", eval[string](frame, `getComputedStyle([...document.querySelectorAll(".bubble-mine > [dir]")].at(-1)).direction`))
	frame.run(`document.querySelector("header > .icon-button:last-child").click()`)
	tab.until(`!document.body.inert`)
}

func TestPagesHaveNoAccessibilityFindings(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/demo", "/chat?inbox=" + inboxKey, "/chat?inbox=wrong"} {
			tab := open(t, "about:blank")
			tab.do(emulateTheme(theme), cd.Navigate(s.product+path))
			if strings.HasSuffix(path, inboxKey) {
				tab.until(`document.querySelector(".search")`)
			}
			if path == "/demo" {
				tab.until(`window.parley?.v`)
			}
			tab.noFindings()
		}
	}
}

func emulateTheme(theme string) cd.Action[cd.Void] {
	return func(ctx context.Context, _ *cd.Target) (cd.Void, error) {
		_, err := cd.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return cd.Void{}, err
	}
}

// noFindings runs axe-core on what is shown.
func (p tab) noFindings() {
	p.t.Helper()
	source, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		p.t.Log("axe-core is not installed: accessibility was not checked")
		return
	}
	p.run(string(source))
	found, err := cd.Run(p.ctx, cd.Evaluate[[]string](`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
		.then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html).join(" | ")))`, cd.EvalAwaitPromise))
	require.NoError(p.t, err)
	assert.Empty(p.t, found)
}
