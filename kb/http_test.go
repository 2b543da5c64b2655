package kb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/kb"
)

func TestAuthoring(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group := decode[kb.Collection](t, d.ask(t, "POST", "/api/v1/collections", "supervisor", `{"titles":{"en":"Account"},"position":3}`))
	created := d.ask(t, "POST", "/api/v1/articles", "supervisor", `{"title":" Reset your password ","markdown":"Press **it**.","collection":"`+group.ID+`","aliases":["forgot it","forgot it"," "]}`)
	require.Equal(t, 201, created.status, created.body)
	a := decode[kb.Article](t, created)
	assert.Equal(t, "reset-your-password", a.Slug)
	assert.Equal(t, "Reset your password", a.Title)
	assert.Equal(t, []string{"forgot it"}, a.Aliases)
	assert.Equal(t, kb.StatusInProgress, a.Status)
	assert.Equal(t, "Ana", a.Author)
	assert.Equal(t, "<p>Press <strong>it</strong>.</p>\n", a.HTML)
	assert.Equal(t, 1, a.Revision)
	assert.Empty(t, d.find(t, "password"), "a draft is not found")

	path := "/api/v1/articles/" + a.ID
	published := decode[kb.Article](t, d.ask(t, "POST", path+"/publish", "supervisor", ""))
	assert.Equal(t, kb.StatusPublished, published.Status)
	assert.NotNil(t, published.PublishedAt)
	changed := decode[kb.Article](t, d.ask(t, "PATCH", path, "supervisor", `{"markdown":"Turn it.","revision":1}`))
	assert.Equal(t, 2, changed.Revision)
	assert.Equal(t, a.Title, changed.Title, "what is not named stays")
	stale := d.ask(t, "PATCH", path, "supervisor", `{"markdown":"Other.","revision":1}`)
	assert.Equal(t, http.StatusConflict, stale.status)

	list := decode[struct{ Revisions []kb.Revision }](t, d.ask(t, "GET", path+"/revisions", "agent", "")).Revisions
	require.Len(t, list, 2)
	assert.Equal(t, 2, list[0].Number)
	assert.Equal(t, "Press **it**.", decode[kb.Revision](t, d.ask(t, "GET", path+"/revisions/1", "agent", "")).Markdown)
	restored := decode[kb.Article](t, d.ask(t, "POST", path+"/revisions/1/restore", "supervisor", ""))
	assert.Equal(t, "Press **it**.", restored.Markdown)
	assert.Equal(t, 3, restored.Revision)

	assert.Equal(t, kb.StatusInProgress, decode[kb.Article](t, d.ask(t, "POST", path+"/unpublish", "supervisor", "")).Status)
	assert.Equal(t, kb.StatusArchived, decode[kb.Article](t, d.ask(t, "POST", path+"/archive", "supervisor", "")).Status)
	assert.Equal(t, 204, d.ask(t, "DELETE", "/api/v1/collections/"+group.ID, "supervisor", "").status)
	assert.Empty(t, decode[kb.Article](t, d.ask(t, "GET", path, "agent", "")).Collection, "articles outlive their collection")
	assert.Equal(t, 204, d.ask(t, "DELETE", path, "supervisor", "").status)
	assert.Equal(t, 404, d.ask(t, "GET", path, "agent", "").status)
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "One", "Text.")
	tests := []struct {
		method, path, body string
		agents             bool // agents may; else supervisors only
	}{
		{"GET", "/api/v1/articles", "", true},
		{"GET", "/api/v1/articles/" + a.ID, "", true},
		{"GET", "/api/v1/articles/" + a.ID + "/revisions", "", true},
		{"GET", "/api/v1/articles/search?q=x", "", true},
		{"POST", "/api/v1/articles/preview", `{"markdown":"x"}`, true},
		{"GET", "/api/v1/collections", "", true},
		{"GET", "/api/v1/kb/status", "", true},
		{"POST", "/api/v1/articles", `{"title":"x","status":"published"}`, false},
		{"PATCH", "/api/v1/articles/" + a.ID, `{"title":"x"}`, false},
		{"PATCH", "/api/v1/articles/" + a.ID + "/work", `{}`, true},
		{"PUT", "/api/v1/articles/" + a.ID + "/staged", `{"title":"y"}`, true},
		{"POST", "/api/v1/articles/" + a.ID + "/workflow", `{"action":"approve"}`, false},
		{"GET", "/api/v1/articles/" + a.ID + "/remarks", "", true},
		{"GET", "/api/v1/articles/tasks", "", true},
		{"GET", "/api/v1/kb/templates", "", true},
		{"POST", "/api/v1/kb/templates", `{"name":"x","markdown":"y"}`, false},
		{"GET", "/api/v1/kb/links", "", true},
		{"GET", "/api/v1/kb/analytics", "", true},
		{"GET", "/api/v1/kb/sync", "", true},
		{"GET", "/api/v1/kb/settings", "", true},
		{"POST", "/api/v1/articles/" + a.ID + "/publish", "", false},
		{"POST", "/api/v1/collections", `{"titles":{"en":"x"}}`, false},
		{"DELETE", "/api/v1/articles/" + a.ID, "", false},
	}
	for _, tt := range tests {
		name := tt.method + " " + tt.path
		assert.Equal(t, 401, d.ask(t, tt.method, tt.path, "", tt.body).status, name)
		status := d.ask(t, tt.method, tt.path, "agent", tt.body).status
		if tt.agents {
			assert.Equal(t, 200, status, name)
			continue
		}
		assert.Equal(t, 403, status, name)
		assert.Less(t, d.ask(t, tt.method, tt.path, "supervisor", tt.body).status, 300, name)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "One", "Text.")
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, method, path, body string
		status                   int
	}{
		{"no title", "POST", "/articles", `{"markdown":"x"}`, 422},
		{"a long title", "POST", "/articles", `{"title":"` + long + `"}`, 422},
		{"an unknown field", "POST", "/articles", `{"title":"x","colour":"red"}`, 422},
		{"a wrong type", "POST", "/articles", `{"title":1}`, 422},
		{"not JSON", "POST", "/articles", `{`, 422},
		{"a NUL", "POST", "/articles", `{"title":"a\u0000b"}`, 422},
		{"an unknown status", "POST", "/articles", `{"title":"x","status":"live"}`, 422},
		{"an unknown audience", "POST", "/articles", `{"title":"x","audience":"all"}`, 422},
		{"no language", "POST", "/articles", `{"title":"x","locale":"!"}`, 422},
		{"an unknown collection", "POST", "/articles", `{"title":"x","collection":"none"}`, 422},
		{"a slug that is taken", "POST", "/articles", `{"title":"x","slug":"one"}`, 409},
		{"an unknown article", "PATCH", "/articles/none", `{"title":"x"}`, 404},
		{"an id that is none", "PATCH", "/articles/NO!", `{"title":"x"}`, 404},
		{"an unknown revision", "GET", "/articles/" + a.ID + "/revisions/9", "", 404},
		{"a revision that is no number", "GET", "/articles/" + a.ID + "/revisions/x", "", 404},
		{"a foreign cursor", "GET", "/articles?cursor=abc", "", 422},
		{"too many at once", "GET", "/articles?limit=100000", "", 422},
		{"a collection without a title", "POST", "/collections", `{"titles":{}}`, 422},
		{"a collection in no language", "POST", "/collections", `{"titles":{"!":"x"}}`, 422},
		{"an unknown collection", "PATCH", "/collections/none", `{"position":1}`, 404},
		{"too many results", "GET", "/help/search?q=x&limit=1000", "", 422},
	}
	for _, tt := range tests {
		got := d.ask(t, tt.method, "/api/v1"+tt.path, "supervisor", tt.body)
		assert.Equal(t, tt.status, got.status, "%s: %s", tt.name, got.body)
	}
	again := decode[kb.Article](t, d.ask(t, "POST", "/api/v1/articles", "supervisor", `{"title":"One"}`))
	assert.Equal(t, "one-2", again.Slug, "an address made of the title finds a free one")
}

