package kb_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"parley/kb"
)

// hostile is text that must come out as text wherever it is shown.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> {{.}} </script> 'x' & "y" javascript:alert(1)`

// checkPage parses a page as a browser would and looks for what must and must
// never be in it.
func checkPage(t *testing.T, a answer) *html.Node {
	t.Helper()
	assert.Contains(t, a.header.Get("Content-Type"), "text/html")
	policy := a.header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'none'")
	assert.NotContains(t, policy, "unsafe")
	doc, err := html.Parse(strings.NewReader(a.body))
	require.NoError(t, err)
	count := map[string]int{}
	ids := map[string]bool{}
	level := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		attrs := map[string]string{}
		for _, at := range n.Attr {
			attrs[at.Key] = at.Val
			assert.False(t, strings.HasPrefix(at.Key, "on"), "handler %s on %s", at.Key, n.Data)
			assert.False(t, strings.HasPrefix(strings.ToLower(strings.TrimSpace(at.Val)), "javascript:"), "%s=%s", at.Key, at.Val)
		}
		assert.NotContains(t, attrs, "style")
		if id := attrs["id"]; id != "" {
			assert.False(t, ids[id], "id %s twice", id)
			ids[id] = true
		}
		if n.Data == "script" {
			assert.True(t, attrs["type"] == "application/ld+json" || attrs["src"] == "/assets/site.js", "script %v", attrs)
		}
		if n.Data == "style" {
			t.Error("inline style")
		}
		if n.Data == "input" && attrs["type"] != "hidden" {
			assert.NotEmpty(t, attrs["id"])
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			assert.LessOrEqual(t, int(n.Data[1]-'0'), level+1, "a heading skips a level")
			level = int(n.Data[1] - '0')
		}
	}
	assert.Equal(t, 1, count["h1"], "one h1")
	assert.Equal(t, 1, count["main"])
	assert.NotContains(t, a.body, "alert(1)</script>")
	return doc
}

// structuredOf returns the JSON-LD of a page by type.
func structuredOf(t *testing.T, page answer) map[string]map[string]any {
	t.Helper()
	_, after, _ := strings.Cut(page.body, `<script type="application/ld+json">`)
	block, _, _ := strings.Cut(after, "</script>")
	var data struct {
		Graph []map[string]any `json:"@graph"`
	}
	require.NoError(t, json.Unmarshal([]byte(block), &data), block)
	out := map[string]map[string]any{}
	for _, thing := range data.Graph {
		out[thing["@type"].(string)] = thing
	}
	return out
}

// TestEveryPage asks for each page of an empty, a full and a hostile help
// centre.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		for path, status := range map[string]int{"/help": 200, "/help/search": 200, "/help/search?q=anything": 200, "/help/c/none": 404, "/help/a/none": 404, "/help/x/y": 404} {
			a := d.ask(t, "GET", path, "", "")
			assert.Equal(t, status, a.status, path)
			checkPage(t, a)
		}
	})
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		require.NoError(t, d.SeedDemo(t.Context()))
		for _, path := range []string{"/help", "/help/search?q=install", "/help/c/getting-started", "/help/a/install"} {
			a := d.ask(t, "GET", path, "", "")
			assert.Equal(t, 200, a.status, path)
			checkPage(t, a)
		}
	})
	t.Run("hostile", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		group, err := d.CreateCollection(t.Context(), kb.Collection{Slug: "group", Titles: map[string]string{"en": hostile}})
		require.NoError(t, err)
		for range 3 {
			d.article(t, hostile, "## "+hostile+"\n\n"+hostile+"\n\n## "+hostile+"\n\n"+hostile, func(a *kb.Article) {
				a.Summary, a.Aliases, a.Collection, a.Slug = hostile, []string{hostile}, group.ID, ""
			})
		}
		first := d.find(t, "script alert")[0]
		for path, status := range map[string]int{
			"/help": 200, "/help/c/group": 200, first.URL: 200, "/help/search?q=" + url.QueryEscape(hostile): 200, "/help/search?q=%FF%00": 200,
			"/help/a/" + url.PathEscape(hostile): 404, "/help?lang=" + url.QueryEscape(hostile): 200, first.URL + "?voted=no&vote=" + url.QueryEscape(hostile): 200,
			"/help/a/" + first.Slug + "?lang=xx-" + url.QueryEscape(hostile): 200,
		} {
			a := d.ask(t, "GET", path, "", "", "Accept-Language", hostile)
			assert.Equal(t, status, a.status, path)
			checkPage(t, a)
		}
	})
}

