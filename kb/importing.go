package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/kb/source"
)

// ImportOptions of an import.
type ImportOptions struct {
	Locale    string // of files that do not say; "" is the help centre's own
	Author    string // "" is import
	Overwrite bool   // also articles that people have edited since the last import
	Prune     bool   // archive articles of the same origin whose files are no more: the folder is their only source
	origin    string // "" is originImport
}

// Origins of articles: who has brought them in, or has seen their files last.
const (
	originImport = "import"
	originSync   = "sync" // the folder of the setting
	originDemo   = "demo"
)

// ImportReport says what an import did.
type ImportReport struct {
	Created      int           `json:"created"`
	Updated      int           `json:"updated"`
	Unchanged    int           `json:"unchanged"`
	Archived     int           `json:"archived"` // their files are no more
	Skipped      []source.Skip `json:"skipped"`
	LinksKept    int           `json:"links_kept"`    // links that lead to another imported article
	LinksDropped int           `json:"links_dropped"` // relative links to nothing: only their words stay
}

// Import stores the Markdown files of a folder as articles. A second import of
// the same folder changes what has changed in it: files are known by their
// paths. Articles that people have edited since are left alone and reported.
// progress may be nil; it is called after each file.
func (s *Service) Import(ctx context.Context, dir string, opt ImportOptions, progress func(done, total int, path string)) (ImportReport, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return ImportReport{}, errs.Wrap(err, errs.Invalid, "%s cannot be read", dir)
	}
	if !info.IsDir() {
		return ImportReport{}, errs.New(errs.Invalid, "%s is not a folder", dir)
	}
	root, err := os.OpenRoot(dir) // no link in the folder leads out of it
	if err != nil {
		return ImportReport{}, errs.Wrap(err, errs.Invalid, "%s cannot be opened", dir)
	}
	defer func() { _ = root.Close() }() // it was only read
	return s.ImportFS(ctx, root.FS(), opt, progress)
}

// ImportFS is Import from a file system.
func (s *Service) ImportFS(ctx context.Context, dir fs.FS, opt ImportOptions, progress func(done, total int, path string)) (ImportReport, error) {
	if progress == nil {
		progress = func(int, int, string) {}
	}
	opt.Locale, opt.Author, opt.origin = orElse(opt.Locale, s.cfg.Locale), orElse(opt.Author, "import"), orElse(opt.origin, originImport)
	images := newImageStore(dir)
	files := s.newFolderFiles(dir, images, opt.Author)
	slugs, err := s.slugs(ctx)
	if err != nil {
		return ImportReport{}, pg.Map(err)
	}
	folder, err := source.Read(dir, source.Options{
		Locale: opt.Locale,
		Slug:   slugs.of,
		URL:    func(a *source.Article) string { return articleURL(a.Slug, a.Locale, s.cfg.Locale) },
		Image:  images.address,
		File:   files.linked,
	})
	if err != nil {
		return ImportReport{}, errs.Wrap(err, errs.Invalid, "the folder cannot be imported: %s", err)
	}
	report := ImportReport{Skipped: folder.Skipped, LinksKept: folder.LinksKept, LinksDropped: folder.LinksDropped}
	if err := s.storeImages(ctx, images, folder.Articles); err != nil {
		return report, err
	}
	groups, err := s.importCollections(ctx, folder)
	if err != nil {
		return report, err
	}
	for i := range folder.Articles {
		from := &folder.Articles[i]
		outcome, err := s.importArticle(ctx, from, groups[from.Path], files, opt)
		switch {
		case errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.TooLarge):
			report.Skipped = append(report.Skipped, source.Skip{Path: from.Path, Reason: errs.Public(err).Message})
		case err != nil:
			return report, fmt.Errorf("import %s: %w", from.Path, err)
		case outcome == importCreated:
			report.Created++
		case outcome == importUpdated:
			report.Updated++
		default:
			report.Unchanged++
		}
		progress(i+1, len(folder.Articles), from.Path)
	}
	if opt.Prune {
		if err := s.prune(ctx, folder, opt, &report); err != nil {
			return report, err
		}
	}
	if report.Skipped == nil {
		report.Skipped = []source.Skip{}
	}
	return report, nil
}

type importOutcome int

const (
	importUnchanged importOutcome = iota
	importCreated
	importUpdated
)

