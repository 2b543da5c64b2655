package kb_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/kb"
)

// visitors stands for what sites have proved: pat is on the plan pro.
type visitors struct{}

func (visitors) ProvedBy(_ context.Context, inbox, proof string) (map[string]any, error) {
	if inbox != "shop" || proof != "good" {
		return nil, errs.New(errs.Unauthenticated, "the proof is not good")
	}
	return map[string]any{"plan": "pro", "seats": 12.0, "trial": false, "note": "nobody asks for this"}, nil
}

func (visitors) Proved(_ context.Context, contact string) (map[string]any, error) {
	switch contact {
	case "pat":
		return map[string]any{"plan": "pro"}, nil
	case "sam":
		return map[string]any{}, nil
	}
	return nil, errs.New(errs.NotFound, "there is no such contact")
}

// guarded is a desk with an article for each audience.
func guarded(t *testing.T, options ...func(*kb.Config)) *desk {
	t.Helper()
	d := newDesk(t, append(options, func(c *kb.Config) { c.Visitors = visitors{} })...)
	group, err := d.CreateCollection(t.Context(), kb.Collection{Slug: "all", Titles: map[string]string{"en": "All"}})
	require.NoError(t, err)
	for audience, segments := range map[string][]string{
		kb.AudiencePublic: nil, kb.AudienceSignedIn: nil, kb.AudienceSegment: {"plan=pro", "plan=max"}, kb.AudienceAgents: nil,
	} {
		d.article(t, "Zebra "+strings.ReplaceAll(audience, "_", " "), "Zebras.", func(a *kb.Article) {
			a.Slug, a.Audience, a.Segments, a.Collection = "zebra-"+strings.ReplaceAll(audience, "_", "-"), audience, segments, group.ID
		})
	}
	return d
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	all := []string{"zebra-public", "zebra-signed-in", "zebra-segment", "zebra-agents"}
	for role, sees := range map[string]int{"": 1, "stranger/pat": 1, "visitor/gone": 1, "visitor/sam": 2, "visitor/pat": 3, "agent": 4} {
		for i, slug := range all {
			want := 404
			if i < sees {
				want = 200
			}
			assert.Equal(t, want, d.ask(t, "GET", "/help/a/"+slug, role, "").status, "%q reads %s", role, slug)
			assert.Equal(t, want, d.ask(t, "GET", "/api/v1/help/articles/"+slug, role, "").status, "%q reads %s by the API", role, slug)
			vote := d.ask(t, "POST", "/api/v1/help/articles/"+slug+"/vote", role, `{"helpful":true}`).status
			assert.Equal(t, want == 200, vote == 201, "%q votes on %s: %d", role, slug, vote)
			for _, path := range []string{"/help", "/help/c/all", "/api/v1/help/search?q=zebras&limit=10", "/help/search?q=zebras"} {
				assert.Equal(t, i < sees, strings.Contains(d.ask(t, "GET", path, role, "").body, "/"+slug), "%q finds %s at %s", role, slug, path)
			}
		}
	}
}

func TestRestrictedPagesAreKeptByNobody(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	open := d.ask(t, "GET", "/help/a/zebra-public", "", "")
	assert.Equal(t, "no-cache", open.header.Get("Cache-Control"))
	assert.NotContains(t, open.body, "noindex")
	hidden := d.ask(t, "GET", "/help/a/zebra-segment", "visitor/pat", "")
	checkPage(t, hidden)
	assert.Equal(t, "private, no-cache", hidden.header.Get("Cache-Control"))
	assert.Contains(t, hidden.header.Get("Vary"), "Cookie")
	assert.Contains(t, hidden.body, `content="noindex"`)
	assert.Contains(t, hidden.body, "Only for people who are signed in")
	assert.NotContains(t, hidden.body, "ld+json")
	assert.Contains(t, d.ask(t, "GET", "/help/a/zebra-agents", "agent", "").body, "For agents only")
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/zebra-segment.md", "", "").status)
	assert.Equal(t, "private, no-cache", d.ask(t, "GET", "/help/a/zebra-segment.md", "visitor/pat", "").header.Get("Cache-Control"))
}

// cookieOf returns what an answer makes a browser send from then on.
func cookieOf(t *testing.T, a answer) string {
	t.Helper()
	set := a.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-parley-help=", "; HttpOnly", "; secure", "SameSite=Lax", "path=/"} {
		assert.Contains(t, strings.ToLower(set), strings.ToLower(want))
	}
	pair, _, _ := strings.Cut(set, ";")
	return pair
}

