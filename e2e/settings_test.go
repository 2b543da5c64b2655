package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// admin signs in a new admin in a browser of their own.
func (s *server) adminTab() *tab {
	s.t.Helper()
	_, link, ok := strings.Cut(s.CLI("user", "add", "--email", "kim@example.com", "--name", "Kim Larsen", "--role", "admin"), "within 24 hours: ")
	require.True(s.t, ok)
	admin := newTab(s.t)
	admin.open(link)
	admin.press("Sign in")
	admin.see("Inbox")
	return admin
}

// An intent is given to one of two inboxes on its settings page, and answers
// there and nowhere else.
func TestIntentOfOneInbox(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	s.Inbox("https://shop.example")
	admin := s.adminTab()
	admin.open(s.URL + "/console/settings/intents/new")
	fill := func(name, value string) {
		selector := fmt.Sprintf(`.form [name=%q], .form textarea`, name)
		if name == "examples" {
			selector = `.form textarea:not([dir])`
		}
		eval[bool](admin, fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.value = %s; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, quote(selector), quote(value)))
	}
	admin.until(`document.querySelector(".form [name=name]")`)
	fill("name", "opening_hours_of_the_shop")
	fill("examples", "when does the shop open\nhow late is the shop open\nis the shop open on Sundays\nopening hours of the shop please\nshop hours")
	eval[bool](admin, `(() => { const e = document.querySelector(".form textarea[dir=auto]"); e.value = "The shop opens at nine."; e.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	choose := func(label string) {
		eval[bool](admin, fmt.Sprintf(`[...document.querySelectorAll("label.check")].find((e) => e.textContent.trim() === %s).querySelector("input").click() || true`, quote(label)))
	}
	choose("Chosen inboxes")
	admin.press("Save")
	admin.see("Choose at least one inbox")
	choose("Shop")
	admin.press("Save")
	admin.until(`location.pathname.endsWith("/settings/intents") && document.querySelector(".try-inbox")`)
	admin.until(`[...document.querySelectorAll(".item")].some((e) => e.textContent.includes("opening hours of the shop") && e.querySelector(".badge")?.textContent === "Shop")`)

	try := func(inbox string) {
		eval[bool](admin, fmt.Sprintf(`(() => {
			const select = document.querySelector(".try-inbox");
			select.value = [...select.options].find((o) => o.textContent === %s).value;
			document.querySelector(".try input").value = "how late is the shop open";
			select.form.requestSubmit();
			return true;
		})()`, quote(inbox)))
	}
	require.Eventually(t, func() bool { // the bot may still be learning
		try("Shop")
		admin.until(`document.querySelector(".try-outcome") && !document.querySelector(".try [aria-busy=true]")`)
		return eval[bool](admin, `document.querySelector(".try").innerText.includes("The shop opens at nine.")`)
	}, patience, patience/100)
	other := eval[string](admin, `[...document.querySelectorAll(".try-inbox option")].map((o) => o.textContent).find((name) => name !== "Shop" && name !== "All inboxes")`)
	try(other)
	admin.until(`document.querySelector(".try-outcome") && !document.querySelector(".try").innerText.includes("The shop opens at nine.")`)
}

// embeddings is an endpoint that is down until it is mended.
func embeddings(t *testing.T, mended *atomic.Bool) string {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !mended.Load() {
			http.Error(w, `{"error":{"message":"down"}}`, http.StatusBadRequest)
			return
		}
		var in struct{ Input []string }
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		type vector struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		out := make([]vector, len(in.Input))
		for i, text := range in.Input {
			out[i] = vector{i, []float32{float32(len(text)), 1, 2}}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"data": out})
	}))
	t.Cleanup(h.Close)
	return h.URL + "/v1"
}

// The articles' settings page says that passages are not embedded and why, and
// when they are.
func TestSettingsShowHowFarTheSearchIs(t *testing.T) {
	t.Parallel()
	var mended atomic.Bool
	s := serve(t, "--demo", "--allow-egress", "127.0.0.0/8", "--embed-url", embeddings(t, &mended), "--embed-key", "k", "--embed-model", "test")
	admin := s.adminTab()
	admin.open(s.URL + "/console/settings/articles")
	admin.see("the embeddings endpoint does not answer")
	admin.until(`document.querySelector(".indexing progress").max > 0 && document.querySelector(".indexing progress").value === 0`)
	mended.Store(true)
	admin.see("Search by meaning is complete.")
	admin.open(s.URL + "/console/settings/articles?status=published")
	admin.until(`document.querySelector(".item") && !document.querySelector(".indexing progress")`)
}
