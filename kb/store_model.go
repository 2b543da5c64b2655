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
	ID      int64
	Context string
	Lang    string
	Agents  bool
}

// missingVectors returns passages that the model has not embedded; none when
// there is no such model any more.
func missingVectors(ctx context.Context, q pg.Querier, model string, limit int) ([]unembedded, error) {
	rows, err := q.Query(ctx, `SELECT c.id, c.context, lower(split_part(a.locale, '-', 1)), a.audience = 'agents'
		FROM kb.chunks c JOIN kb.articles a ON a.id = c.article
		WHERE EXISTS (SELECT FROM kb.models WHERE id = $1)
			AND NOT EXISTS (SELECT FROM kb.embeddings e WHERE e.model = $1 AND e.chunk = c.id)
		ORDER BY c.id LIMIT $2`, model, limit)
	if err != nil {
		return nil, fmt.Errorf("look for passages without a vector: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[unembedded])
	if err != nil {
		return nil, fmt.Errorf("look for passages without a vector: %w", err)
	}
	return out, nil
}

// insertVectors skips passages that are gone by now, and models that are. The
// locks keep what is there from going before the rows are in.
func insertVectors(ctx context.Context, tx pgx.Tx, model string, chunks []unembedded, vectors [][]float32) error {
	ids, langs, agents, halves := make([]int64, len(chunks)), make([]string, len(chunks)), make([]bool, len(chunks)), make([]string, len(chunks))
	for i, c := range chunks {
		ids[i], langs[i], agents[i], halves[i] = c.ID, c.Lang, c.Agents, pgvector.NewHalfVector(vectors[i]).String()
	}
	_, err := tx.Exec(ctx, `WITH held AS MATERIALIZED (SELECT id FROM kb.models WHERE id = $1 FOR KEY SHARE),
			kept AS MATERIALIZED (SELECT id FROM kb.chunks WHERE id = ANY($2) ORDER BY id FOR KEY SHARE)
		INSERT INTO kb.embeddings (model, chunk, lang, agents, vector)
		SELECT held.id, n.chunk, n.lang, n.agents, n.vector::public.halfvec
		FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[]) AS n (chunk, lang, agents, vector)
		JOIN kept ON kept.id = n.chunk CROSS JOIN held
		ON CONFLICT (model, chunk) DO NOTHING`, model, ids, langs, agents, halves)
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
			FROM kb.embeddings e JOIN kb.chunks c ON c.id = e.chunk WHERE e.model = $1 LIMIT 1000)
		SELECT coalesce(avg(nullif(1 - (a.vector <=> b.vector), 'NaN')), 0)::real
		FROM drawn a JOIN drawn b ON b.n = a.n + 1 AND b.article <> a.article`, model).Scan(&mean)
	if err != nil {
		return 0, fmt.Errorf("measure the model: %w", err)
	}
	return mean, nil
}

// vectorQuery asks for the cosines of a question.
type vectorQuery struct {
	model  string
	vector []float32
	lang   string  // "" for all
	agents bool    // also what is for agents only
	leads  []int64 // chunks that are wanted whatever their cosine
	exact  bool    // compare with every vector instead of the index's neighbours
	near   int     // the nearest so many
}

// The nearest by the HNSW index. The filter is on the index's own table, so an
// iterative scan finds enough rows whatever it drops.
const nearbyCosines = `
WITH near AS MATERIALIZED (
	SELECT chunk, vector <=> $2::public.halfvec AS distance FROM kb.embeddings
	WHERE model = $1 AND ($3 = '' OR lang = $3) AND (NOT agents OR $4)
	ORDER BY vector <=> $2::public.halfvec LIMIT $6)
SELECT chunk, 1 - distance FROM near
UNION SELECT chunk, 1 - (vector <=> $2::public.halfvec) FROM kb.embeddings
	WHERE model = $1 AND chunk = ANY($5) AND (NOT agents OR $4)`

// Below some thousand vectors it is as fast, and exact, to compare all.
const exactCosines = `
WITH every AS MATERIALIZED (
	SELECT chunk, vector <=> $2::public.halfvec AS distance FROM kb.embeddings
	WHERE model = $1 AND ($3 = '' OR lang = $3) AND (NOT agents OR $4)),
near AS (SELECT chunk, distance FROM every ORDER BY distance LIMIT $6)
SELECT chunk, 1 - distance FROM near
UNION SELECT chunk, 1 - distance FROM every WHERE chunk = ANY($5)`

// cosines returns the cosines of the nearest passages and of the leads.
// Planned anew each time: what is best depends on the share of the table that
// the filter leaves.
func cosines(ctx context.Context, q pg.Querier, v vectorQuery) (map[int64]float64, error) {
	sql := nearbyCosines
	if v.exact {
		sql = exactCosines
	}
	rows, err := q.Query(ctx, sql, pgx.QueryExecModeExec, v.model, pgvector.NewHalfVector(v.vector).String(), v.lang, v.agents, v.leads, v.near)
	if err != nil {
		return nil, fmt.Errorf("compare vectors: %w", err)
	}
	out := make(map[int64]float64, v.near+len(v.leads))
	var id int64
	var cosine float64
	if _, err := pgx.ForEachRow(rows, []any{&id, &cosine}, func() error {
		if cosine == cosine { // the zero vector has no angle to anything: NaN
			out[id] = cosine
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("compare vectors: %w", err)
	}
	return out, nil
}
