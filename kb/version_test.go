package kb_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/pg"
	"parley/internal/testkit"
	"parley/kb"
)

// A new version may be of another kind, for others and elsewhere: readers see
// none of that until it is published.
func TestStagedVersionKeepsAllThatReadersSee(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff, func(c *kb.Config) { c.Visitors = visitors{} })
	group, err := d.CreateCollection(t.Context(), kb.Collection{Slug: "start", Titles: map[string]string{"en": "First steps"}})
	require.NoError(t, err)
	a := d.do(t, "POST", "", "supervisor/ben", mustJSON(t, map[string]any{"title": "Set up", "markdown": steps, "status": "published"}))
	require.NotEmpty(t, d.find(t, "set up"))

	staged := d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", mustJSON(t, map[string]any{
		"kind": "tutorial", "extra": map[string]any{"minutes": 5}, "audience": "segment", "segments": []string{"plan=pro"}, "collection": group.ID,
	}))
	assert.Equal(t, [3]string{kb.KindArticle, kb.AudiencePublic, ""}, [3]string{staged.Kind, staged.Audience, staged.Collection})
	assert.Equal(t, [3]string{kb.KindTutorial, kb.AudienceSegment, group.ID}, [3]string{staged.Staged.Kind, staged.Staged.Audience, staged.Staged.Collection})
	assert.Equal(t, 5, staged.Staged.Extra.Minutes)
	assert.Equal(t, "Set up", staged.Staged.Title)
	listed := decode[struct{ Articles []kb.Draft }](t, d.ask(t, "GET", "/api/v1/articles", "agent", "")).Articles
	require.Len(t, listed, 1)
	assert.Equal(t, kb.KindTutorial, listed[0].Staged.Kind)

	page := d.ask(t, "GET", "/help/a/set-up", "", "")
	require.Equal(t, 200, page.status)
	assert.NotContains(t, page.body, "Step 1 of 2")
	assert.NotContains(t, page.body, "First steps")
	preview := decode[struct{ Page string }](t, d.ask(t, "POST", "/api/v1/articles/preview", "agent", mustJSON(t, map[string]any{
		"title": "Set up", "markdown": steps, "kind": "tutorial", "extra": map[string]any{"minutes": 5}, "page": true,
	})))
	assert.Contains(t, preview.Page, "Step 1 of 2", "its author sees it")

	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"publish"}`).status)
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/set-up", "", "").status, "it is for a segment now")
	page = d.ask(t, "GET", "/help/a/set-up", "visitor/pat", "")
	require.Equal(t, 200, page.status)
	for _, want := range []string{"Step 1 of 2", "about 5 minutes", "First steps"} {
		assert.Contains(t, page.body, want)
	}
	assert.Empty(t, d.find(t, "set up"))

	restored := d.do(t, "POST", "/"+a.ID+"/revisions/1/restore?staged=1", "agent/ana", "")
	require.NotNil(t, restored.Staged)
	assert.Equal(t, [3]string{kb.KindArticle, kb.AudienceSegment, ""}, [3]string{restored.Staged.Kind, restored.Staged.Audience, restored.Staged.Collection})
	assert.Equal(t, kb.KindTutorial, restored.Kind, "what is live stays until it is published")
	live := d.do(t, "POST", "/"+a.ID+"/revisions/1/restore", "supervisor/ben", "")
	assert.Equal(t, kb.KindArticle, live.Kind)
	assert.Zero(t, live.Extra.Minutes)
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/set-up", "", "").status, "it stays for the segment")

	require.NoError(t, d.DeleteCollection(t.Context(), group.ID))
	kept := decode[kb.Revision](t, d.ask(t, "GET", "/api/v1/articles/"+a.ID+"/revisions/2", "agent", ""))
	assert.Equal(t, kb.KindTutorial, kept.Kind)
	assert.Empty(t, kept.Collection, "a collection that is no more is none")
}

// An old text opens nothing that was closed since, unless its author asks for
// that; a text for fewer closes nothing either.
func TestRestoringKeepsWhoMayRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, then, now string // bodies of the article as it was and of what has changed
		query           string
		audience        string
		segments        []string
	}{
		{"narrowed to agents", `"audience":"public"`, `"audience":"agents"`, "", kb.AudienceAgents, []string{}},
		{"narrowed to agents, by its author's choice", `"audience":"public"`, `"audience":"agents"`, "audience=1", kb.AudiencePublic, []string{}},
		{"narrowed to a segment", `"audience":"segment","segments":["plan=pro","plan=free"]`, `"segments":["plan=pro"]`, "", kb.AudienceSegment, []string{"plan=pro"}},
		{"narrowed to a segment, by its author's choice", `"audience":"segment","segments":["plan=pro","plan=free"]`, `"segments":["plan=pro"]`, "audience=1", kb.AudienceSegment, []string{"plan=pro", "plan=free"}},
		{"opened since", `"audience":"agents"`, `"audience":"public"`, "", kb.AudiencePublic, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, withStaff)
			a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Prices","markdown":"Old words.","status":"published",`+c.then+`}`)
			d.do(t, "PATCH", "/"+a.ID, "supervisor/ben", `{"markdown":"New words.",`+c.now+`}`)

			staged := d.do(t, "POST", "/"+a.ID+"/revisions/1/restore?staged=1&"+c.query, "agent/ana", "")
			require.NotNil(t, staged.Staged)
			assert.Equal(t, "Old words.", staged.Staged.Markdown)
			assert.Equal(t, c.audience, staged.Staged.Audience)
			assert.Equal(t, c.segments, staged.Staged.Segments)
			live := d.do(t, "POST", "/"+a.ID+"/revisions/1/restore?"+c.query, "supervisor/ben", "")
			assert.Equal(t, "Old words.", live.Markdown)
			assert.Equal(t, c.audience, live.Audience)
			assert.Equal(t, c.segments, live.Segments)
		})
	}
}

