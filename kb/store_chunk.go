package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/markup"
	"parley/internal/pg"
	"parley/kb/analysis"
	"parley/kb/chunk"
	"parley/kb/index"
)

// chunkRow is a passage as it is stored.
type chunkRow struct {
	chunk.Chunk
	context string
	digest  string
}

// chunksOf cuts an article: its head, then its passages.
func chunksOf(a *Article) []chunkRow {
	head := strings.TrimSpace(strings.Join(append([]string{a.Title, a.Summary}, a.Aliases...), "\n"))
	rows := []chunkRow{{Chunk: chunk.Chunk{Path: []string{}, Text: head}, context: head}}
	for _, c := range chunk.Split(a.Markdown) {
		rows = append(rows, chunkRow{Chunk: c, context: c.Context(a.Title)})
	}
	for i := range rows {
		r := &rows[i]
		sum := sha256.Sum256([]byte(r.Anchor + "\x00" + r.Markdown + "\x00" + r.context))
		r.digest = hex.EncodeToString(sum[:12])
	}
	return rows
}

// syncChunks makes the stored passages those of the article. Passages that did
// not change keep their rows, and with them their embeddings.
func syncChunks(ctx context.Context, tx pgx.Tx, a *Article) error {
	var want []chunkRow
	if a.Status == StatusPublished {
		want = chunksOf(a)
	}
	have, err := storedChunks(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for ordinal, r := range want {
		if ids := have[r.digest]; len(ids) > 0 {
			have[r.digest] = ids[1:]
			batch.Queue(`UPDATE kb.chunks SET ordinal = $2 WHERE id = $1 AND ordinal <> $2`, ids[0], ordinal)
			continue
		}
		batch.Queue(`INSERT INTO kb.chunks (article, ordinal, digest, path, anchor, markdown, text, context) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.ID, ordinal, r.digest, r.Path, r.Anchor, r.Markdown, r.Text, r.context)
	}
	for _, ids := range have {
		batch.Queue(`DELETE FROM kb.chunks WHERE id = ANY($1)`, ids)
	}
	batch.Queue(`UPDATE kb.embeddings e SET lang = $2, audience = $3 FROM kb.chunks c
		WHERE c.id = e.chunk AND c.article = $1 AND (e.lang, e.audience) <> ($2, $3)`, a.ID, analysis.Language(a.Locale), a.Audience)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("store an article's passages: %w", err)
	}
	return nil
}

// storedChunks returns the ids of an article's passages by digest.
func storedChunks(ctx context.Context, q pg.Querier, article string) (map[string][]int64, error) {
	rows, err := q.Query(ctx, `SELECT digest, id FROM kb.chunks WHERE article = $1 ORDER BY ordinal`, article)
	if err != nil {
		return nil, fmt.Errorf("load an article's passages: %w", err)
	}
	have := map[string][]int64{}
	var digest string
	var id int64
	if _, err := pgx.ForEachRow(rows, []any{&digest, &id}, func() error {
		have[digest] = append(have[digest], id)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load an article's passages: %w", err)
	}
	return have, nil
}

// indexed loads what the index needs of published articles: of those given, or
// of all for nil.
func indexed(ctx context.Context, q pg.Querier, only []string) ([]index.Article, error) {
	rows, err := q.Query(ctx, `SELECT a.id, a.locale, a.audience, CASE WHEN a.audience = 'segment' THEN a.segments END, a.title, a.summary, a.aliases, c.id, c.ordinal, c.path,
			CASE WHEN c.ordinal > 0 THEN c.text ELSE '' END
		FROM kb.articles a JOIN kb.chunks c ON c.article = a.id
		WHERE a.status = 'published' AND ($1::text[] IS NULL OR a.id = ANY($1)) ORDER BY a.id, c.ordinal`, only)
	if err != nil {
		return nil, fmt.Errorf("load passages for the index: %w", err)
	}
	var out []index.Article
	for rows.Next() {
		var a index.Article
		var c index.Chunk
		var ordinal int
		if err := rows.Scan(&a.ID, &a.Locale, &a.Audience, &a.Segments, &a.Title, &a.Summary, &a.Aliases, &c.ID, &ordinal, &c.Path, &c.Text); err != nil {
			rows.Close()
			return nil, fmt.Errorf("read a passage for the index: %w", err)
		}
		if n := len(out); n == 0 || out[n-1].ID != a.ID {
			out = append(out, a)
		}
		last := &out[len(out)-1]
		if ordinal == 0 {
			last.Head = c.ID
			continue
		}
		last.Chunks = append(last.Chunks, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load passages for the index: %w", err)
	}
	return out, nil
}

// passage is a chunk with what a reader needs of its article.
type passage struct {
	chunk                  int64
	article, slug, locale  string
	title, heading, anchor string
	audience               string
	markdown, text         string
	guide                  bool  // of a troubleshooting guide
	node                   *bool // the heading is one of its nodes; nil before the first heading
}

// glance is the text as a list of results shows it. The head of an article has no
// Markdown, and few passages hold a table.
func (p *passage) glance() string {
	if p.markdown == "" || !strings.Contains(p.text, "|") {
		return p.text
	}
	return markup.Glance(p.markdown)
}

// passagesByID loads passages that the reader may see; what was unpublished
// since the index was made is missing.
func passagesByID(ctx context.Context, q pg.Querier, r Reader, ids []int64) (map[int64]passage, error) {
	rows, err := q.Query(ctx, `SELECT c.id, a.id, a.slug, a.locale, a.title, coalesce(c.path[array_length(c.path, 1)], ''), c.anchor, c.markdown, c.text,
			a.kind = 'troubleshooting', array_length(c.path, 1) = 1, CASE WHEN a.audience = 'public' THEN '' ELSE a.audience END
		FROM kb.chunks c JOIN kb.articles a ON a.id = c.article
		WHERE c.id = ANY($1) AND a.status = 'published' AND kb.readable(a.audience, a.segments, $2, $3)`, ids, r.audience(), r.Segments)
	if err != nil {
		return nil, fmt.Errorf("load passages: %w", err)
	}
	out := make(map[int64]passage, len(ids))
	var p passage
	if _, err := pgx.ForEachRow(rows, []any{&p.chunk, &p.article, &p.slug, &p.locale, &p.title, &p.heading, &p.anchor, &p.markdown, &p.text, &p.guide, &p.node, &p.audience}, func() error {
		out[p.chunk] = p
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load passages: %w", err)
	}
	return out, nil
}
