package pg_test

import (
	"bytes"
	"testing"

	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/require"

	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestDumpAndLoad(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	_, err := db.Exec(t.Context(), `
		CREATE SCHEMA shop;
		CREATE TABLE shop.articles (id int PRIMARY KEY, text text NOT NULL, v halfvec(3));
		CREATE INDEX ON shop.articles USING hnsw (v halfvec_cosine_ops);
		CREATE TEXT SEARCH CONFIGURATION shop.words (COPY = pg_catalog.english);
		ALTER TEXT SEARCH CONFIGURATION shop.words ALTER MAPPING FOR word WITH unaccent, english_stem`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `INSERT INTO shop.articles VALUES (1, 'Größe', '[1,2,3]')`)
	require.NoError(t, err)
	var dump bytes.Buffer
	tools := pg.Tools{Dir: t.TempDir()}
	require.NoError(t, tools.Dump(t.Context(), db.Config().ConnString(), &dump))

	other := testkit.Postgres(t)
	_, err = other.Exec(t.Context(), `DROP EXTENSION vector CASCADE`) // the dump brings it
	require.NoError(t, err)
	empty, err := other.Empty(t.Context())
	require.NoError(t, err)
	require.True(t, empty)
	require.NoError(t, tools.Load(t.Context(), other.Config().ConnString(), &dump))
	other.Reset() // its connections have not seen the type
	var text string
	var v pgvector.HalfVector
	require.NoError(t, other.QueryRow(t.Context(), `SELECT text, v FROM shop.articles ORDER BY v <=> '[1,2,3]' LIMIT 1`).Scan(&text, &v))
	require.Equal(t, "Größe", text)
	require.Equal(t, []float32{1, 2, 3}, v.Slice())
	empty, err = other.Empty(t.Context())
	require.NoError(t, err)
	require.False(t, empty)

	err = tools.Load(t.Context(), other.Config().ConnString(), bytes.NewReader([]byte("no dump")))
	require.ErrorContains(t, err, "pg_restore")
}
