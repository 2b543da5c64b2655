package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
	t.Parallel()
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
	visitor.enter("textarea", "Can I use an LLM of my own?")
	visitor.until(`document.querySelector('a[href*="/help/a/"]')`)
	visitor.see("PARLEY_LLM_")

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

// startChat leaves the widget's home when it is there.
func startChat(visitor *tab) {
	visitor.t.Helper()
	if !eval[bool](visitor, `Boolean(document.querySelector("textarea"))`) {
		visitor.press("Ask a question")
	}
	visitor.until(`document.querySelector("textarea")`)
}
