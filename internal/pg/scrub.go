package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Scrub removes deleted rows from the server's files: PostgreSQL leaves their
// bytes in tables, in statistics and in its log of changes until it needs the
// room. It writes every table of the schemas anew, each closed to others
// meanwhile, and then goes through the log of changes. whole is false when the
// role may not do the latter: then the deleted bytes go with time, some hundred
// megabytes of changes later.
func (db *DB) Scrub(ctx context.Context, schemas []string) (whole bool, err error) {
	rows, err := db.Query(ctx, `
		SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_catalog.pg_tables WHERE schemaname = ANY ($1) ORDER BY 1`, schemas)
	if err != nil {
		return false, Map(fmt.Errorf("listing tables: %w", err))
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return false, Map(fmt.Errorf("listing tables: %w", err))
	}
	for _, table := range tables {
		if _, err := db.Exec(ctx, "VACUUM (FULL, ANALYZE) "+table); err != nil {
			return false, Map(fmt.Errorf("writing %s anew: %w", table, err))
		}
	}
	// Frequent values are kept with the statistics.
	if _, err := db.Exec(ctx, "VACUUM (FULL) pg_catalog.pg_statistic"); err != nil {
		return false, notAllowed(fmt.Errorf("writing the statistics anew: %w", err))
	}
	if err := db.turnLog(ctx); err != nil {
		return false, notAllowed(err)
	}
	return true, nil
}

// notAllowed is nil for an error that says that the role lacks a right.
func notAllowed(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientRights {
		return nil
	}
	return Map(err)
}

// turnLog makes the server leave every segment of its log of changes that it has
// now. Usually it keeps old segments to write over them later; meanwhile it
// deletes them. It turns twice: the process that keeps them may hear of the new
// setting after the first checkpoint, and has then given an old segment a new
// name.
func (db *DB) turnLog(ctx context.Context) (err error) {
	if err := db.recycle(ctx, "SET wal_recycle = off"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.recycle(context.WithoutCancel(ctx), "RESET wal_recycle")) }()
	for range 2 {
		if err := db.leaveSegments(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) leaveSegments(ctx context.Context) error {
	before, err := db.segments(ctx)
	if err != nil {
		return err
	}
	for range len(before) + 3 { // a segment that waits to be written over is passed at each turn
		for _, sql := range []string{"SELECT pg_switch_wal()", "CHECKPOINT"} {
			if _, err := db.Exec(ctx, sql); err != nil {
				return fmt.Errorf("turning the log of changes: %w", err)
			}
		}
		now, err := db.segments(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(now, func(name string) bool { return slices.Contains(before, name) }) {
			return nil
		}
	}
	return errors.New("turning the log of changes: old segments stay; a replication slot or an archive may hold them")
}

func (db *DB) recycle(ctx context.Context, how string) error {
	for _, sql := range []string{"ALTER SYSTEM " + how, "SELECT pg_reload_conf()"} {
		if _, err := db.Exec(ctx, sql); err != nil {
			return fmt.Errorf("changing what the server does with its log: %w", err)
		}
	}
	return nil
}

func (db *DB) segments(ctx context.Context) ([]string, error) {
	rows, err := db.Query(ctx, `SELECT name FROM pg_ls_waldir()`)
	if err != nil {
		return nil, fmt.Errorf("listing the log of changes: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("listing the log of changes: %w", err)
	}
	return list, nil
}
