package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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

// The story of the product: a question answered with its source, a person
// asked for, and a talk with an agent in another browser.
func TestStory(t *testing.T) {
	s := serve(t, "--demo")
	var key string
	shop := host(t, func() string { return fmt.Sprintf(`<script async src="%s/widget.js?inbox=%s"></script>`, s.url, key) })
	key = s.inbox(shop.URL)

	agent := newTab(t)
	agent.open(s.link("Ada Novak"))
	agent.press("Sign in")
	agent.see("All caught up")

	page := newTab(t)
	page.open(shop.URL)
	page.until(`[...document.querySelectorAll("*")].some((e) => e.shadowRoot?.querySelector("button"))`)
	eval[bool](page, `[...document.querySelectorAll("*")].find((e) => e.shadowRoot?.querySelector("button")).shadowRoot.querySelector("button").click() || true`)
	visitor := page.frame("/widget/frame")
	visitor.until(`document.querySelector("textarea") || [...document.querySelectorAll("button")].length`)
	startChat(visitor)
	visitor.enter("textarea", "How do I put the chat widget on my website?")
	visitor.until(`document.querySelector('a[href*="/help/a/"]')`)
	visitor.see("widget.js")

	visitor.press("person")
	agent.see("How do I put the chat widget on my website?")
	visitor.see("Ada")
	openFirst(agent)
	agent.until(`document.querySelector(".composer textarea, footer textarea")`)
	agent.enter(".composer textarea", "Hello, this is Ada. Shall I look at your page?")
	agent.key("Enter", 13, ctrl)
	visitor.see("Hello, this is Ada. Shall I look at your page?")
	visitor.enter("textarea", "Yes please, it is the start page.")
	agent.see("Yes please, it is the start page.")
}

// startChat leaves the widget's home when it is there.
func startChat(visitor *tab) {
	visitor.t.Helper()
	if !eval[bool](visitor, `Boolean(document.querySelector("textarea"))`) {
		visitor.press("message")
	}
	visitor.until(`document.querySelector("textarea")`)
}

// openFirst opens the first conversation of the list.
func openFirst(agent *tab) {
	agent.t.Helper()
	if !strings.Contains(eval[string](agent, "location.pathname"), "/inbox/mine/") {
		agent.until(`document.querySelector("[role=option], [role=row], .row")`)
		eval[bool](agent, `document.querySelector("[role=option], [role=row], .row").click() || true`)
	}
}
