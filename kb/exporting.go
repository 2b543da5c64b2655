package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
	"parley/kb/source"
)

// ExportReport says what an export has written.
type ExportReport struct {
	Articles    int `json:"articles"`
	Collections int `json:"collections"`
	Pictures    int `json:"pictures"`
	Files       int `json:"files"`   // to download, videos and captions
	Removed     int `json:"removed"` // files of articles that are no more
}

// Folder names of an export.
const (
	mediaFolder = "media"
	looseFolder = "uncollected" // articles without a collection
)

// Export writes every article with its live text into a folder: a file for each,
// by language and collection, the collections, and the pictures and files that
// they show. The same articles give the same bytes, and [Service.Import] of the folder into
// an empty help centre, exported again, gives them too. Staged versions, votes
// and revisions stay behind. With prune, exported files of articles that are no
// more are removed; other files of the folder are never touched.
func (s *Service) Export(ctx context.Context, dir string, prune bool, progress func(done, total int, path string)) (ExportReport, error) {
	if progress == nil {
		progress = func(int, int, string) {}
	}
	var report ExportReport
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return report, errs.Wrap(err, errs.Invalid, "%s cannot be made", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return report, errs.Wrap(err, errs.Invalid, "%s cannot be opened", dir)
	}
	defer func() { _ = root.Close() }()
	x := &exporter{service: s, root: root, written: map[string]bool{}, pictures: map[string]string{}, files: map[string]string{}}
	if err := x.prepare(ctx); err != nil {
		return report, err
	}
	for i := range x.list {
		if err := x.article(ctx, &x.list[i]); err != nil {
			return report, err
		}
		progress(i+1, len(x.list), x.paths[x.list[i].ID])
	}
	groups, err := source.Groups(x.groups)
	if err != nil {
		return report, err
	}
	if err := x.put(source.CollectionsFile, groups); err != nil {
		return report, err
	}
	report = ExportReport{Articles: len(x.list), Collections: len(x.groups), Pictures: len(x.pictures), Files: x.countFiles()}
	if prune {
		report.Removed, err = x.prune()
	}
	return report, err
}

func (x *exporter) countFiles() int {
	n := 0
	for _, at := range x.files {
		if at != "" {
			n++
		}
	}
	return n
}

type exporter struct {
	service  *Service
	root     *os.Root
	list     []Draft
	former   map[string][]string // article → slugs
	groups   []source.Group
	slugs    map[string]string // collection → slug
	paths    map[string]string // article → path of its file
	byURL    map[string]string // address → path of its file
	pictures map[string]string // name → path, "" when it is not there any more
	known    map[string]File   // what was uploaded, by id
	files    map[string]string // path → the same, "" when it is not there any more
	written  map[string]bool
}

// prepare loads everything of one state of the database.
func (x *exporter) prepare(ctx context.Context) error {
	s := x.service
	return pg.Map(pgx.BeginTxFunc(ctx, s.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		list, err := articles(ctx, tx, "load articles", `SELECT `+articleColumns+` FROM kb.articles ORDER BY locale, slug`)
		if err != nil {
			return err
		}
		if x.list, err = completeAll(ctx, tx, list); err != nil {
			return err
		}
		groups, err := collections(ctx, tx)
		if err != nil {
			return err
		}
		x.slugs, x.groups = map[string]string{"": ""}, []source.Group{}
		for _, g := range groups {
			x.slugs[g.ID] = g.Slug
			x.groups = append(x.groups, source.Group{Slug: g.Slug, Position: g.Position, Titles: g.Titles})
		}
		x.paths, x.byURL = map[string]string{}, map[string]string{}
		for _, a := range x.list {
			name := x.pathOf(&a.Article)
			x.paths[a.ID], x.byURL[articleURL(a.Slug, a.Locale, s.cfg.Locale)] = name, name
		}
		if err := x.loadFiles(ctx, tx); err != nil {
			return err
		}
		return x.loadFormer(ctx, tx)
	}))
}

