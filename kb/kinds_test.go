package kb_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/docs/help"
	"parley/kb"
	"parley/kb/kind"
)

const (
	faqText = "## Billing\n\nAbout money.\n\n### When do I pay?\n\nOn the **first**.\n\n### How?\n\nBy card.\n\n## May I cancel?\n\nYes."
	lamp    = "Nothing works?\n\n## Is the lamp on?\n\nLook at it.\n\n- [Yes](#restart-it)\n- [No](#plug-it-in)\n\n## Plug it in\n\nUse the wall.\n\n- [Still dark](#restart-it)\n\n## Restart it\n\nHold the button."
	steps   = "Before.\n\n## Open it\n\nPress.\n\n## Close it\n\nDone."
)

func ofKind(kind string) func(*kb.Article) { return func(a *kb.Article) { a.Kind = kind } }

func TestFAQPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Questions", faqText, ofKind(kb.KindFAQ))
	page := d.ask(t, "GET", "/help/a/questions", "", "")
	require.Equal(t, 200, page.status)
	checkPage(t, page)
	for _, want := range []string{
		`<h2 id="billing">Billing</h2>`, `<summary><h3>When do I pay?</h3></summary>`, `id="when-do-i-pay"`, `<strong>first</strong>`, `<summary><h2>May I cancel?</h2></summary>`,
	} {
		assert.Contains(t, page.body, want)
	}
	faq := structuredOf(t, page)["FAQPage"]
	require.Len(t, faq["mainEntity"], 3)
	first := faq["mainEntity"].([]any)[0].(map[string]any)
	assert.Equal(t, "When do I pay?", first["name"])
	assert.Contains(t, first["acceptedAnswer"].(map[string]any)["text"], "On the <strong>first</strong>.")
}

func TestTutorialPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Set up", steps, ofKind(kb.KindTutorial), func(a *kb.Article) { a.Extra.Minutes = 5 })
	page := d.ask(t, "GET", "/help/a/set-up", "", "")
	checkPage(t, page)
	for _, want := range []string{"Step 1 of 2", `<h2 id="open-it">Open it</h2>`, "Step 2 of 2", "2 steps · about 5 minutes", `data-steps="` + a.ID, "Before."} {
		assert.Contains(t, page.body, want)
	}
	how := structuredOf(t, page)["HowTo"]
	assert.Equal(t, "PT5M", how["totalTime"])
	assert.Len(t, how["step"], 2)
}

func TestGuidePages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Lamp", lamp, ofKind(kb.KindTroubleshooting))
	start := d.ask(t, "GET", "/help/a/lamp", "", "")
	checkPage(t, start)
	assert.Contains(t, start.body, "Nothing works?")
	assert.Contains(t, start.body, `<a class="button" href="/help/a/lamp/plug-it-in?via=is-the-lamp-on">No</a>`)
	assert.NotContains(t, start.body, "Use the wall", "the other nodes have pages of their own")

	second := d.ask(t, "GET", "/help/a/lamp/plug-it-in?via=is-the-lamp-on", "", "")
	checkPage(t, second)
	for _, want := range []string{
		"Use the wall", "Your answers so far", `<a href="/help/a/lamp/is-the-lamp-on">Is the lamp on?</a> <b>No</b>`, `rel="prev" href="/help/a/lamp/is-the-lamp-on"`,
		`href="/help/a/lamp/restart-it?via=is-the-lamp-on%2Cplug-it-in"`, `content="noindex"`, "<title>Plug it in – Lamp",
	} {
		assert.Contains(t, second.body, want)
	}
	end := d.ask(t, "GET", "/help/a/lamp/restart-it", "", "")
	checkPage(t, end)
	assert.Contains(t, end.body, `rel="prev" href="/help/a/lamp/is-the-lamp-on"`, "without a way, back is the shortest")
	forged := d.ask(t, "GET", "/help/a/lamp/restart-it?via="+url.QueryEscape(`plug-it-in,x,"><script>`), "", "")
	checkPage(t, forged)
	assert.NotContains(t, forged.body, "Your answers so far")
	whole := d.ask(t, "GET", "/help/a/lamp?whole=1", "", "")
	checkPage(t, whole)
	assert.Contains(t, whole.body, `href="#plug-it-in"`)
	for _, path := range []string{"/help/a/lamp/none", "/help/a/lamp/plug-it-in/more", "/help/a/none/x"} {
		assert.Equal(t, 404, d.ask(t, "GET", path, "", "").status, path)
	}
	d.article(t, "Plain", "Text.\n\n## Part\n\nMore.")
	assert.Equal(t, 404, d.ask(t, "GET", "/help/a/plain/part", "", "").status, "only guides have pages of nodes")
}