// What a version needs is checked when it is written, and before it is scheduled.
func TestStagedVersionIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Plain","markdown":"Text.","status":"published"}`)
	path := "/api/v1/articles/" + a.ID + "/staged"
	for name, body := range map[string]string{
		"an unknown kind":       `{"kind":"poem"}`,
		"an unknown collection": `{"collection":"collectionaaaaaaaaaaaa"}`,
		"a segment of nobody":   `{"audience":"segment"}`,
		"a file from nowhere":   `{"kind":"download","extra":{"files":[{"url":"/help/files/00000000000000000000000000000000.zip"}]}}`,
	} {
		assert.Equal(t, 422, d.ask(t, "PUT", path, "agent/ana", body).status, name)
	}
	d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"kind":"tutorial"}`)
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, body := range []string{`{"action":"approve"}`, `{"action":"schedule","publish_at":"` + later + `"}`, `{"action":"publish"}`} {
		refused := d.step(t, a.ID, "supervisor/ben", body)
		assert.Equal(t, 422, refused.status, body)
		assert.Contains(t, refused.body, "has no step")
	}
	file := decode[kb.File](t, d.upload(t, "agent", "manual.pdf", "%PDF-1.7 hello"))
	staged := d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"kind":"download","extra":{"files":[{"url":"`+file.URL+`"}]}}`)
	assert.EqualValues(t, 14, staged.Staged.Extra.Files[0].Size)
	assert.Equal(t, 404, d.ask(t, "GET", file.URL, "", "").status, "the file comes with the version")
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"publish"}`).status)
	assert.Equal(t, 200, d.ask(t, "GET", file.URL, "", "").status)
}

// Only a review changes what is live, when the team wants that: not the kind or
// the audience either.
func TestReviewsAreAboutTheWholeVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Plain","markdown":"Text.","audience":"agents","status":"published"}`)
	require.Equal(t, 200, d.ask(t, "PATCH", "/api/v1/kb/settings", "admin", `{"review_required":true}`).status)
	for _, body := range []string{`{"audience":"public"}`, `{"kind":"faq"}`, `{"segments":["plan=pro"]}`, `{"extra":{}}`} {
		assert.Equal(t, 409, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID, "supervisor/ben", body).status, body)
	}
	assert.Equal(t, 200, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID, "supervisor/ben", `{"collection":"","position":3}`).status)
}

