package pg_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/internal/pg"
	"parley/internal/testkit"
)

func sqlFile(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
}

func TestMigrateAppliesWhatIsMissing(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	files := fstest.MapFS{"0001_init.sql": sqlFile("CREATE TABLE shop.items (id int);")}
	require.NoError(t, pg.Migrate(t.Context(), db, "shop", files))
	files["0002_price.sql"] = sqlFile("ALTER TABLE shop.items ADD COLUMN price int;")
	for range 2 { // the second finds nothing to do
		require.NoError(t, pg.Migrate(t.Context(), db, "shop", files))
	}
	_, err := db.Exec(t.Context(), "INSERT INTO shop.items (id, price) VALUES (1, 2)")
	require.NoError(t, err)
	var applied int
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM shop.migrations WHERE version_id > 0").Scan(&applied))
	require.Equal(t, 2, applied)
}

func TestMigrateTakesAnEmbeddedFolder(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	var files fs.FS = fstest.MapFS{"migrations/0001_init.sql": sqlFile("CREATE TABLE shop.items (id int);")}
	require.NoError(t, pg.Migrate(t.Context(), db, "shop", files))
	_, err := db.Exec(t.Context(), "SELECT FROM shop.items")
	require.NoError(t, err)
}

func TestMigrateFromSeveralProcesses(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	files := fstest.MapFS{"0001_init.sql": sqlFile("CREATE TABLE shop.items (id int);")}
	var g errgroup.Group
	for range 3 {
		g.Go(func() error {
			other, err := pg.Open(t.Context(), pg.Config{URL: db.Config().ConnString(), MaxConns: 2})
			if err != nil {
				return err
			}
			defer other.Close()
			return pg.Migrate(t.Context(), other, "shop", files)
		})
	}
	require.NoError(t, g.Wait())
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	files := fstest.MapFS{
		"0001_init.sql":  sqlFile("CREATE TABLE shop.items (id int);"),
		"0002_price.sql": sqlFile("ALTER TABLE shop.items ADD COLUMN price int;"),
	}
	require.NoError(t, pg.Migrate(t.Context(), db, "shop", files))
	delete(files, "0002_price.sql")
	err := pg.Migrate(t.Context(), db, "shop", files)
	require.ErrorContains(t, err, "schema shop")
	require.ErrorContains(t, err, "version 2")
}

func TestMigrateLeavesNothingOfABrokenFile(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	files := fstest.MapFS{"0001_init.sql": sqlFile("CREATE TABLE shop.items (id int);\nCREATE TABLE shop.items (id int);")}
	require.Error(t, pg.Migrate(t.Context(), db, "shop", files))
	var exists bool
	require.NoError(t, db.QueryRow(t.Context(), "SELECT to_regclass('shop.items') IS NOT NULL").Scan(&exists))
	require.False(t, exists)
}