// imported is the article that a file stands for.
func (f *folderFiles) imported(ctx context.Context, from *source.Article, collection string, opt ImportOptions) (Article, error) {
	a := Article{
		Slug: from.Slug, Locale: from.Locale, Collection: collection, Title: markup.Cut(from.Title, maxTitle), Summary: markup.Cut(from.Summary, maxSummary),
		Markdown: from.Markdown, Aliases: from.Aliases[:min(len(from.Aliases), maxAliases)], Status: from.Status, Audience: AudiencePublic,
		Position: from.Order, Author: opt.Author, Source: from.Path,
	}
	if from.Agents {
		a.Audience = AudienceAgents
	}
	a.Audience, a.Kind, a.Segments = orElse(from.Audience, a.Audience), from.Kind, from.Segments
	var err error
	if a.Extra, err = extraOf(from.Extra); err != nil {
		return a, err
	}
	if err := f.bring(ctx, from, &a.Extra); err != nil {
		return a, err
	}
	return a, a.normalise(opt.Locale)
}

func (s *Service) importArticle(ctx context.Context, from *source.Article, collection string, files *folderFiles, opt ImportOptions) (importOutcome, error) {
	a, err := files.imported(ctx, from, collection, opt)
	if err != nil {
		return importUnchanged, err
	}
	outcome := importUnchanged
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		before, stored, err := s.articleOf(ctx, tx, from)
		if errs.Is(err, errs.NotFound) {
			outcome = importCreated
			return s.importNew(ctx, tx, a, from, opt)
		}
		if err != nil {
			return err
		}
		outcome, err = s.importAgain(ctx, tx, before, a, stored, from, opt)
		return err
	})
	if err != nil {
		return importUnchanged, pg.Map(err)
	}
	if outcome != importUnchanged {
		wake(s.changed)
		wake(s.vectors)
	}
	return outcome, nil
}

// importAgain stores what has changed in the file of an article. stored is what
// the last import of it said.
func (s *Service) importAgain(ctx context.Context, tx pgx.Tx, before, a Article, stored string, from *source.Article, opt ImportOptions) (importOutcome, error) {
	digest := a.digest()
	renamed := from.Own && before.Slug != a.Slug
	own := func() error { return adopt(ctx, tx, before.ID, mark{from.Path, digest, opt.origin}) }
	if stored == digest && !renamed {
		return importUnchanged, own()
	}
	same := before
	if err := same.normalise(opt.Locale); err == nil && same.digest() == digest && !renamed { // the same by hand, or exported from here
		return importUnchanged, own()
	}
	if before.digest() != stored && !opt.Overwrite {
		return importUnchanged, errs.New(errs.Conflict, "it was edited here since the last import; import with overwrite to replace it")
	}
	a.ID, a.CreatedAt, a.PublishedAt, a.Revision = before.ID, before.CreatedAt, before.PublishedAt, before.Revision
	if !from.Own {
		a.Slug = before.Slug
	}
	if err := s.update(ctx, tx, &before, &a, digest); err != nil {
		return importUnchanged, err
	}
	if err := own(); err != nil {
		return importUnchanged, err
	}
	return importUpdated, importWork(ctx, tx, a.ID, from)
}

// articleOf is the article that a file was imported as. An exported file also
// knows one that was written here, by its address.
func (s *Service) articleOf(ctx context.Context, tx pgx.Tx, from *source.Article) (Article, string, error) {
	a, digest, err := articleBySource(ctx, tx, `source = $1`, from.Path)
	if !errs.Is(err, errs.NotFound) || !from.Own {
		return a, digest, err
	}
	return articleBySource(ctx, tx, `slug = $1 AND locale = $2`, from.Slug, from.Locale)
}

// mark is what an import notes of an article's file.
type mark struct{ path, digest, origin string }

// adopt makes the file an article's source.
func adopt(ctx context.Context, tx pgx.Tx, id string, m mark) error {
	_, err := tx.Exec(ctx, `UPDATE kb.articles SET source = $2, source_digest = $3, origin = $4
		WHERE id = $1 AND (source, source_digest, origin) IS DISTINCT FROM ($2, $3, $4)`, id, m.path, m.digest, m.origin)
	if err != nil {
		return fmt.Errorf("note an article's file: %w", err)
	}
	return nil
}

// importWork stores what a file says for authors alone.
func importWork(ctx context.Context, tx pgx.Tx, id string, from *source.Article) error {
	if from.ReviewAfter == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, from.ReviewAfter); err != nil {
		return errs.New(errs.Invalid, "review_after must be a day such as 2026-01-31")
	}
	_, err := tx.Exec(ctx, `INSERT INTO kb.work (article, review_after) VALUES ($1, $2::text::date)
		ON CONFLICT (article) DO UPDATE SET review_after = excluded.review_after`, id, from.ReviewAfter)
	if err != nil {
		return fmt.Errorf("store when to read an article again: %w", err)
	}
	return nil
}