func TestKindsAreCheckedWhenPublished(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, body := range map[string]map[string]any{
		"an unknown kind":            {"kind": "poem"},
		"no question":                {"kind": "faq", "markdown": "Text."},
		"no step":                    {"kind": "tutorial", "markdown": "Text."},
		"an answer that leads away":  {"kind": "troubleshooting", "markdown": "## On?\n\n- [No](#gone)"},
		"no video":                   {"kind": "video", "markdown": "Text."},
		"no file":                    {"kind": "download", "markdown": "Text."},
		"a video by http":            {"kind": "video", "extra": map[string]any{"video": map[string]any{"url": "http://www.youtube.com/watch?v=abcdefghijk"}}},
		"a poster elsewhere":         {"kind": "video", "extra": map[string]any{"video": map[string]any{"url": "https://vimeo.com/12345678", "poster": "https://evil.example/p.png"}}},
		"a file elsewhere":           {"kind": "download", "extra": map[string]any{"files": []any{map[string]any{"url": "https://evil.example/x.exe"}}}},
		"a file that is not there":   {"kind": "download", "extra": map[string]any{"files": []any{map[string]any{"url": "/help/files/00000000000000000000000000000000.zip"}}}},
		"something unknown in extra": {"extra": map[string]any{"color": "red"}},
	} {
		body["title"], body["status"] = "x", "published"
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		got := d.ask(t, "POST", "/api/v1/articles", "supervisor", string(raw))
		assert.Equal(t, 422, got.status, "%s: %s", name, got.body)
	}
	draft := d.ask(t, "POST", "/api/v1/articles", "supervisor", `{"title":"Begun","kind":"tutorial","markdown":"Later."}`)
	require.Equal(t, 201, draft.status, draft.body)
	path := "/api/v1/articles/" + decode[kb.Article](t, draft).ID
	refused := d.ask(t, "POST", path+"/publish", "supervisor", "")
	assert.Equal(t, 422, refused.status)
	assert.Contains(t, refused.body, "has no step")
	changed := d.ask(t, "PATCH", path, "supervisor", `{"markdown":"## One\n\nText."}`)
	assert.Equal(t, kb.KindTutorial, decode[kb.Article](t, changed).Kind)
	assert.Equal(t, 200, d.ask(t, "POST", path+"/publish", "supervisor", "").status)
}