func TestEnteringByTheSitesLink(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	in := d.ask(t, "GET", "/help/enter?inbox=shop&proof=good&to=%2Fhelp%2Fa%2Fzebra-segment", "", "")
	require.Equal(t, 303, in.status, in.body)
	assert.Equal(t, "/help/a/zebra-segment", in.header.Get("Location"))
	assert.Equal(t, "no-referrer", in.header.Get("Referrer-Policy"), "the proof must not reach another site")
	assert.Equal(t, "no-store", in.header.Get("Cache-Control"))
	cookie := cookieOf(t, in)
	page := d.ask(t, "GET", "/help/a/zebra-segment", "", "", "Cookie", cookie)
	assert.Equal(t, 200, page.status)
	assert.Contains(t, page.body, `action="/help/leave"`)
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/zebra-agents", "", "", "Cookie", cookie).status)
	assert.Less(t, len(cookie), 1000, "attributes that no article asks for are not kept")

	out := d.ask(t, "POST", "/help/leave", "", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	assert.Equal(t, 303, out.status)
	assert.Contains(t, out.header.Get("Set-Cookie"), "1970")

	for _, bad := range []string{"inbox=shop&proof=bad", "inbox=bank&proof=good", "pass=x", "", "pass=" + url.QueryEscape(strings.TrimPrefix(cookie, "__Host-parley-help="))} {
		got := d.ask(t, "GET", "/help/enter?"+bad, "", "")
		assert.Equal(t, 401, got.status, bad)
		assert.Empty(t, got.header.Get("Set-Cookie"), bad)
		checkPage(t, got)
	}
	forged := cookie[:len(cookie)-2] + "AA"
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/zebra-segment", "", "", "Cookie", forged).status)
}

func TestEnteringLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	d := guarded(t)
	for to, want := range map[string]string{
		"/help/a/x?lang=de#part": "/help/a/x?lang=de#part", "https://evil.example/help/": "/help", "//evil.example/help/": "/help", `/help/\evil.example`: "/help",
		"/help/../console": "/help", "/console": "/help", "": "/help", "/help/enter?pass=x": "/help", "javascript:alert(1)": "/help", "/help/%2e%2e/console": "/help",
	} {
		got := d.ask(t, "GET", "/help/enter?inbox=shop&proof=good&to="+url.QueryEscape(to), "", "")
		assert.Equal(t, want, got.header.Get("Location"), to)
	}
}

// Who reads in the widget reads on in the help centre, for an hour by the same
// link, and for half a day from then on.
func TestEnteringOutOfTheWidget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := guarded(t, func(c *kb.Config) { c.Clock = func() time.Time { return now } })
	type body struct{ URL, Kind string }
	assert.Equal(t, "/help/a/zebra-public", decode[body](t, d.ask(t, "GET", "/api/v1/help/articles/zebra-public", "visitor/pat", "")).URL)
	link := decode[body](t, d.ask(t, "GET", "/api/v1/help/articles/zebra-segment", "visitor/pat", "")).URL
	require.True(t, strings.HasPrefix(link, "/help/enter?pass="), link)
	in := d.ask(t, "GET", link, "", "")
	require.Equal(t, 303, in.status)
	cookie := cookieOf(t, in)
	read := func() int { return d.ask(t, "GET", "/help/a/zebra-segment", "", "", "Cookie", cookie).status }
	assert.Equal(t, 200, read())
	now = now.Add(2 * time.Hour)
	assert.Equal(t, 200, read())
	assert.Equal(t, 401, d.ask(t, "GET", link, "", "").status)
	now = now.Add(11 * time.Hour)
	assert.Equal(t, 404, read())
}

func TestSegmentsAreChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for body, status := range map[string]int{
		`{"title":"x","audience":"segment"}`:                          422,
		`{"title":"x","audience":"segment","segments":["pro"]}`:       422,
		`{"title":"x","audience":"segment","segments":["a b=c"]}`:     422,
		`{"title":"x","audience":"everybody"}`:                        422,
		`{"title":"x","audience":"segment","segments":["plan=pro "]}`: 201,
		`{"title":"x","audience":"signed_in"}`:                        201,
	} {
		got := d.ask(t, "POST", "/api/v1/articles", "supervisor", body)
		assert.Equal(t, status, got.status, "%s: %s", body, got.body)
	}
}
