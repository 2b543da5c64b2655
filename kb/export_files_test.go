package kb_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb"
)

const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// filed is a help centre with a picture, a download and a film.
func filed(t *testing.T) (d *desk, manual kb.File) {
	t.Helper()
	d = newDesk(t)
	png, err := base64.StdEncoding.DecodeString(dot)
	require.NoError(t, err)
	picture, err := d.AddPicture(t.Context(), strings.NewReader(string(png)))
	require.NoError(t, err)
	manual = decode[kb.File](t, d.upload(t, "agent", `Manual "1".pdf`, "%PDF-1.7 hello"))
	film := decode[kb.File](t, d.upload(t, "agent", "tour.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"))
	words := decode[kb.File](t, d.upload(t, "agent", "tour.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nHello"))
	d.article(t, "Manuals", "![A dot]("+picture.URL+")\n\nRead [the manual]("+manual.URL+").", ofKind(kb.KindDownload), func(a *kb.Article) {
		a.Extra.Files = []kb.File{{URL: manual.URL, Note: "for all models"}}
	})
	d.article(t, "Tour", "Watch.", ofKind(kb.KindVideo), func(a *kb.Article) {
		a.Extra.Video = &kb.Video{URL: film.URL, Poster: picture.URL, Captions: map[string]string{"en": words.URL}, Seconds: 2}
	})
	return d, manual
}

// An article with a picture and a download, exported and imported into an empty
// help centre: the same bytes, and readers get them.
func TestExportedFilesComeBack(t *testing.T) {
	t.Parallel()
	d, manual := filed(t)
	first, second := t.TempDir(), t.TempDir()
	report, err := d.Export(t.Context(), first, false, nil)
	require.NoError(t, err)
	assert.Equal(t, [2]int{1, 3}, [2]int{report.Pictures, report.Files})
	files := tree(t, first)
	stored := "files/manual-1-" + manual.SHA256[:16] + ".pdf"
	assert.Equal(t, "%PDF-1.7 hello", files[stored])
	text := files["uncollected/manuals.md"]
	for _, want := range []string{"url: ../" + stored, `name: Manual "1".pdf`, "note: for all models", "[the manual](../" + stored + ")", "![A dot](../media/"} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text+files["uncollected/tour.md"], "/help/")

	other := newDesk(t)
	imported, err := other.Import(t.Context(), first, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, imported.Created, "%v", imported.Skipped)
	page := other.ask(t, "GET", "/help/a/manuals", "", "")
	checkPage(t, page)
	for _, want := range []string{`href="` + manual.URL + `"`, "PDF · 14 bytes · for all models", manual.SHA256, `src="/help/media/`} {
		assert.Contains(t, page.body, want)
	}
	got := other.ask(t, "GET", manual.URL, "", "")
	assert.Equal(t, "%PDF-1.7 hello", got.body)
	assert.Contains(t, got.header.Get("Content-Disposition"), "Manual")
	tour := other.ask(t, "GET", "/help/a/tour", "", "")
	assert.Contains(t, tour.body, `type="video/mp4"`)
	assert.Contains(t, tour.body, `<track kind="captions"`)

	_, err = other.Export(t.Context(), second, false, nil)
	require.NoError(t, err)
	assert.Equal(t, files, tree(t, second))
	again, err := other.Import(t.Context(), first, kb.ImportOptions{Prune: true}, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, again.Unchanged, "%v", again.Skipped)
	own, err := d.Import(t.Context(), first, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, own.Unchanged, "a folder that was exported from here is known: %v", own.Skipped)
}

// Exported files are repaired and pruned as articles are; others stay.
func TestExportKeepsFilesInStep(t *testing.T) {
	t.Parallel()
	d, manual := filed(t)
	dir := t.TempDir()
	_, err := d.Export(t.Context(), dir, true, nil)
	require.NoError(t, err)
	stored := filepath.Join(dir, "files", "manual-1-"+manual.SHA256[:16]+".pdf")
	require.NoError(t, os.WriteFile(stored, []byte("%PDF-1.7 hellO"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "files", "notes.txt"), []byte("ours"), 0o600))
	_, err = d.Export(t.Context(), dir, true, nil)
	require.NoError(t, err)
	assert.Equal(t, "%PDF-1.7 hello", tree(t, dir)["files/manual-1-"+manual.SHA256[:16]+".pdf"])
	for _, a := range decode[struct{ Articles []kb.Draft }](t, d.ask(t, "GET", "/api/v1/articles", "agent", "")).Articles {
		require.NoError(t, d.Delete(t.Context(), "Ana", a.ID))
	}
	report, err := d.Export(t.Context(), dir, true, nil)
	require.NoError(t, err)
	assert.Equal(t, 6, report.Removed, "two articles, a picture and three files")
	assert.Contains(t, tree(t, dir), "files/notes.txt")
}

// A folder of somebody else: files are named by hand, what is too large or not
// there is skipped with a reason, and nothing outside the folder is read.
func TestImportReadsNoFileOutsideTheFolder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *kb.Config) { c.MaxFile = 100 })
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.txt")
	require.NoError(t, os.WriteFile(secret, []byte("a secret"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.md"), []byte("# A secret\n\nText."), 0o600))
	dir := filepath.Join(outside, "help")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "kit"), 0o750))
	for name, body := range map[string]string{"kit/Setup 1.zip": "PK\x03\x04 zip", "kit/big.zip": strings.Repeat("x", 200), "kit/empty.zip": ""} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600))
	}
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "kit", "link.txt")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "kit", "up")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.md"), filepath.Join(dir, "linked.md")))
	write := func(name, file string) {
		t.Helper()
		front := "---\ntitle: " + name + "\nkind: download\nextra:\n  files:\n    - url: " + file + "\n---\nText.\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".md"), []byte(front), 0o600))
	}
	write("fine", "kit/Setup 1.zip")
	bad := map[string]string{
		"traversal": "../secret.txt", "far": "../../../../../../etc/hostname", "absolute": secret, "link": "kit/link.txt", "through": "kit/up/secret.txt",
		"big": "kit/big.zip", "empty": "kit/empty.zip", "gone": "kit/gone.zip", "folder": "kit", "elsewhere": "https://evil.example/x.exe", "scheme": "file://" + secret,
	}
	for name, file := range bad {
		write(name, file)
	}
	report, err := d.Import(t.Context(), dir, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, report.Created)
	assert.Len(t, report.Skipped, len(bad)+1, "%v", report.Skipped)
	page := d.ask(t, "GET", "/help/a/fine", "", "")
	require.Equal(t, 200, page.status)
	assert.Contains(t, page.body, `download="Setup 1.zip"`)
	var stored int
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT count(*) FROM kb.files`).Scan(&stored))
	assert.Equal(t, 1, stored)
}

// Fifty files are the most an article has, in a folder too.
func TestImportCountsFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.zip"), []byte("PK\x03\x04"), 0o600))
	front := "---\ntitle: Many\nkind: download\nextra:\n  files:\n" + strings.Repeat("    - url: x.zip\n", 51) + "---\nText.\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "many.md"), []byte(front), 0o600))
	report, err := d.Import(t.Context(), dir, kb.ImportOptions{}, nil)
	require.NoError(t, err)
	require.Len(t, report.Skipped, 1)
	assert.Contains(t, report.Skipped[0].Reason, "50")
}