func TestVideoIsLoadedAfterConsent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	film := func(address string) func(*kb.Article) {
		return func(a *kb.Article) { a.Kind, a.Extra.Video = kb.KindVideo, &kb.Video{URL: address} }
	}
	d.article(t, "Tour", "Watch it.\n\n## Transcript\n\nHello there.", film("https://www.youtube.com/watch?v=abcDEF_-123&t=30s"))
	before := d.ask(t, "GET", "/help/a/tour", "", "")
	checkPage(t, before)
	assert.NotContains(t, before.body, `src="https://`, "nothing of another host")
	assert.NotContains(t, before.body, "<iframe")
	assert.NotContains(t, before.header.Get("Content-Security-Policy"), "youtube")
	assert.Contains(t, before.body, `href="/help/a/tour?play=1#page-video"`)
	assert.Contains(t, before.body, "<summary><h2>Transcript</h2></summary>")

	playing := d.ask(t, "GET", "/help/a/tour?play=1", "", "", "Sec-Fetch-Site", "same-origin")
	checkPage(t, playing)
	assert.Contains(t, playing.body, `<iframe src="https://www.youtube-nocookie.com/embed/abcDEF_-123?start=30" title="Tour"`)
	assert.Contains(t, playing.header.Get("Content-Security-Policy"), "frame-src 'self' https://www.youtube-nocookie.com;")
	for _, site := range []string{"cross-site", "none", "same-site"} {
		assert.NotContains(t, d.ask(t, "GET", "/help/a/tour?play=1", "", "", "Sec-Fetch-Site", site).body, "<iframe", site)
	}

	d.article(t, "Elsewhere", "Watch it.", film("https://films.example/x;script-src *"))
	other := d.ask(t, "GET", "/help/a/elsewhere?play=1", "", "")
	checkPage(t, other)
	assert.NotContains(t, other.body, "<iframe", "a host that is not on the list is only linked")
	assert.NotContains(t, other.header.Get("Content-Security-Policy"), "films.example")
}

// upload sends a file as a form.
func (d *desk) upload(t *testing.T, role, name, content string) answer {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = part.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return d.ask(t, "POST", "/api/v1/articles/files", role, form.String(), "Content-Type", w.FormDataContentType())
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *kb.Config) { c.MaxFile = 1000; c.Visitors = visitors{} })
	assert.Equal(t, 401, d.upload(t, "", "a.txt", "x").status)
	up := d.upload(t, "agent", `C:\x\Manual "1".pdf`, "%PDF-1.7 hello")
	require.Equal(t, 201, up.status, up.body)
	file := decode[kb.File](t, up)
	assert.Equal(t, `Manual "1".pdf`, file.Name)
	assert.Equal(t, "application/pdf", file.Type)
	assert.EqualValues(t, 14, file.Size)
	assert.Equal(t, file.URL, decode[kb.File](t, d.upload(t, "agent", "again.pdf", "%PDF-1.7 hello")).URL, "the same content is one file")
	assert.Equal(t, 413, d.upload(t, "agent", "big.bin", strings.Repeat("x", 2000)).status)
	assert.Equal(t, 422, d.upload(t, "agent", "empty", "").status)

	assert.Equal(t, 404, d.ask(t, "GET", file.URL, "", "").status, "no article shows it yet")
	assert.Equal(t, 200, d.ask(t, "GET", file.URL, "agent", "").status)
	a := d.article(t, "Manuals", "Take one.", ofKind(kb.KindDownload), func(a *kb.Article) {
		a.Audience, a.Extra.Files = kb.AudienceSignedIn, []kb.File{{URL: file.URL, Note: "for all models", Size: 1, SHA256: "made up"}}
	})
	assert.EqualValues(t, 14, a.Extra.Files[0].Size, "what is said of a file is what it is")
	assert.Equal(t, 404, d.ask(t, "GET", file.URL, "", "").status, "the file is for whom the article is for")
	page := d.ask(t, "GET", "/help/a/manuals", "visitor/sam", "")
	checkPage(t, page)
	for _, want := range []string{"PDF · 14 bytes · for all models", file.SHA256, `download="Manual &#34;1&#34;.pdf"`} {
		assert.Contains(t, page.body, want)
	}
	got := d.ask(t, "GET", file.URL, "visitor/sam", "")
	assert.Equal(t, "%PDF-1.7 hello", got.body)
	assert.True(t, strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment"))
	assert.Contains(t, got.header.Get("Content-Security-Policy"), "sandbox")
	assert.Contains(t, got.header.Get("Cache-Control"), "private")

	for header, want := range map[string]struct {
		status int
		body   string
	}{
		"bytes=0-3": {206, "%PDF"}, "bytes=9-": {206, "hello"}, "bytes=-2": {206, "lo"}, "bytes=9-9999": {206, "hello"}, "bytes=0-": {200, "%PDF-1.7 hello"},
		"bytes=14-": {416, ""}, "bytes=5-2": {416, ""}, "bytes=x-": {416, ""}, "lines=1-2": {200, "%PDF-1.7 hello"}, "bytes=0-1,3-4": {200, "%PDF-1.7 hello"},
	} {
		part := d.ask(t, "GET", file.URL, "agent", "", "Range", header)
		assert.Equal(t, want.status, part.status, header)
		if want.status != 416 {
			assert.Equal(t, want.body, part.body, header)
		}
	}
}

