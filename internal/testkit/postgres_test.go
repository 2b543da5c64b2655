package testkit_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func notes() testkit.Schema {
	return testkit.Schema{Name: "notes", Files: fstest.MapFS{"0001_init.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE notes.notes (id bigint PRIMARY KEY, body text NOT NULL, e halfvec(3));\n",
	)}}}
}

func TestPostgresGivesEachTestItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"first", "second", "third"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Postgres(t, notes())
			var before int
			require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM notes.notes").Scan(&before))
			require.Zero(t, before, "rows of another test")
			_, err := db.Exec(t.Context(), "INSERT INTO notes.notes VALUES (1, $1, '[1,2,3]')", name)
			require.NoError(t, err)
		})
	}
}

func TestPostgresWithoutSchemas(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	var version string
	require.NoError(t, db.QueryRow(t.Context(), "SELECT extversion FROM pg_extension WHERE extname = 'vector'").Scan(&version))
	require.NotEmpty(t, version)
}

func BenchmarkPostgres(b *testing.B) {
	for b.Loop() {
		testkit.Postgres(b, notes()).Close()
	}
}
