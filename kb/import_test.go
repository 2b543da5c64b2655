package kb_test

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/kb"
)

// onePixel is a PNG of one transparent pixel.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	pixel, err := base64.StdEncoding.DecodeString(onePixel)
	require.NoError(t, err)
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"README.md":            file("# About this folder"),
		"account/reset.md":     file("---\ntitle: Reset your password\norder: 2\naliases: [forgot password]\nredirect_from: /old/lost-password\n---\nSee [deleting](delete.md#for-good), [this](/account/delete/) and [nothing](gone.md).\n\n![A key](key.png) ![B](missing.png)"),
		"account/delete.mdx":   file("import X from 'x'\n\n# Delete your account\n\n<Note>It is final.</Note>\n\n## For good\n\nPress delete."),
		"account/key.png":      {Data: pixel},
		"es/account/reset.md":  file("---\ntitle: Restablecer la contraseña\n---\nVea [eliminar](delete.md)."),
		"es/account/delete.md": file("---\ntitle: Eliminar\n---\nPulse eliminar."),
		"staff.md":             file("---\ntitle: For staff\naudience: agents\nstatus: draft\n---\nSecret."),
		"binary.md":            {Data: []byte{0xff, 0x00}},
		"broken.md":            file("---\ntitle: [\n---\nx"),
		"empty.md":             file("---\ntitle: Empty\n---\n<Index />"),
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	files := folder(t)
	steps := 0
	report, err := d.ImportFS(t.Context(), files, kb.ImportOptions{}, func(done, total int, _ string) { steps++; assert.LessOrEqual(t, done, total) })
	require.NoError(t, err)
	assert.Equal(t, 5, report.Created)
	assert.Equal(t, 5, steps)
	assert.Equal(t, 1, report.LinksDropped)
	assert.Equal(t, 3, report.LinksKept)
	reasons := map[string]string{}
	for _, s := range report.Skipped {
		reasons[s.Path] = s.Reason
	}
	assert.Len(t, reasons, 4)
	assert.Contains(t, reasons["binary.md"], "UTF-8")
	assert.Contains(t, reasons["broken.md"], "YAML")
	assert.Contains(t, reasons["empty.md"], "no text")

	list := decode[struct{ Articles []kb.Article }](t, d.ask(t, "GET", "/api/v1/articles", "agent", "")).Articles
	bySource := map[string]kb.Article{}
	for _, a := range list {
		bySource[a.Source] = a
	}
	reset := decode[kb.Article](t, d.ask(t, "GET", "/api/v1/articles/"+bySource["account/reset.md"].ID, "agent", ""))
	assert.Equal(t, []string{"forgot password"}, reset.Aliases)
	assert.Equal(t, 2, reset.Position)
	assert.Contains(t, reset.Markdown, "[deleting](/help/a/delete#for-good), [this](/help/a/delete) and nothing.")
	assert.NotContains(t, reset.Markdown, "missing.png")
	assert.Contains(t, reset.HTML, `<img src="/help/media/`)
	remove := decode[kb.Article](t, d.ask(t, "GET", "/api/v1/articles/"+bySource["account/delete.mdx"].ID, "agent", ""))
	assert.Equal(t, "Delete your account", remove.Title)
	assert.Contains(t, remove.HTML, `callout-note`)
	assert.NotContains(t, remove.Markdown, "import X")
	spanish := decode[kb.Article](t, d.ask(t, "GET", "/api/v1/articles/"+bySource["es/account/reset.md"].ID, "agent", ""))
	assert.Equal(t, "es", spanish.Locale)
	assert.Equal(t, reset.Slug, spanish.Slug, "translations share the address")
	assert.Equal(t, reset.Collection, spanish.Collection)
	assert.Contains(t, spanish.Markdown, "(/help/a/delete?lang=es)")
	assert.Equal(t, kb.AudienceAgents, bySource["staff.md"].Audience)
	assert.Equal(t, kb.StatusInProgress, bySource["staff.md"].Status)

	moved := d.ask(t, "GET", "/help/a/lost-password", "", "")
	assert.Equal(t, 301, moved.status)
	assert.Equal(t, "/help/a/reset", moved.header.Get("Location"))
	_, rest, found := strings.Cut(reset.HTML, `<img src="`)
	require.True(t, found)
	address, _, _ := strings.Cut(rest, `"`)
	picture := d.ask(t, "GET", address, "", "")
	assert.Equal(t, 200, picture.status)
	assert.Equal(t, "image/png", picture.header.Get("Content-Type"))
	assert.Equal(t, 404, d.ask(t, "GET", "/help/media/../../etc.png", "", "").status)
}

func TestImportAgainChangesOnlyWhatHasChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	files := folder(t)
	ctx := t.Context()
	_, err := d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	again, err := d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, [3]int{0, 0, 5}, [3]int{again.Created, again.Updated, again.Unchanged})

	files["account/delete.mdx"] = &fstest.MapFile{Data: []byte("# Delete your account\n\n## For good\n\nPress remove.")}
	files["account/new.md"] = &fstest.MapFile{Data: []byte("# New\n\nText.")}
	changed, err := d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, [3]int{1, 1, 4}, [3]int{changed.Created, changed.Updated, changed.Unchanged})

	list := decode[struct{ Articles []kb.Article }](t, d.ask(t, "GET", "/api/v1/articles?q=press+remove", "agent", "")).Articles
	require.Len(t, list, 1)
	assert.Equal(t, 2, list[0].Revision)
	_, err = d.Update(ctx, "Ana", list[0].ID, kb.ArticleChange{Summary: new("By hand")})
	require.NoError(t, err)
	files["account/delete.mdx"] = &fstest.MapFile{Data: []byte("# Delete your account\n\n## For good\n\nFrom the folder.")}
	kept, err := d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Zero(t, kept.Updated)
	assert.Contains(t, kept.Skipped[len(kept.Skipped)-1].Reason, "edited here")
	forced, err := d.ImportFS(ctx, files, kb.ImportOptions{Overwrite: true}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, forced.Updated)
}

func TestImportNamesCollectionsInEachLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	file := func(collection string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("---\ntitle: T\ncollection: " + collection + "\n---\nText.")}
	}
	files := fstest.MapFS{"account/reset.md": file("Your account"), "zz.md": file("Orders")}
	_, err := d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	files["de/account/reset.md"], files["de/only.md"] = file("Ihr Konto"), file("Nur hier")
	_, err = d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	titles := func() (out []map[string]string, first string) {
		list := decode[struct{ Collections []kb.Collection }](t, d.ask(t, "GET", "/api/v1/collections", "agent", "")).Collections
		for _, c := range list {
			out = append(out, c.Titles)
		}
		return out, list[0].ID
	}
	got, id := titles()
	assert.Equal(t, []map[string]string{{"en": "Your account", "de": "Ihr Konto"}, {"en": "Orders"}, {"en": "Nur hier"}}, got)
	assert.Contains(t, d.ask(t, "GET", "/help?lang=de", "", "").body, "Ihr Konto")

	_, err = d.UpdateCollection(ctx, id, kb.CollectionChange{Titles: map[string]string{"en": "Account", "de": "Konto"}})
	require.NoError(t, err)
	_, err = d.ImportFS(ctx, files, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	got, _ = titles()
	assert.Equal(t, map[string]string{"en": "Account", "de": "Konto"}, got[0], "what people have written stays")
}

func TestImportRefusesWhatIsNoFolder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.Import(t.Context(), filepath.Join(t.TempDir(), "absent"), kb.ImportOptions{}, nil)
	assert.Equal(t, errs.Invalid, errs.CodeOf(err))
}

// TestRealHelpCentres imports real documentation as it is and asks it.
func TestRealHelpCentres(t *testing.T) {
	t.Parallel()
	tests := []struct {
		folder   string
		articles int
		question string
		want     string
	}{
		{"kb-login-gov", 220, "i lost my phone how do i sign in", "How do I sign in if I lost my phone or personal key?"},
		{"kb-npm-docs", 201, "how do i turn on two factor authentication", "Configuring two-factor authentication"},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			t.Parallel()
			dir := testkit.Data(t, tt.folder)
			d := newDesk(t)
			report, err := d.Import(t.Context(), dir, kb.ImportOptions{}, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.articles, report.Created)
			require.NoError(t, d.EmbedAll(t.Context()))
			d.embedded(t)
			found := d.find(t, tt.question)
			require.NotEmpty(t, found)
			assert.Contains(t, titles(found[:min(3, len(found))]), tt.want)
			for _, p := range found {
				assert.Equal(t, 200, d.ask(t, "GET", p.URL, "", "").status, p.URL)
			}
		})
	}
}

func TestSeedDemo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, d.SeedDemo(t.Context()))
	st, err := d.State(t.Context())
	require.NoError(t, err)
	assert.NotZero(t, st.Articles)
	require.NoError(t, d.SeedDemo(t.Context()), "a second start changes nothing")
	again, err := d.State(t.Context())
	require.NoError(t, err)
	assert.Equal(t, st, again)
}

func BenchmarkServiceSearch(b *testing.B) {
	dir := testkit.Data(b, "kb-npm-docs")
	d := newDesk(b)
	_, err := d.Import(b.Context(), dir, kb.ImportOptions{}, nil)
	require.NoError(b, err)
	require.NoError(b, d.EmbedAll(b.Context()))
	questions := []string{"close my account", "how do i make a package private", "publish fails with an error", "who can see my team", "refund for my plan"}
	d.find(b, "the first search makes the index")
	var slowest time.Duration
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		_, err := d.Search(context.Background(), event.SearchQuery{Text: questions[i%len(questions)], Locale: "en"})
		require.NoError(b, err)
		slowest = max(slowest, time.Since(began))
		i++
	}
	b.ReportMetric(float64(slowest.Microseconds()), "µs-slowest")
}
