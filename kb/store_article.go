package kb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/markup"
	"parley/internal/pg"
)

const articleColumns = `id, slug, locale, coalesce(collection, '') AS collection, title, summary, markdown, html, html_version, aliases, status,
	audience, position, author, revision, coalesce(source, '') AS source, created_at, updated_at, published_at, kind, extra, segments`

// briefColumns are the same, with the start of the text for a lead and without
// HTML, of the table a.
const briefColumns = `a.id, a.slug, a.locale, coalesce(a.collection, ''), a.title, a.summary, left(a.markdown, 2000), '', a.html_version, a.aliases,
	a.status, a.audience, a.position, a.author, a.revision, '', a.created_at, a.updated_at, a.published_at, a.kind, a.extra, a.segments`

func scanArticle(row pgx.CollectableRow) (Article, error) {
	var a Article
	var version int
	err := row.Scan(&a.ID, &a.Slug, &a.Locale, &a.Collection, &a.Title, &a.Summary, &a.Markdown, &a.HTML, &version, &a.Aliases, &a.Status,
		&a.Audience, &a.Position, &a.Author, &a.Revision, &a.Source, &a.CreatedAt, &a.UpdatedAt, &a.PublishedAt, &a.Kind, &a.Extra, &a.Segments)
	if a.HTML != "" && version != markup.Version { // stored by other rules
		a.HTML = markup.RenderArticle(a.Markdown)
	}
	return a, err
}

func articles(ctx context.Context, q pg.Querier, what, sql string, args ...any) ([]Article, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, scanArticle)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// articleForUpdate loads an article and keeps others from changing it until
// the transaction ends.
func articleForUpdate(ctx context.Context, tx pgx.Tx, id string) (Article, error) {
	return oneArticle(ctx, tx, `SELECT `+articleColumns+` FROM kb.articles WHERE id = $1 FOR UPDATE`, id)
}

func articleByID(ctx context.Context, q pg.Querier, id string) (Article, error) {
	return oneArticle(ctx, q, `SELECT `+articleColumns+` FROM kb.articles WHERE id = $1`, id)
}

func oneArticle(ctx context.Context, q pg.Querier, sql string, args ...any) (Article, error) {
	list, err := articles(ctx, q, "load an article", sql, args...)
	if err != nil {
		return Article{}, err
	}
	if len(list) == 0 {
		return Article{}, errs.New(errs.NotFound, "there is no such article")
	}
	return list[0], nil
}

// insertArticle and updateArticle also render the text.
func insertArticle(ctx context.Context, tx pgx.Tx, a *Article, digest string) error {
	a.HTML = markup.RenderArticle(a.Markdown)
	_, err := tx.Exec(ctx, `INSERT INTO kb.articles (id, slug, locale, collection, title, summary, markdown, html, html_version, aliases, status,
			audience, position, author, revision, source, source_digest, created_at, updated_at, published_at, kind, extra, segments)
		VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, nullif($16, ''), nullif($17, ''), $18, $19, $20, $21, $22, $23)`,
		a.ID, a.Slug, a.Locale, a.Collection, a.Title, a.Summary, a.Markdown, a.HTML, markup.Version, a.Aliases, a.Status,
		a.Audience, a.Position, a.Author, a.Revision, a.Source, digest, a.CreatedAt, a.UpdatedAt, a.PublishedAt, a.Kind, a.Extra, a.Segments)
	return wrapArticle("store a new article", err)
}

// updateArticle keeps the digest of the last import when digest is empty.
func updateArticle(ctx context.Context, tx pgx.Tx, a *Article, digest string) error {
	a.HTML = markup.RenderArticle(a.Markdown)
	_, err := tx.Exec(ctx, `UPDATE kb.articles SET slug = $2, locale = $3, collection = nullif($4, ''), title = $5, summary = $6, markdown = $7,
			html = $8, html_version = $9, aliases = $10, status = $11, audience = $12, position = $13, author = $14, revision = $15,
			source_digest = coalesce(nullif($16, ''), source_digest), updated_at = $17, published_at = $18, kind = $19, extra = $20, segments = $21
		WHERE id = $1`,
		a.ID, a.Slug, a.Locale, a.Collection, a.Title, a.Summary, a.Markdown, a.HTML, markup.Version, a.Aliases, a.Status,
		a.Audience, a.Position, a.Author, a.Revision, digest, a.UpdatedAt, a.PublishedAt, a.Kind, a.Extra, a.Segments)
	return wrapArticle("store an article", err)
}

func wrapArticle(what string, err error) error {
	if pg.IsUnique(err, "articles_slug_locale_key") {
		return errs.Wrap(err, errs.Conflict, "another article has this address already; choose another slug")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// freeSlug returns the slug, or the slug with the lowest number that makes it
// free in the locale.
func freeSlug(ctx context.Context, q pg.Querier, slug, locale string) (string, error) {
	list, err := rowsOf[string](ctx, q, "look for a free slug",
		`SELECT slug FROM kb.articles WHERE locale = $2 AND (slug = $1 OR slug LIKE $3 || '-%')`, slug, locale, escapeLike(slug))
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, s := range list {
		taken[s] = true
	}
	free := slug
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s-%d", slug, n)
	}
	return free, nil
}

// addRedirect makes a former slug lead to the article, and takes the article's
// own slug out of the list.
func addRedirect(ctx context.Context, tx pgx.Tx, former string, a *Article) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.redirects (slug, locale, article) SELECT $1, $2, $3
		WHERE NOT EXISTS (SELECT FROM kb.articles WHERE slug = $1 AND locale = $2)
		ON CONFLICT (slug, locale) DO UPDATE SET article = excluded.article`, former, a.Locale, a.ID)
	if err != nil {
		return fmt.Errorf("keep a former address: %w", err)
	}
	return nil
}

func dropRedirect(ctx context.Context, tx pgx.Tx, slug, locale string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM kb.redirects WHERE slug = $1 AND locale = $2`, slug, locale); err != nil {
		return fmt.Errorf("drop a redirect: %w", err)
	}
	return nil
}

func deleteArticle(ctx context.Context, tx pgx.Tx, id string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM kb.articles WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete an article: %w", err)
	}
	return nil
}

// nextGeneration tells every process that its index is old, and which articles
// in it.
func nextGeneration(ctx context.Context, tx pgx.Tx, articles ...string) error {
	_, err := tx.Exec(ctx, `WITH next AS (UPDATE kb.state SET generation = generation + 1 RETURNING generation)
		INSERT INTO kb.changes (generation, article) SELECT next.generation, a FROM next, unnest($1::text[]) AS a`, articles)
	if err != nil {
		return fmt.Errorf("count a change: %w", err)
	}
	return nil
}
