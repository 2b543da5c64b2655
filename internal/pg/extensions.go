package pg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// extensionLock keeps processes that start together from creating the same
// extension twice; the number is "parley" in ASCII.
const extensionLock = 0x7061726c6579

func extensions() []string {
	return []string{"vector", "pg_trgm", "unaccent", "citext", "btree_gin"}
}

// EnsureExtensions creates the PostgreSQL extensions that the modules' schemas
// use. It is quick when they exist. When pgvector is missing, older than 0.8, or
// the user may not create extensions, the error says what to run.
func EnsureExtensions(ctx context.Context, db *DB) error {
	created := false
	err := db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(extensionLock)); err != nil {
			return fmt.Errorf("waiting for other processes: %w", err)
		}
		state, err := extensionStates(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range extensions() {
			changed, err := ensureExtension(ctx, tx, name, state[name])
			if err != nil {
				return err
			}
			created = created || changed
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("preparing the database's extensions: %w", err)
	}
	if created {
		db.Reset() // connections made before do not know the new types
	}
	return nil
}

// extensionState is what the server offers and what the database has; an empty
// version means none.
type extensionState struct {
	Name      string
	Offered   string
	Installed string
}

func extensionStates(ctx context.Context, q Querier) (map[string]extensionState, error) {
	rows, err := q.Query(ctx, `
		SELECT name, coalesce(default_version, '') AS offered, coalesce(installed_version, '') AS installed
		FROM pg_catalog.pg_available_extensions WHERE name = any($1)`, extensions())
	if err != nil {
		return nil, fmt.Errorf("listing extensions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[extensionState])
	if err != nil {
		return nil, fmt.Errorf("listing extensions: %w", err)
	}
	states := make(map[string]extensionState, len(list))
	for _, s := range list {
		states[s.Name] = s
	}
	return states, nil
}

func ensureExtension(ctx context.Context, q Querier, name string, s extensionState) (changed bool, err error) {
	var statement string
	switch {
	case s.Offered == "" && name == "vector":
		return false, errors.New("the PostgreSQL server has no pgvector; install 0.8 or newer: " +
			"sh scripts/setup.sh for a server on this machine, or the package postgresql-<version>-pgvector where the server runs")
	case s.Offered == "":
		return false, fmt.Errorf("the PostgreSQL server has no extension %s; install the package postgresql-contrib where it runs", name)
	case s.Installed == "" && name == "vector" && !vectorNewEnough(s.Offered):
		return false, fmt.Errorf("the PostgreSQL server offers pgvector %s, and Parley needs 0.8 or newer: "+
			"upgrade the package where the server runs, or run sh scripts/setup.sh for a server on this machine", s.Offered)
	case s.Installed == "":
		statement = "CREATE EXTENSION IF NOT EXISTS " + name
	case name == "vector" && !vectorNewEnough(s.Installed) && vectorNewEnough(s.Offered):
		statement = "ALTER EXTENSION vector UPDATE"
	case name == "vector" && !vectorNewEnough(s.Installed):
		return false, fmt.Errorf("the database has pgvector %s, and Parley needs 0.8 or newer: "+
			"upgrade the package where the server runs, then run ALTER EXTENSION vector UPDATE", s.Installed)
	default:
		return false, nil
	}
	if _, err := q.Exec(ctx, statement); err != nil {
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == insufficientRights {
			return false, fmt.Errorf("the database user may not do this; let an administrator run once in this database: %s: %w", statement, err)
		}
		return false, fmt.Errorf("%s: %w", statement, err)
	}
	return true, nil
}

// vectorNewEnough: 0.8 is the first pgvector with iterative index scans.
func vectorNewEnough(version string) bool { return versionAtLeast(version, 0, 8) }

// versionAtLeast compares the leading numbers of a version such as "0.8.1"; what
// is no number is not new enough.
func versionAtLeast(version string, want ...int) bool {
	parts := strings.Split(version, ".")
	for i, w := range want {
		have := 0
		if i < len(parts) {
			n, err := strconv.Atoi(parts[i])
			if err != nil {
				return false
			}
			have = n
		}
		if have != w {
			return have > w
		}
	}
	return true
}
