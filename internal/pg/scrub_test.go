package pg_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/pg"
)

// holding lists the files below a folder that hold the text.
func holding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, strings.TrimPrefix(path, dir))
		}
		return err
	}))
	return found
}

func TestScrubbedIsNotOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) }) // the test's own context has ended by then
	db, err := pg.Open(t.Context(), pg.Config{URL: server.URL()})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	const secret = "a-very-private-word"
	_, err = db.Exec(t.Context(), `
		CREATE SCHEMA shop;
		CREATE TABLE shop.people (id int PRIMARY KEY, name text, search tsvector GENERATED ALWAYS AS (to_tsvector('simple', name)) STORED);
		CREATE INDEX ON shop.people (name);
		CREATE INDEX ON shop.people USING gin (search);
		INSERT INTO shop.people SELECT i, CASE WHEN i % 2 = 0 THEN 'a-very-private-word' ELSE 'public' END FROM generate_series(1, 2000) i;
		ANALYZE shop.people`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `INSERT INTO shop.people VALUES (1, $1)`, secret)
	require.Error(t, err, "a failure that the server's log tells of")
	_, err = db.Exec(t.Context(), `DELETE FROM shop.people WHERE name = $1`, secret)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `CHECKPOINT`)
	require.NoError(t, err)
	require.NotEmpty(t, holding(t, dir, secret), "deleting does not erase")

	whole, err := db.Scrub(t.Context(), []string{"shop"})
	require.NoError(t, err)
	require.True(t, whole)
	require.Empty(t, holding(t, dir, secret))
	require.Eventually(t, func() bool { // a server takes its settings over in its own time
		var recycle string
		require.NoError(t, db.QueryRow(t.Context(), `SHOW wal_recycle`).Scan(&recycle))
		return recycle == "on"
	}, 10*time.Second, 20*time.Millisecond)
	var left int
	require.NoError(t, db.QueryRow(t.Context(), `SELECT count(*) FROM shop.people`).Scan(&left))
	require.Equal(t, 1000, left)
}