// prune archives articles of the import's origin whose files are no more. Those
// that people have edited since are left alone and reported.
func (s *Service) prune(ctx context.Context, folder *source.Folder, opt ImportOptions, report *ImportReport) error {
	if len(folder.Articles) == 0 {
		return errs.New(errs.Invalid, "the folder holds no articles, so nothing was archived: is it the right one?")
	}
	paths := make([]string, 0, len(folder.Articles)+len(folder.Skipped))
	for i := range folder.Articles {
		paths = append(paths, folder.Articles[i].Path)
	}
	for _, skip := range folder.Skipped { // a file that cannot be read is there
		paths = append(paths, skip.Path)
	}
	gone, err := rowsOf[string](ctx, s.db, "list articles without files",
		`SELECT source FROM kb.articles WHERE source <> ALL($1) AND origin = $2 AND status <> 'archived' ORDER BY source`, paths, opt.origin)
	if err != nil {
		return pg.Map(err)
	}
	for _, file := range gone {
		err := s.write(ctx, func(tx pgx.Tx) error {
			before, stored, err := articleBySource(ctx, tx, `source = $1`, file)
			if err != nil {
				return err
			}
			if before.digest() != stored && !opt.Overwrite {
				return errs.New(errs.Conflict, "its file is gone, and it was edited here since; import with overwrite to archive it")
			}
			a := before
			a.Status, a.Author = StatusArchived, opt.Author
			return s.update(ctx, tx, &before, &a, a.digest())
		})
		switch {
		case errs.Is(err, errs.Conflict):
			report.Skipped = append(report.Skipped, source.Skip{Path: file, Reason: errs.Public(err).Message})
		case err != nil:
			return fmt.Errorf("archive %s: %w", file, err)
		default:
			report.Archived++
		}
	}
	return nil
}

func (s *Service) importNew(ctx context.Context, tx pgx.Tx, a Article, from *source.Article, opt ImportOptions) error {
	digest := a.digest()
	a.ID = ids.New()
	if err := s.insert(ctx, tx, &a, digest); err != nil {
		return err
	}
	if err := adopt(ctx, tx, a.ID, mark{from.Path, digest, opt.origin}); err != nil {
		return err
	}
	for _, f := range from.Former {
		if err := addRedirect(ctx, tx, f, &a); err != nil {
			return err
		}
	}
	return importWork(ctx, tx, a.ID, from)
}

// slugTable knows which slugs are taken, and by which file.
type slugTable struct {
	bySource map[string]string
	taken    map[[2]string]bool // locale, slug
}

func (s *Service) slugs(ctx context.Context) (slugTable, error) {
	t := slugTable{bySource: map[string]string{}, taken: map[[2]string]bool{}}
	rows, err := s.db.Query(ctx, `SELECT slug, locale, coalesce(source, '') FROM kb.articles`)
	if err != nil {
		return t, fmt.Errorf("load slugs: %w", err)
	}
	var slug, locale, source string
	if _, err := pgx.ForEachRow(rows, []any{&slug, &locale, &source}, func() error {
		t.bySource[source] = slug
		t.taken[[2]string{locale, slug}] = true
		return nil
	}); err != nil {
		return t, fmt.Errorf("load slugs: %w", err)
	}
	return t, nil
}

// of returns the slug under which a file is stored, or will be. It is asked
// once for a file, before links are written.
func (t slugTable) of(a *source.Article) string {
	if a.Own {
		return a.Slug
	}
	if slug := t.bySource[a.Path]; slug != "" {
		return slug
	}
	slug := a.Slug
	for n := 2; t.taken[[2]string{a.Locale, slug}]; n++ {
		slug = fmt.Sprintf("%s-%d", a.Slug, n)
	}
	t.taken[[2]string{a.Locale, slug}] = true
	return slug
}

// digest identifies what an import stores of an article: all that a file says.
// The slug is not part of it; it stays what it was at first.
func (a *Article) digest() string {
	status := a.Status
	if status == StatusInProgress {
		status = "draft" // as in digests that were stored before there were reviews
	}
	said := []any{a.Locale, a.Collection, a.Title, a.Summary, a.Markdown, a.Aliases, status, a.Audience, a.Position}
	if a.Kind != KindArticle || len(a.Segments) > 0 { // what was imported before there were kinds keeps its digest
		said = append(said, a.Kind, a.Extra.written(), a.Segments)
	}
	body, err := json.Marshal(said)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

func articleBySource(ctx context.Context, tx pgx.Tx, where string, args ...any) (Article, string, error) {
	a, err := oneArticle(ctx, tx, `SELECT `+articleColumns+` FROM kb.articles WHERE `+where+` FOR UPDATE`, args...)
	if err != nil {
		return a, "", err
	}
	var digest string
	if err := tx.QueryRow(ctx, `SELECT coalesce(source_digest, '') FROM kb.articles WHERE id = $1`, a.ID).Scan(&digest); err != nil {
		return a, "", fmt.Errorf("read what the last import stored: %w", err)
	}
	return a, digest, nil
}
