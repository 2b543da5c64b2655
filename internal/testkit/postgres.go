package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// Schema is a module's name and migrations, as pg.Migrate takes them.
type Schema struct {
	Name  string
	Files fs.FS
}

const (
	poolSize = 4
	// setupTimeout is for one database, with a cluster and a template before it
	// on a machine that is busy with other packages' tests.
	setupTimeout = 2 * time.Minute
)

// databases numbers the databases of this process.
var databases atomic.Int64

// Postgres returns a database of its own for the test, with all extensions and
// the given schemas, through a pool of four connections. It is dropped when the
// test has passed, and kept when it has failed.
func Postgres(t testing.TB, migrations ...Schema) *pg.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	admin, err := shared.start(ctx)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	template, err := ensureTemplate(ctx, admin, migrations)
	if err != nil {
		t.Fatalf("testkit: making the template database: %v", err)
	}
	name := fmt.Sprintf("%s_%s_%d", template, shared.id, databases.Add(1))
	if err := clone(ctx, admin, template, name); err != nil {
		t.Fatalf("testkit: %v", err)
	}
	db, err := pg.Open(ctx, pg.Config{URL: withDatabase(shared.url, name), MaxConns: poolSize})
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	t.Cleanup(func() {
		db.Close()
		if t.Failed() {
			t.Logf("testkit: kept database %s of %s", name, shared.place())
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
		defer cancel()
		if _, err := admin.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("testkit: dropping the database: %v", err)
		}
	})
	return db
}

// clone copies the template's files, which beats writing the copy to the log
// three times over where nothing is synced. PostgreSQL 15 has the choice.
func clone(ctx context.Context, admin *pg.DB, template, name string) error {
	_, err := admin.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)+" STRATEGY FILE_COPY")
	if err != nil {
		return fmt.Errorf("copying the template database: %w", err)
	}
	return nil
}

// ensureTemplate makes the database that holds the schemas unless there is one:
// its name is a hash of all files, so changed migrations get a new one. It is
// built under a working name and renamed, so a half-migrated one is never used.
// Packages that share a server take turns.
func ensureTemplate(ctx context.Context, admin *pg.DB, schemas []Schema) (string, error) {
	sum, err := hash(schemas)
	if err != nil {
		return "", err
	}
	name := "parley_" + sum
	conn, err := admin.Acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("getting a connection: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", fmt.Errorf("waiting for other packages: %w", err)
	}
	defer func() {
		// A connection that cannot unlock is broken, and its end unlocks too.
		_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock(hashtext($1))", name)
	}()
	var exists bool
	const query = "SELECT exists (SELECT FROM pg_catalog.pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, name).Scan(&exists); err != nil || exists {
		return name, err
	}
	work := name + "_new"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(work) + " WITH (FORCE)",
		"CREATE DATABASE " + quote(work),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := fill(ctx, withDatabase(shared.url, work), schemas); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(work)+" RENAME TO "+quote(name)); err != nil {
		return "", fmt.Errorf("naming it: %w", err)
	}
	return name, nil
}

// fill migrates a database and leaves no connection to it, because a database in
// use cannot be a template.
func fill(ctx context.Context, url string, schemas []Schema) error {
	db, err := pg.Open(ctx, pg.Config{URL: url, MaxConns: poolSize})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := pg.EnsureExtensions(ctx, db); err != nil {
		return err
	}
	for _, s := range schemas {
		if err := pg.Migrate(ctx, db, s.Name, s.Files); err != nil {
			return err
		}
	}
	return nil
}

// hash identifies the schemas by their names and files.
func hash(schemas []Schema) (string, error) {
	h := sha256.New()
	for _, s := range schemas {
		fmt.Fprintf(h, "schema %q\n", s.Name)
		err := fs.WalkDir(s.Files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(s.Files, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "file %q %d\n%s", path, len(text), text)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("reading the migrations of %s: %w", s.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// withDatabase replaces the database in a connection string: a URL, or
// key=value pairs, of which the last one wins.
func withDatabase(dsn, name string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " dbname=" + name
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn // pg.Open says what is wrong with it
	}
	u.Path = "/" + name
	return u.String()
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
