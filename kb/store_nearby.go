package kb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"parley/internal/pg"
)

// vectorQuery asks for the cosines of a question.
type vectorQuery struct {
	model     string
	vector    []float32
	lang      string   // "" for all
	audiences []string // whose articles the reader may see
	leads     []int64  // chunks that are wanted whatever their cosine
	exact     bool     // compare with every vector instead of the index's neighbours
	near      int      // the nearest so many
}

// The nearest by the HNSW index. The filter is on the index's own table, so an
// iterative scan finds enough rows whatever it drops.
const nearbyCosines = `
WITH near AS MATERIALIZED (
	SELECT chunk, vector <=> $2::public.halfvec AS distance FROM kb.embeddings
	WHERE model = $1 AND ($3 = '' OR lang = $3) AND audience = ANY($4)
	ORDER BY vector <=> $2::public.halfvec LIMIT $6),
led AS (SELECT chunk, vector <=> $2::public.halfvec AS distance FROM kb.embeddings
	WHERE model = $1 AND chunk = ANY($5) AND audience = ANY($4))
SELECT chunk, 1 - min(distance) FROM (SELECT * FROM near UNION ALL SELECT * FROM led) e GROUP BY chunk`

// Below some thousand vectors it is as fast, and exact, to compare all. The
// distances are taken before anything is sorted, because the vectors themselves
// would be sorted with them. The zero vector has no angle to anything: NaN, which
// PostgreSQL takes for the largest distance.
const exactCosines = `
WITH apart AS MATERIALIZED (
	SELECT chunk, vector <=> $2::public.halfvec AS distance FROM kb.embeddings
	WHERE model = $1 AND ($3 = '' OR lang = $3) AND audience = ANY($4)),
every AS MATERIALIZED (SELECT chunk, min(distance) AS distance FROM apart GROUP BY chunk),
near AS (SELECT chunk, distance FROM every ORDER BY distance LIMIT $6)
SELECT chunk, 1 - distance FROM near
UNION SELECT chunk, 1 - distance FROM every WHERE chunk = ANY($5)`

// cosines returns the cosines of the nearest passages and of the leads; of a
// passage with several vectors, that of the nearest one. Planned anew each
// time: what is best depends on the share of the table that the filter leaves.
func cosines(ctx context.Context, q pg.Querier, v vectorQuery) (map[int64]float64, error) {
	sql := nearbyCosines
	if v.exact {
		sql = exactCosines
	}
	rows, err := q.Query(ctx, sql, pgx.QueryExecModeExec, v.model, pgvector.NewHalfVector(v.vector).String(), v.lang, v.audiences, v.leads, v.near)
	if err != nil {
		return nil, fmt.Errorf("compare vectors: %w", err)
	}
	out := make(map[int64]float64, v.near+len(v.leads))
	var id int64
	var cosine float64
	if _, err := pgx.ForEachRow(rows, []any{&id, &cosine}, func() error {
		if cosine == cosine { // not NaN
			out[id] = cosine
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("compare vectors: %w", err)
	}
	return out, nil
}
