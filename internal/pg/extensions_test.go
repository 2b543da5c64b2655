package pg_test

import (
	"context"
	"testing"

	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/internal/pg"
	"parley/internal/testkit"
)

func dropExtensions(t *testing.T, db *pg.DB) {
	t.Helper()
	_, err := db.Exec(t.Context(), "DROP EXTENSION vector, pg_trgm, unaccent, citext, btree_gin CASCADE")
	require.NoError(t, err)
	db.Reset()
}

func TestEnsureExtensionsTeachesThePoolItsTypes(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	dropExtensions(t, db)
	require.NoError(t, db.Ping(t.Context())) // a connection from before
	require.NoError(t, pg.EnsureExtensions(t.Context(), db))
	in := pgvector.NewVector([]float32{1, 2})
	var out pgvector.Vector
	require.NoError(t, db.QueryRow(t.Context(), "SELECT $1::vector", in).Scan(&out))
	require.Equal(t, in, out)
}

func TestEnsureExtensionsFromSeveralProcesses(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	dropExtensions(t, db)
	var g errgroup.Group
	for range 3 {
		g.Go(func() error { return pg.EnsureExtensions(t.Context(), db) })
	}
	require.NoError(t, g.Wait())
}

func TestEnsureExtensionsSaysWhatAnAdministratorMustRun(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	dropExtensions(t, db)
	const role = "weak"
	_, err := db.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN; GRANT ALL ON SCHEMA public TO "+role)
	require.NoError(t, err)
	weak, err := pg.Open(t.Context(), pg.Config{URL: db.Config().ConnString() + "&user=" + role})
	require.NoError(t, err)
	t.Cleanup(func() {
		weak.Close()
		_, err := db.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	require.ErrorContains(t, pg.EnsureExtensions(t.Context(), weak), "CREATE EXTENSION IF NOT EXISTS vector")
}