func TestUploadedVideo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	film := decode[kb.File](t, d.upload(t, "agent", "tour.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"))
	assert.Equal(t, "video/mp4", film.Type)
	words := decode[kb.File](t, d.upload(t, "agent", "tour.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nHello"))
	assert.Equal(t, "text/vtt", words.Type)
	d.article(t, "Tour", "Watch.", ofKind(kb.KindVideo), func(a *kb.Article) {
		a.Extra.Video = &kb.Video{URL: film.URL, Captions: map[string]string{"en": words.URL}, Width: 640, Height: 360}
	})
	page := d.ask(t, "GET", "/help/a/tour", "", "")
	checkPage(t, page)
	assert.Contains(t, page.body, `<source src="`+film.URL+`" type="video/mp4">`)
	assert.Contains(t, page.body, `<track kind="captions" src="`+words.URL+`" srclang="en" label="English" default>`)
	assert.Contains(t, page.body, `width="640" height="360"`)
	assert.True(t, strings.HasPrefix(d.ask(t, "GET", film.URL, "", "").header.Get("Content-Disposition"), "inline"))
}

func TestImportAndExportKnowKinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "set-up.md"), []byte("---\ntitle: Set up\nkind: tutorial\nextra:\n  minutes: 7\naudience: segment\nsegments: [plan=pro]\n---\n\n"+steps), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.md"), []byte("---\ntitle: Bad\nkind: tutorial\nextra:\n  hours: 7\n---\n\n"+steps), 0o600))
	report, err := d.Import(t.Context(), dir, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, report.Created)
	require.Len(t, report.Skipped, 1)
	assert.Contains(t, report.Skipped[0].Reason, "hours")
	out := t.TempDir()
	_, err = d.Export(t.Context(), out, false, nil)
	require.NoError(t, err)
	var file []byte
	require.NoError(t, filepath.WalkDir(out, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "set-up.md") {
			file, err = os.ReadFile(path)
		}
		return err
	}))
	for _, want := range []string{"kind: tutorial", "minutes: 7", "audience: segment", "- plan=pro"} {
		assert.Contains(t, string(file), want)
	}
	again := newDesk(t)
	report, err = again.Import(t.Context(), out, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, report.Created, "%+v", report)
	page := again.ask(t, "GET", "/help/a/set-up", "agent", "")
	assert.Contains(t, page.body, "about 7 minutes")
}