func TestArticlePage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group, err := d.CreateCollection(t.Context(), kb.Collection{Titles: map[string]string{"en": "Account", "de": "Konto"}})
	require.NoError(t, err)
	in := func(position int) func(*kb.Article) {
		return func(a *kb.Article) { a.Collection, a.Position = group.ID, position }
	}
	d.article(t, "Sign in", "Text.", in(1))
	a := d.article(t, "Reset your password", "Intro.\n\n## First\n\nOne.\n\n## Second\n\nTwo.", in(2))
	d.article(t, "Delete your account", "Text.", in(3))
	d.article(t, "Passwort zurücksetzen", "Einleitung.", in(2), func(a *kb.Article) { a.Slug, a.Locale = "reset-your-password", "de" })

	page := d.ask(t, "GET", "/help/a/reset-your-password", "", "")
	require.Equal(t, 200, page.status)
	checkPage(t, page)
	for _, want := range []string{
		`<link rel="canonical" href="https://help.example/help/a/reset-your-password">`,
		`hreflang="de" href="https://help.example/help/a/reset-your-password?lang=de"`,
		`<li><a href="#second">Second</a></li>`, `<h2 id="first">First</h2>`, `rel="prev" href="/help/a/sign-in"`, `rel="next" href="/help/a/delete-your-account"`,
		`<a href="/help/c/account">Account</a>`, `href="/demo"`, `datetime="` + a.UpdatedAt.UTC().Format(time.RFC3339),
	} {
		assert.Contains(t, page.body, want)
	}
	data := structuredOf(t, page)
	assert.Equal(t, "Reset your password", data["Article"]["headline"])
	assert.Len(t, data["BreadcrumbList"]["itemListElement"], 3)

	tag := page.header.Get("ETag")
	require.NotEmpty(t, tag)
	assert.Equal(t, 304, d.ask(t, "GET", "/help/a/reset-your-password", "", "", "If-None-Match", tag).status)

	markdown := d.ask(t, "GET", "/help/a/reset-your-password.md?lang=en", "", "")
	assert.Contains(t, page.body, `href="/help/a/reset-your-password.md?lang=en"`)
	assert.Equal(t, "# Reset your password\n\nIntro.\n\n## First\n\nOne.\n\n## Second\n\nTwo.\n", markdown.body)
	assert.Contains(t, markdown.header.Get("Content-Type"), "text/markdown")
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/none.md", "", "").status)
	d.article(t, "Noted", "One <!-- for\nauthors --> two.\n\n```html\n<!-- shown -->\n```\n<!-- to the end")
	assert.Equal(t, "# Noted\n\nOne  two.\n\n```html\n<!-- shown -->\n```\n", d.ask(t, "GET", "/help/a/noted.md", "", "").body)

	german := d.ask(t, "GET", "/help/a/reset-your-password", "", "", "Accept-Language", "de-AT,en;q=0.5")
	assert.Contains(t, german.body, "Passwort zurücksetzen")
	assert.Contains(t, german.body, ">Konto</a>")
	assert.Contains(t, german.body, `<article lang="de" dir="ltr">`)
	fallback := d.ask(t, "GET", "/help/a/sign-in?lang=fr", "", "")
	assert.Contains(t, fallback.body, "not available in French")
}

func TestRenamedArticleKeepsItsOldAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Old name", "Text.")
	_, err := d.Update(t.Context(), "Ana", a.ID, kb.ArticleChange{Slug: new("new-name")})
	require.NoError(t, err)
	got := d.ask(t, "GET", "/help/a/old-name", "", "")
	assert.Equal(t, 301, got.status)
	assert.Equal(t, "/help/a/new-name", got.header.Get("Location"))
	assert.Equal(t, a.ID, decode[kb.Article](t, d.ask(t, "GET", "/api/v1/help/articles/old-name", "", "")).ID)
	d.article(t, "Old name", "Another article takes the address.")
	assert.Equal(t, 200, d.ask(t, "GET", "/help/a/old-name", "", "").status)
}

func TestHiddenArticlesLookMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "For staff", "Secret.", func(a *kb.Article) { a.Audience = kb.AudienceAgents })
	d.article(t, "Draft", "Secret.", func(a *kb.Article) { a.Status = kb.StatusInProgress })
	for _, slug := range []string{"for-staff", "draft"} {
		assert.Equal(t, 404, d.ask(t, "GET", "/help/a/"+slug, "", "").status)
		assert.Equal(t, 404, d.ask(t, "GET", "/api/v1/help/articles/"+slug, "", "").status)
		assert.Equal(t, 404, d.ask(t, "POST", "/api/v1/help/articles/"+slug+"/vote", "", `{"helpful":true}`).status)
	}
	for _, path := range []string{"/help", "/help/search?q=secret", "/help/sitemap.xml", "/api/v1/help/search?q=secret"} {
		body := d.ask(t, "GET", path, "", "").body
		assert.NotContains(t, body, "for-staff", path)
		assert.NotContains(t, body, "/draft", path)
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Reset your password", "Press the link in the e-mail.")
	page := d.ask(t, "GET", "/help/search?q=resetting+pasword+of+me%40example.org+0151+2345678", "", "")
	assert.Contains(t, page.body, "<mark>Reset</mark>")
	_, rest, ok := strings.Cut(page.body, "?from=")
	require.True(t, ok, page.body)
	id, _, _ := strings.Cut(rest, `"`)
	assert.Equal(t, 200, d.ask(t, "GET", "/help/a/reset-your-password?from="+id, "", "").status)
	var query, clicked string
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT query, clicked FROM kb.searches WHERE id = $1`, id).Scan(&query, &clicked))
	assert.Equal(t, "resetting pasword of <e-mail> <number>", query, "nothing personal is kept")
	assert.Equal(t, a.ID, clicked)

	none := d.ask(t, "GET", "/help/search?q=weather", "", "")
	assert.Contains(t, none.body, "Nothing found")
	assert.Contains(t, none.body, "Reset your password", "what others read")
	d.ask(t, "GET", "/help/search?q=Weather", "", "")
	gaps := decode[struct{ Searches []kb.Gap }](t, d.ask(t, "GET", "/api/v1/kb/gaps", "agent", "")).Searches
	require.Len(t, gaps, 1, "a search that led somewhere is no gap")
	assert.Equal(t, "weather", gaps[0].Query)
	assert.Equal(t, 2, gaps[0].Searches)
	missing := d.ask(t, "GET", "/help/a/resetting-passwords", "", "")
	assert.Equal(t, 404, missing.status)
	assert.Contains(t, missing.body, "/help/a/reset-your-password", "the words of a wrong address are searched")
}

func TestVote(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Reset your password", "Press the link.")
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	yes := d.ask(t, "POST", "/help/a/reset-your-password/vote?lang=en", "", "helpful=yes", form...)
	assert.Equal(t, 303, yes.status)
	assert.Equal(t, "/help/a/reset-your-password?lang=en&voted=yes#page-vote", yes.header.Get("Location"))
	no := d.ask(t, "POST", "/help/a/reset-your-password/vote", "", "helpful=no", form...)
	back := no.header.Get("Location")
	require.Contains(t, back, "voted=no")
	page := d.ask(t, "GET", strings.TrimSuffix(back, "#page-vote"), "", "")
	checkPage(t, page)
	_, rest, _ := strings.Cut(page.body, `name="vote" value="`)
	id, _, _ := strings.Cut(rest, `"`)
	why := d.ask(t, "POST", "/help/a/reset-your-password/vote", "", "vote="+id+"&reason=no+link", form...)
	assert.Contains(t, why.header.Get("Location"), "voted=explained")
	var reason string
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT reason FROM kb.votes WHERE id = $1 AND NOT helpful`, id).Scan(&reason))
	assert.Equal(t, "no link", reason)

	verdict := d.ask(t, "GET", "/api/v1/articles/"+a.ID+"/votes", "agent", "")
	assert.JSONEq(t, `{"helpful":1,"unhelpful":1,"reasons":["no link"]}`, verdict.body)

	assert.Equal(t, 422, d.ask(t, "POST", "/help/a/reset-your-password/vote", "", "helpful=maybe", form...).status)
	assert.Equal(t, 404, d.ask(t, "POST", "/help/a/none/vote", "", "helpful=yes", form...).status)
	assert.Equal(t, 201, d.ask(t, "POST", "/api/v1/help/articles/reset-your-password/vote", "", `{"helpful":false,"reason":"x"}`).status)
	assert.Equal(t, 422, d.ask(t, "POST", "/api/v1/help/articles/reset-your-password/vote", "", `{}`).status)
}

// The widget asks in words of the help centre; a reason that comes later belongs
// to its vote.
func TestVoteInTheWidget(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Reset your password", "Press the link.")
	d.article(t, "Another", "Text.")
	const path = "/api/v1/help/articles/reset-your-password"
	type body struct {
		Vote struct{ Ask, Yes, No, Thanks, Read, Missing, Hint, Send string }
	}
	assert.Equal(t, "Was this helpful?", decode[body](t, d.ask(t, "GET", path, "", "")).Vote.Ask)
	german := decode[body](t, d.ask(t, "GET", path+"?lang=de", "", "")).Vote
	assert.Equal(t, "War das hilfreich?", german.Ask)
	for _, word := range []string{german.Yes, german.No, german.Thanks, german.Read, german.Missing, german.Hint, german.Send} {
		assert.NotEmpty(t, word)
	}

	no := d.ask(t, "POST", path+"/vote", "", `{"helpful":false}`)
	require.Equal(t, 201, no.status)
	id := decode[struct{ ID string }](t, no).ID
	explain := mustJSON(t, map[string]string{"vote": id, "reason": "Which link?"})
	assert.Equal(t, 404, d.ask(t, "POST", "/api/v1/help/articles/another/vote", "", explain).status, "of another article")
	assert.Equal(t, 404, d.ask(t, "POST", path+"/vote", "", `{"vote":"../1","reason":"x"}`).status)
	require.Equal(t, 200, d.ask(t, "POST", path+"/vote", "", explain).status)
	assert.Equal(t, 404, d.ask(t, "POST", path+"/vote", "", explain).status, "once")
	assert.JSONEq(t, `{"helpful":0,"unhelpful":1,"reasons":["Which link?"]}`, d.ask(t, "GET", "/api/v1/articles/"+a.ID+"/votes", "agent", "").body)
}

func TestVotesWithoutLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *kb.Config) { c.VoteRate = 0 })
	d.article(t, "One", "Text.")
	for range 30 {
		require.Equal(t, 201, d.ask(t, "POST", "/api/v1/help/articles/one/vote", "", `{"helpful":true}`).status)
	}
}

func TestVotesAreLimited(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *kb.Config) { c.VoteRate = 2 })
	d.article(t, "One", "Text.")
	got := []int{}
	for range 4 {
		got = append(got, d.ask(t, "POST", "/api/v1/help/articles/one/vote", "", `{"helpful":true}`).status)
	}
	assert.Equal(t, []int{201, 201, 429, 429}, got)
}

func TestPopularArticlesComeFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run(t)
	d.article(t, "Aaa", "Text.")
	d.article(t, "Bbb", "Text.")
	d.article(t, "Ccc", "Text.")
	for range 3 {
		d.ask(t, "GET", "/help/a/bbb", "", "")
	}
	require.NoError(t, d.FlushViews(t.Context()))
	_, popular, _ := strings.Cut(d.ask(t, "GET", "/help", "", "").body, "Read most")
	assert.Less(t, strings.Index(popular, "/help/a/bbb"), strings.Index(popular, "/help/a/aaa"))
}

func TestSitemap(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "One", "Text.")
	d.article(t, "Eins", "Text.", func(a *kb.Article) { a.Slug, a.Locale = "one", "de" })
	d.article(t, "Two", "Text.")
	d.article(t, "Three", "Text.", func(a *kb.Article) { a.Audience = kb.AudienceSignedIn })
	got := d.ask(t, "GET", "/help/sitemap.xml", "", "")
	assert.Contains(t, got.body, `<xhtml:link rel="alternate" hreflang="de" href="https://help.example/help/a/one?lang=de"></xhtml:link>`)
	assert.Equal(t, 4, strings.Count(got.body, "<url>"), "the home page and three articles")
	assert.Equal(t, 4, strings.Count(got.body, "<xhtml:link"), "two languages, each names both")
	assert.NotContains(t, got.body, "/three")
	assert.Contains(t, got.header.Get("Content-Type"), "xml")
	assert.Contains(t, got.body, "<loc>https://help.example/help/a/one</loc>")

	robots := d.ask(t, "GET", "/robots.txt", "", "")
	assert.Contains(t, robots.body, "\nSitemap: https://help.example/help/sitemap.xml\n")
	assert.Contains(t, robots.body, "\nDisallow: /console\n")
	assert.Contains(t, robots.header.Get("Content-Type"), "text/plain")
}