func (x *exporter) loadFormer(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT article, slug FROM kb.redirects ORDER BY article, slug`)
	if err != nil {
		return fmt.Errorf("load former addresses: %w", err)
	}
	x.former = map[string][]string{}
	var article, slug string
	if _, err := pgx.ForEachRow(rows, []any{&article, &slug}, func() error {
		x.former[article] = append(x.former[article], slug)
		return nil
	}); err != nil {
		return fmt.Errorf("load former addresses: %w", err)
	}
	return nil
}

// pathOf is where an article's file lies.
func (x *exporter) pathOf(a *Article) string {
	dir := orElse(x.slugs[a.Collection], looseFolder)
	if a.Locale != x.service.cfg.Locale {
		dir = path.Join(a.Locale, dir)
	}
	return path.Join(dir, fileName(a.Slug)+".md")
}

const maxFileName = 200 // bytes; most file systems take 255

// fileName is the slug, where a file may be called so.
func fileName(slug string) string {
	switch {
	case slug == "404" || slug == "500":
		return slug + "_" // otherwise taken for the page of an error
	case len(slug) <= maxFileName:
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	return strings.ToValidUTF8(slug[:maxFileName-20], "") + "_" + hex.EncodeToString(sum[:4])
}

func (x *exporter) article(ctx context.Context, d *Draft) error {
	name := x.paths[d.ID]
	text, err := x.localised(ctx, d.Markdown, name)
	if err != nil {
		return err
	}
	extra, err := x.localExtra(ctx, d.Extra, name)
	if err != nil {
		return err
	}
	file, err := source.File(source.Front{
		Kind: kindToWrite(d.Kind), Extra: extra, Segments: d.Segments,
		Title: d.Title, Slug: d.Slug, Locale: d.Locale, Collection: x.slugs[d.Collection], Order: d.Position, Summary: d.Summary,
		Aliases: d.Aliases, Audience: d.Audience, Status: d.Status, ReviewAfter: d.Work.ReviewAfter, Former: x.former[d.ID],
	}, text)
	if err != nil {
		return fmt.Errorf("write article %s: %w", d.ID, err)
	}
	return x.put(name, file)
}

// localised points links at files and pictures of the folder, so that it reads
// well where it is kept.
func (x *exporter) localised(ctx context.Context, text, from string) (string, error) {
	var failed error
	text = source.MapDests(text, func(dest string, picture bool) string {
		if name, ok := strings.CutPrefix(dest, imagePath); ok && picture && failed == nil {
			there, err := x.picture(ctx, name)
			if failed = err; there {
				return relative(from, path.Join(mediaFolder, name))
			}
			return dest
		}
		if fileID(dest) != "" && failed == nil {
			at, err := x.file(ctx, dest)
			if failed = err; at != "" {
				return relative(from, at)
			}
			return dest
		}
		address, fragment, marked := strings.Cut(dest, "#")
		to, known := x.byURL[address]
		if !known || (marked && fragment == "") {
			return dest
		}
		if marked {
			fragment = "#" + fragment
		}
		return relative(from, to) + fragment
	})
	return text, failed
}

func relative(from, to string) string {
	rel, err := filepath.Rel(path.Dir(from), to)
	if err != nil {
		panic(err) // both are relative and clean
	}
	return filepath.ToSlash(rel)
}

// picture writes a picture once; it reports whether it is there.
func (x *exporter) picture(ctx context.Context, name string) (bool, error) {
	if at, known := x.pictures[name]; known {
		return at != "", nil
	}
	id, ext, _ := strings.Cut(name, ".")
	if len(id) != 32 || strings.Trim(id+ext, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return false, nil
	}
	object, _, err := x.service.bus.GetObject(ctx, imagePrefix+id)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	body, err := io.ReadAll(object)
	if closeErr := object.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return false, fmt.Errorf("read picture %s: %w", id, err)
	}
	x.pictures[name] = path.Join(mediaFolder, name)
	return true, x.put(x.pictures[name], body)
}

// put writes a file, unless it is as it should be already: its time says when
// it last changed.
func (x *exporter) put(name string, body []byte) error {
	x.written[name] = true
	file := filepath.FromSlash(name)
	if old, err := x.root.ReadFile(file); err == nil && string(old) == string(body) {
		return nil
	}
	if err := x.root.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return errs.Wrap(err, errs.Invalid, "the folder of %s cannot be made", name)
	}
	if err := x.root.WriteFile(file, body, 0o644); err != nil {
		return errs.Wrap(err, errs.Invalid, "%s cannot be written", name)
	}
	return nil
}

// prune removes exported files that this export did not write.
func (x *exporter) prune() (int, error) {
	var gone []string
	err := fs.WalkDir(x.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || x.written[name]:
			return nil
		case path.Dir(name) == mediaFolder && len(strings.TrimSuffix(entry.Name(), path.Ext(name))) == 32:
			gone = append(gone, name)
		case path.Dir(name) == fileFolder && exportedFile.MatchString(entry.Name()):
			gone = append(gone, name)
		case path.Ext(name) == ".md":
			body, err := x.root.ReadFile(filepath.FromSlash(name))
			if err != nil {
				return err
			}
			if source.IsOwn(body) {
				gone = append(gone, name)
			}
		}
		return nil
	})
	if err != nil {
		return 0, errs.Wrap(err, errs.Invalid, "the folder cannot be read")
	}
	slices.Sort(gone)
	for i, name := range gone {
		if err := x.root.Remove(filepath.FromSlash(name)); err != nil {
			return i, errs.Wrap(err, errs.Invalid, "%s cannot be removed", name)
		}
	}
	return len(gone), nil
}
