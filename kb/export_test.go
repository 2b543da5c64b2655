package kb_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb"
)

// tree is what a folder holds, by path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !entry.IsDir() {
			body, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			out[name] = string(body)
		}
		return nil
	}))
	return out
}

// awkward are texts that an import of other files would change.
func awkward() []string {
	return []string{
		"Plain.\n\n## Two\n\nSee [deleting](/help/a/delete-your-account#for-good), [here](#two), [german](/help/a/delete-your-account?lang=de), [gone](/help/a/gone) and [out](https://example.com/x?y=1#z).",
		"Liquid {{ page.title }} and {% include x %}, {: .class}, a <b>tag</b>, <!-- a comment --> and import X from 'x'\n\n```md\n[code](/help/a/delete-your-account)\n```",
		"---\nnot: front matter\n---\n\n~~~\nunclosed [code](/help/a/delete-your-account)",
		"- [one][1]\n- ![pic][2]\n\n[1]: /help/a/delete-your-account \"Title\"\n[2]: PICTURE",
		"![A key](PICTURE) [![inside](PICTURE)](/help/a/delete-your-account) `[span](/help/a/delete-your-account)`\n\n\n\nThree blank lines above.  \nHard break.",
		"",
		"عربي و 中文, emoji 🚀, tabs\tand \\*escapes\\*",
	}
}

// Export, import into an empty help centre, export again: byte for byte the
// same.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.ImportFS(t.Context(), folder(t), kb.ImportOptions{}, nil)
	require.NoError(t, err)
	list := decode[struct{ Articles []kb.Draft }](t, d.ask(t, "GET", "/api/v1/articles?q=reset+your+password", "agent", "")).Articles
	require.NotEmpty(t, list)
	reset := d.do(t, "GET", "/"+list[0].ID, "agent", "")
	_, rest, found := strings.Cut(reset.Markdown, "](/help/media/")
	require.True(t, found)
	name, _, _ := strings.Cut(rest, ")")
	group := decode[kb.Collection](t, d.ask(t, "POST", "/api/v1/collections", "supervisor", `{"titles":{"en":"Odd: things","de":"Seltsames"},"slug":"404","position":7}`))
	d.do(t, "POST", "", "supervisor", `{"title":"Delete your account","markdown":"Gone.\n\n## For good\n\nYes."}`)
	d.do(t, "POST", "", "supervisor", `{"title":"Konto löschen","slug":"delete-your-account","locale":"de","markdown":"Weg."}`)
	for i, text := range awkward() {
		body := mustJSON(t, map[string]any{
			"title": []string{"Plain", "true", "2024-01-01", "- dash: \"quoted\"", "Security", "404", "على"}[i], "summary": "line one: two # three", "markdown": strings.ReplaceAll(text, "PICTURE", "/help/media/"+name),
			"status": []string{"published", "draft", "archived", "published", "published", "published", "approved"}[i], "position": i, "aliases": []string{"yes", "12", "where's: it?"},
			"audience": []string{"public", "agents"}[i%2], "collection": []string{"", group.ID}[i%2],
		})
		a := d.do(t, "POST", "", "supervisor", body)
		if i == 0 {
			d.do(t, "PATCH", "/"+a.ID, "supervisor", `{"slug":"plainer"}`)
			d.do(t, "PATCH", "/"+a.ID+"/work", "supervisor", `{"review_after":"2031-02-03"}`)
		}
	}

	first, second := t.TempDir(), t.TempDir()
	report, err := d.Export(t.Context(), first, false, nil)
	require.NoError(t, err)
	assert.Equal(t, 14, report.Articles)
	assert.Equal(t, 1, report.Pictures)
	files := tree(t, first)
	assert.Len(t, files, 16)
	plain := files["uncollected/plainer.md"]
	assert.Contains(t, plain, "[deleting](delete-your-account.md#for-good)")
	assert.Contains(t, plain, "[german](../de/uncollected/delete-your-account.md)")
	assert.Contains(t, plain, "review_after: \"2031-02-03\"")
	assert.Contains(t, plain, "redirect_from:\n  - plain\n")
	assert.Contains(t, files["uncollected/security.md"], "![A key](../media/"+name+")")

	other := newDesk(t)
	imported, err := other.Import(t.Context(), first, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 14, imported.Created)
	assert.Empty(t, imported.Skipped)
	_, err = other.Export(t.Context(), second, false, nil)
	require.NoError(t, err)
	assert.Equal(t, files, tree(t, second))

	unchanged, err := other.Import(t.Context(), second, kb.ImportOptions{Prune: true}, nil)
	require.NoError(t, err)
	assert.Equal(t, [4]int{0, 0, 14, 0}, [4]int{unchanged.Created, unchanged.Updated, unchanged.Unchanged, unchanged.Archived})
	own, err := d.Import(t.Context(), first, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, [3]int{0, 0, 14}, [3]int{own.Created, own.Updated, own.Unchanged}, "a folder that was exported from here is known: %v", own.Skipped)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// With prune the folder is the only source, on both ways.