func TestCompareSaysWhatElseHasChanged(t *testing.T) {
	t.Parallel()
	before := kb.Version{Kind: kb.KindTutorial, Extra: kb.Extra{Minutes: 5}, Audience: kb.AudiencePublic, Collection: "a"}
	after := kb.Version{
		Kind: kb.KindDownload, Audience: kb.AudienceSegment, Segments: []string{"plan=pro"},
		Extra: kb.Extra{Files: []kb.File{{URL: "/help/files/x.pdf", Name: "Manual.pdf", Note: "all models"}}},
	}
	got := map[string][]kb.DiffPart{}
	for _, f := range kb.Compare(before, after) {
		got[f.Field] = f.Parts
	}
	assert.Equal(t, map[string][]kb.DiffPart{
		"kind":       {{Op: "gone", Text: "tutorial"}, {Op: "new", Text: "download"}},
		"minutes":    {{Op: "gone", Text: "5"}},
		"files":      {{Op: "new", Text: "Manual.pdf (all models): /help/files/x.pdf"}},
		"audience":   {{Op: "gone", Text: "public"}, {Op: "new", Text: "segment"}},
		"segments":   {{Op: "new", Text: "plan=pro"}},
		"collection": {{Op: "gone", Text: "a"}},
	}, got)
	film := kb.Compare(kb.Version{}, kb.Version{Extra: kb.Extra{Video: &kb.Video{URL: "https://vimeo.com/1", Captions: map[string]string{"de": "/help/files/d.vtt", "en": "/help/files/e.vtt"}, Seconds: 90, Width: 16, Height: 9}}})
	require.Len(t, film, 1)
	assert.Equal(t, "https://vimeo.com/1\ncaptions de: /help/files/d.vtt\ncaptions en: /help/files/e.vtt\n90 s\n16 × 9", film[0].Parts[0].Text)
}

// What was not kept before is taken from the article as it was.
func TestVersionsOfBefore(t *testing.T) {
	t.Parallel()
	all := (&kb.Service{}).Migrations()
	before := fstest.MapFS{}
	names, err := fs.Glob(all, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		if name >= "0014" {
			continue
		}
		body, err := fs.ReadFile(all, name)
		require.NoError(t, err)
		before[name] = &fstest.MapFile{Data: body}
	}
	db := testkit.Postgres(t, testkit.Schema{Name: "kb", Files: before})
	for _, sql := range []string{
		`INSERT INTO kb.collections (id, slug, titles) VALUES ('c', 'start', '{"en":"Start"}')`,
		`INSERT INTO kb.articles (id, slug, locale, collection, title, summary, markdown, html, html_version, aliases, status, audience, position,
			author, revision, created_at, updated_at, kind, extra, segments)
		VALUES ('a', 'a', 'en', 'c', 'A', '', '', '', 0, '{}', 'published', 'segment', 0, 'ana', 1, now(), now(), 'tutorial', '{"minutes":7}', '{plan=pro}')`,
		`INSERT INTO kb.revisions (article, number, title, summary, markdown, aliases, author, at) VALUES ('a', 1, 'A', '', '', '{}', 'ana', now())`,
		`INSERT INTO kb.staged (article, status, title, summary, markdown, aliases, author, revision, base, updated_at)
		VALUES ('a', 'approved', 'A', '', '', '{}', 'ana', 2, 1, now())`,
	} {
		_, err := db.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	require.NoError(t, pg.Migrate(t.Context(), db, "kb", all))
	for _, table := range []string{"revisions", "staged"} {
		var got [4]string
		var segments []string
		require.NoError(t, db.QueryRow(t.Context(), `SELECT kind, extra->>'minutes', audience, collection, segments FROM kb.`+table).
			Scan(&got[0], &got[1], &got[2], &got[3], &segments), table)
		assert.Equal(t, [4]string{"tutorial", "7", "segment", "c"}, got, table)
		assert.Equal(t, []string{"plan=pro"}, segments, table)
	}
}