// The page beside the text is that of the kind, or of the text alone with what
// the kind still needs.
func TestPreviewOfKinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tt := range map[string]struct{ kind, extra, markdown, page, field, lacks string }{
		"an article":           {kind: "", extra: `{}`, markdown: "Text.", page: "Text."},
		"a tutorial":           {kind: "tutorial", extra: `{"minutes":5}`, markdown: "## One\n\nDo.", page: "about 5 minutes"},
		"without a step":       {kind: "tutorial", extra: `{}`, markdown: "Do.", page: "Do.", field: "markdown", lacks: "has no step"},
		"too long":             {kind: "tutorial", extra: `{"minutes":20000}`, markdown: "## One\n\nDo.", page: "One", field: "extra.minutes", lacks: "must be between"},
		"a guide's loose end":  {kind: "troubleshooting", extra: `{}`, markdown: "## On?\n\n- [No](#off)", page: "On?", field: "markdown", lacks: "leads to no heading"},
		"a video without film": {kind: "video", extra: `{}`, markdown: "Watch.", page: "Watch.", field: "extra.video", lacks: "must be there"},
		"a video":              {kind: "video", extra: `{"video":{"url":"https://vimeo.com/12345678"}}`, markdown: "Watch.", page: "vimeo.com"},
	} {
		body := mustJSON(t, map[string]any{"title": "Shelf", "markdown": tt.markdown, "kind": tt.kind, "extra": json.RawMessage(tt.extra), "page": true})
		got := decode[struct {
			Page  string
			Lacks *struct{ Field, Message string }
		}](t, d.ask(t, "POST", "/api/v1/articles/preview", "agent", body))
		assert.Contains(t, got.Page, tt.page, name)
		if tt.lacks == "" {
			assert.Nil(t, got.Lacks, name)
		} else if assert.NotNil(t, got.Lacks, name) {
			assert.Equal(t, tt.field, got.Lacks.Field, name)
			assert.Contains(t, got.Lacks.Message, tt.lacks, name)
		}
	}
}

// The help centre of the demo has articles of each kind that needs nothing from
// elsewhere; each guide leads to each of its steps, and what is offered can be
// fetched.
func TestKindsOfTheHelpCentre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, d.SeedDemo(t.Context()))
	report, err := d.ImportFS(t.Context(), help.Articles(), kb.ImportOptions{Locale: "en", Author: "Parley"}, nil)
	require.NoError(t, err)
	assert.Empty(t, report.Skipped)
	assert.Zero(t, report.Created, "all were there")
	rows, err := d.db.Query(t.Context(), `SELECT slug, locale, kind, html, extra FROM kb.articles WHERE kind <> 'article' ORDER BY slug, locale`)
	require.NoError(t, err)
	type article struct {
		Slug, Locale, Kind, HTML string
		Extra                    kb.Extra
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[article])
	require.NoError(t, err)
	count := map[string]int{}
	for _, a := range list {
		count[a.Kind+" "+a.Locale]++
		address := "/help/a/" + a.Slug
		page := d.ask(t, "GET", address+"?lang="+a.Locale, "", "")
		assert.Equal(t, 200, page.status, address)
		checkPage(t, page)
		g := kind.Guide{}
		if a.Kind == kb.KindTroubleshooting {
			g = kind.GuideOf(a.HTML)
			_, broken := g.Broken()
			assert.False(t, broken, address)
		}
		for i, node := range g.Nodes {
			assert.Equal(t, 200, d.ask(t, "GET", address+"/"+url.PathEscape(node.ID)+"?lang="+a.Locale, "", "").status, "%s: %s", address, node.Title)
			assert.Equal(t, i == 0, g.Before(node.ID) == "", "%s: a way leads to %s", address, node.Title)
		}
		for _, f := range a.Extra.Files {
			got := d.ask(t, "GET", f.URL, "", "")
			assert.Equal(t, 200, got.status, f.Name)
			assert.Len(t, got.body, int(f.Size), f.Name)
			assert.Contains(t, page.body, f.SHA256)
		}
		if v := a.Extra.Video; v != nil {
			assert.LessOrEqual(t, len(d.ask(t, "GET", v.URL, "", "").body), 400_000, address)
			for address, of := range map[string]string{v.URL: "video/webm", v.Poster: "image/webp", v.Captions["en"]: "text/vtt", v.Captions["de"]: "text/vtt"} {
				got := d.ask(t, "GET", address, "", "")
				assert.Equal(t, 200, got.status, address)
				assert.Contains(t, got.header.Get("Content-Type"), of, address)
				assert.Contains(t, page.body, address)
			}
			assert.Contains(t, page.body, `id="transcript"`)
		}
	}
	for of, least := range map[string]int{"faq en": 1, "tutorial en": 2, "troubleshooting en": 2, "troubleshooting de": 2, "download en": 1, "video en": 1} {
		assert.GreaterOrEqual(t, count[of], least, of)
	}
}