func TestPrune(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "One", "Text.")
	b := d.article(t, "Two", "Text.")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("# Ours"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.md"), []byte("---\ntitle: By hand\n---\nKept."), 0o600))
	_, err := d.Export(t.Context(), dir, true, nil)
	require.NoError(t, err)
	require.NoError(t, d.Delete(t.Context(), "Ana", b.ID))
	report, err := d.Export(t.Context(), dir, true, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, report.Removed)
	files := tree(t, dir)
	assert.Contains(t, files, "README.md")
	assert.Contains(t, files, "notes.md", "what was not exported is not removed")
	assert.NotContains(t, files, "uncollected/two.md")

	_, err = d.Import(t.Context(), dir, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "uncollected/one.md")))
	pruned, err := d.Import(t.Context(), dir, kb.ImportOptions{Prune: true}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, pruned.Archived)
	assert.Equal(t, kb.StatusArchived, d.do(t, "GET", "/"+a.ID, "agent", "").Status)
	_, err = d.Import(t.Context(), t.TempDir(), kb.ImportOptions{Prune: true}, nil)
	assert.ErrorContains(t, err, "no articles", "an empty folder is a mistake, not an order")
}

// The folder of the setting is imported when it changes, and not otherwise.
func TestSync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "guide.md")
	require.NoError(t, os.WriteFile(file, []byte("---\ntitle: Guide\n---\nFirst words."), 0o600))
	d := newDesk(t, func(c *kb.Config) { c.SyncDir = dir })
	sync := func() kb.SyncState {
		t.Helper()
		require.NoError(t, d.SyncFolder(t.Context()))
		return decode[kb.SyncState](t, d.ask(t, "GET", "/api/v1/kb/sync", "agent", ""))
	}
	assert.Equal(t, 1, sync().Report.Created)
	at := sync().At
	assert.Equal(t, at, sync().At, "nothing has changed")
	require.NoError(t, os.WriteFile(file, []byte("---\ntitle: Guide\n---\nSecond words, longer."), 0o600))
	assert.Equal(t, 1, sync().Report.Updated)
	require.NoError(t, os.RemoveAll(dir))
	require.Error(t, d.SyncFolder(t.Context()))
	st := decode[kb.SyncState](t, d.ask(t, "GET", "/api/v1/kb/sync", "agent", ""))
	assert.NotEmpty(t, st.Trouble)
	assert.NotEmpty(t, d.find(t, "second words"), "a lost folder takes nothing away")
}

// A folder that is followed archives what it has brought itself: neither the
// demo nor what somebody has imported from elsewhere, unless their files were in
// the folder too.
func TestSyncArchivesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	write := func(dir, name, title string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte("---\ntitle: "+title+"\n---\nWords of "+title+"."), 0o600))
		return file
	}
	dir, other := t.TempDir(), t.TempDir()
	d := newDesk(t, func(c *kb.Config) { c.SyncDir = dir })
	require.NoError(t, d.SeedDemo(t.Context()))
	demo, err := d.State(t.Context())
	require.NoError(t, err)
	write(other, "by-hand.md", "By hand")
	write(other, "both.md", "Both")
	_, err = d.Import(t.Context(), other, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	articles := func() int {
		t.Helper()
		require.NoError(t, d.SyncFolder(t.Context()))
		st, err := d.State(t.Context())
		require.NoError(t, err)
		return st.Articles - demo.Articles
	}

	write(dir, "stays.md", "Stays")
	both, goes := write(dir, "both.md", "Both"), write(dir, "goes.md", "Goes")
	assert.Equal(t, 4, articles(), "by hand, both, stays, goes")
	require.NoError(t, os.Remove(both))
	require.NoError(t, os.Remove(goes))
	assert.Equal(t, 2, articles(), "by hand, stays")
	st := decode[kb.SyncState](t, d.ask(t, "GET", "/api/v1/kb/sync", "agent", ""))
	assert.Equal(t, 2, st.Report.Archived)

	require.NoError(t, os.Remove(filepath.Join(other, "both.md")))
	report, err := d.Import(t.Context(), other, kb.ImportOptions{Prune: true}, nil)
	require.NoError(t, err)
	assert.Zero(t, report.Archived, "an import by hand leaves the demo and the folder's alone too")
}
