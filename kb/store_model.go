package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"parley/internal/errs"
	"parley/internal/pg"
)

// model is a set of embeddings: an embedder and what it has learned.
type model struct {
	ID     string
	Name   string
	State  []byte
	Chunks int     // it learned from so many
	Mean   float32 // cosine of two texts that have nothing to do with each other
	Active bool    // searches use it
}

func models(ctx context.Context, q pg.Querier) ([]model, error) {
	rows, err := q.Query(ctx, `SELECT id, name, state, chunks, mean, active FROM kb.models ORDER BY created_at DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("list embedding models: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[model])
	if err != nil {
		return nil, fmt.Errorf("list embedding models: %w", err)
	}
	return out, nil
}

func insertModel(ctx context.Context, q pg.Querier, m model, at time.Time) error {
	_, err := q.Exec(ctx, `INSERT INTO kb.models (id, name, state, chunks, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
		m.ID, m.Name, m.State, m.Chunks, at)
	if err != nil {
		return fmt.Errorf("store an embedding model: %w", err)
	}
	return nil
}

// noteTrouble keeps why passages are not embedded; nil says that they are.
func noteTrouble(ctx context.Context, q pg.Querier, cause error) error {
	text := ""
	if cause != nil {
		text = errs.Public(cause).Message
	}
	if _, err := q.Exec(ctx, `UPDATE kb.state SET trouble = $1 WHERE trouble <> $1`, text); err != nil {
		return fmt.Errorf("note the state of embedding: %w", err)
	}
	return nil
}

// activate makes searches use the model and drops all others with their
// vectors. It reports false when another process has dropped this one.
func activate(ctx context.Context, tx pgx.Tx, id string, mean float32) (bool, error) {
	there, err := rowsOf[string](ctx, tx, "switch the embedding model", `SELECT id FROM kb.models WHERE id = $1 FOR UPDATE`, id)
	if err != nil || len(there) == 0 {
		return false, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM kb.models WHERE id <> $1`, id); err != nil {
		return false, fmt.Errorf("drop old embedding models: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE kb.models SET active = true, mean = $2 WHERE id = $1`, id, mean); err != nil {
		return false, fmt.Errorf("switch the embedding model: %w", err)
	}
	return true, nil
}

// unembedded is a passage without a vector.
type unembedded struct {
	ID       int64
	Context  string
	Lang     string
	Audience string
}

// missingVectors returns passages that the model has not embedded, whose ids
// are above after; none when there is no such model any more.
func missingVectors(ctx context.Context, q pg.Querier, model string, after int64, limit int) ([]unembedded, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.context, lower(split_part(a.locale, '-', 1)), a.audience
		FROM kb.chunks c JOIN kb.articles a ON a.id = c.article
		WHERE EXISTS (SELECT FROM kb.models WHERE id = $1) AND c.id > $2
			AND NOT EXISTS (SELECT FROM kb.embeddings e WHERE e.model = $1 AND e.chunk = c.id)
		ORDER BY c.id LIMIT $3`, model, after, limit)
	if err != nil {
		return nil, fmt.Errorf("look for passages without a vector: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[unembedded])
	if err != nil {
		return nil, fmt.Errorf("look for passages without a vector: %w", err)
	}
	return out, nil
}

// insertVectors stores the vectors of passages, of each one in order. It skips
// passages that are gone by now, and models that are. The locks keep what is
// there from going before the rows are in.
func insertVectors(ctx context.Context, tx pgx.Tx, model string, chunks []unembedded, vectors [][][]float32) error {
	var ids []int64
	var parts []int16
	var langs, audiences, halves []string
	for i, c := range chunks {
		for part, v := range vectors[i] {
			ids, parts = append(ids, c.ID), append(parts, int16(part))
			langs, audiences, halves = append(langs, c.Lang), append(audiences, c.Audience), append(halves, pgvector.NewHalfVector(v).String())
		}
	}
	_, err := tx.Exec(ctx, `WITH held AS MATERIALIZED (SELECT id FROM kb.models WHERE id = $1 FOR KEY SHARE),
			kept AS MATERIALIZED (SELECT id FROM kb.chunks WHERE id = ANY($2) ORDER BY id FOR KEY SHARE)
		INSERT INTO kb.embeddings (model, chunk, part, lang, audience, vector)
		SELECT held.id, n.chunk, n.part, n.lang, n.audience, n.vector::public.halfvec
		FROM unnest($2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::text[]) AS n (chunk, part, lang, audience, vector)
		JOIN kept ON kept.id = n.chunk CROSS JOIN held
		ON CONFLICT (model, chunk, part) DO NOTHING`, model, ids, parts, langs, audiences, halves)
	if err != nil {
		return fmt.Errorf("store vectors: %w", err)
	}
	return nil
}

// contexts returns texts to learn from, at most limit.
func contexts(ctx context.Context, q pg.Querier, limit int) ([]string, error) {
	return rowsOf[string](ctx, q, "load texts to learn from", `SELECT context FROM kb.chunks ORDER BY id LIMIT $1`, limit)
}

func countChunks(ctx context.Context, q pg.Querier) (n int, err error) {
	if err := q.QueryRow(ctx, `SELECT count(*) FROM kb.chunks`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count passages: %w", err)
	}
	return n, nil
}

// meanCosine is the mean cosine of pairs of passages of different articles.
func meanCosine(ctx context.Context, q pg.Querier, model string) (mean float32, err error) {
	err = q.QueryRow(ctx, `WITH drawn AS MATERIALIZED (
			SELECT e.vector, c.article, row_number() OVER (ORDER BY md5(e.chunk::text)) AS n
			FROM kb.embeddings e JOIN kb.chunks c ON c.id = e.chunk WHERE e.model = $1 AND e.part = 0 LIMIT 1000)
		SELECT coalesce(avg(nullif(1 - (a.vector <=> b.vector), 'NaN')), 0)::real
		FROM drawn a JOIN drawn b ON b.n = a.n + 1 AND b.article <> a.article`, model).Scan(&mean)
	if err != nil {
		return 0, fmt.Errorf("measure the model: %w", err)
	}
	return mean, nil
}

// countVectors counts a model's vectors, up to a number that is enough.
func countVectors(ctx context.Context, q pg.Querier, model string, enough int) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM kb.embeddings WHERE model = $1 LIMIT $2) e`, model, enough).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count vectors: %w", err)
	}
	return n, nil
}