func TestArticleList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, title := range []string{"Alpha", "Beta", "Gamma", "Delta", "Épsilon"} {
		d.article(t, title, "About "+title+".")
	}
	type page struct {
		Articles []kb.Article
		Next     string
	}
	seen, cursor := []string{}, ""
	for range 5 {
		p := decode[page](t, d.ask(t, "GET", "/api/v1/articles?limit=2&cursor="+cursor, "agent", ""))
		for _, a := range p.Articles {
			seen = append(seen, a.Title)
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	assert.ElementsMatch(t, []string{"Épsilon", "Delta", "Gamma", "Beta", "Alpha"}, seen, "each once, over all pages")
	for query, want := range map[string]int{"q=epsilon": 1, "q=elt": 1, "q=%25": 0, "status=draft": 0, "locale=en": 5, "q=%00%FF": 5} {
		got := d.ask(t, "GET", "/api/v1/articles?"+query, "agent", "")
		assert.Equal(t, 200, got.status, query)
		assert.Len(t, decode[page](t, got).Articles, want, "%s: %s", query, got.body)
	}
}

func TestPublicSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Reset your password", "Press **the** link.")
	got := decode[struct{ Results []event.Passage }](t, d.ask(t, "GET", "/api/v1/help/search?q=password", "", "")).Results
	require.Len(t, got, 1)
	assert.Equal(t, "/help/a/reset-your-password", got[0].URL)
	assert.JSONEq(t, `{"results":[]}`, d.ask(t, "GET", "/api/v1/help/search?q=", "", "").body)

	article := decode[map[string]json.RawMessage](t, d.ask(t, "GET", "/api/v1/help/articles/reset-your-password", "", ""))
	for _, field := range []string{"id", "slug", "title", "html", "url", "updated_at"} {
		assert.Contains(t, article, field)
	}
	assert.NotContains(t, article, "author", "staff names are not public")
	preview := d.ask(t, "POST", "/api/v1/articles/preview", "agent", `{"markdown":"<script>x</script> **b**"}`)
	assert.Contains(t, decode[struct{ HTML string }](t, preview).HTML, "&lt;script&gt;x&lt;/script&gt; <strong>b</strong>")
}
