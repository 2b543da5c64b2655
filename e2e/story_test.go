package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// host is a customer's page on an origin of its own that embeds the widget.
func host(t *testing.T, snippet func() string) *httptest.Server {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Shop</title><main><h1>A shop</h1></main>%s</html>`, snippet())
	}))
	t.Cleanup(h.Close)
	return h
}

// The story of the product, on the demo shop with the demo's own inbox: a
// question answered with its source, a person asked for, and a talk with an
// agent in another browser.
func TestStory(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	agent := signedIn(s, "Ada Novak")
	page := newTab(t)
	page.open(s.URL + "/demo")
	page.see("Coffee that was green last week")
	openWidget(page)
	tell(agent, page.ownFrame(launcher+`?.querySelector("iframe")`))
}

// The same on a customer's page of another origin, in a browser that gives
// frames of other sites no storage; the conversation is there on the next page.
func TestWidgetOnAnotherSiteWithoutStorage(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	var key string
	shop := host(t, func() string { return fmt.Sprintf(`<script async src="%s/widget.js?inbox=%s"></script>`, s.URL, key) })
	key = s.Inbox(shop.URL)
	agent := signedIn(s, "Ada Novak")
	page := newTabOf(t, guardedBrowser)
	page.open(shop.URL)
	openWidget(page)
	visitor := page.frame("/widget/frame")
	visitor.until(`document.querySelector("button")`)
	require.Equal(t, "SecurityError", eval[string](visitor, `(() => { try { return String(localStorage.length) } catch (e) { return e.name } })()`), "the browser blocks storage")
	tell(agent, visitor)

	page.open(shop.URL + "/?next")
	openWidget(page)
	again := page.frame("/widget/frame")
	again.see("Yes please, it is the start page.")
	again.enter("textarea", "I am on another page now.")
	agent.see("I am on another page now.")
}

func signedIn(s *server, who string) *tab {
	s.t.Helper()
	agent := newTab(s.t)
	agent.open(s.Link(who))
	agent.press("Sign in")
	agent.see("All caught up")
	return agent
}

// launcher is the shadow root of the widget's button and frame.
const launcher = `[...document.querySelectorAll("*")].find((e) => e.shadowRoot?.querySelector("button"))?.shadowRoot`

func openWidget(page *tab) {
	page.t.Helper()
	page.until(launcher)
	eval[bool](page, launcher+`.querySelector("button").click() || true`)
}

// tell walks the story in an open widget.
func tell(agent, visitor *tab) {
	visitor.t.Helper()
	visitor.until(`document.querySelector("textarea") || document.querySelectorAll("button").length`)
	startChat(visitor)
	visitor.enter("textarea", "Can I use an LLM of my own?")
	visitor.until(`document.querySelector('a[href*="/help/a/"]')`)
	visitor.see("PARLEY_LLM_")
	readSource(visitor)

	visitor.press("person")
	visitor.see("Ada")
	agent.press("Visitor")
	agent.see("Can I use an LLM of my own?")
	agent.until(`document.querySelector(".composer textarea, footer textarea")`)
	agent.enter(".composer textarea", "Hello, this is Ada. Shall I look at your page?")
	agent.key("Enter", 13, ctrl)
	visitor.see("Hello, this is Ada. Shall I look at your page?")
	visitor.enter("textarea", "Yes please, it is the start page.")
	agent.see("Yes please, it is the start page.")
}

// readSource opens the article that an answer names, in the widget, and comes
// back to the conversation, which has stayed.
func readSource(visitor *tab) {
	visitor.t.Helper()
	visitor.click(".sources a", "")
	visitor.until(`document.querySelector(".reading article h1") === document.activeElement`)
	visitor.see("Open in the help centre")
	require.NotEmpty(visitor.t, eval[string](visitor, `document.querySelector(".reading .rich h2").textContent`), "the whole article, not only the passage")
	require.Zero(visitor.t, eval[int](visitor, `document.querySelectorAll(".log, textarea").length`))
	visitor.press("Back")
	visitor.until(`document.querySelector("textarea")`)
	visitor.see("Can I use an LLM of my own?")
	visitor.see("PARLEY_LLM_")
}

// startChat leaves the widget's home when it is there.
func startChat(visitor *tab) {
	visitor.t.Helper()
	if !eval[bool](visitor, `Boolean(document.querySelector("textarea"))`) {
		visitor.press("Ask a question")
	}
	visitor.until(`document.querySelector("textarea")`)
}
