package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// migrationsTable records in each schema which of its files were applied.
	migrationsTable = "migrations"
	// migrationsDir is where an embedded file system of a module has its files.
	migrationsDir = "migrations"

	// Several processes that start together take turns. They ask once a second
	// rather than wait inside PostgreSQL, where a waiting session's snapshot
	// would deadlock with CREATE INDEX CONCURRENTLY.
	lockPeriodSeconds = 1
	lockAttempts      = 300
)

// Migrate brings a schema up to date: it creates it, then applies the goose
// files that are missing, each in a transaction, and records them in
// <schema>.migrations. The files are at the root of files or in its folder
// "migrations". Any number of processes may call it at once. A schema that is
// newer than the files is refused, because an older binary would write rows
// that the newer one does not expect.
func Migrate(ctx context.Context, db *DB, schema string, files fs.FS) error {
	if err := migrate(ctx, db, schema, files); err != nil {
		return fmt.Errorf("migrating schema %s: %w", schema, err)
	}
	return nil
}

func migrate(ctx context.Context, db *DB, schema string, files fs.FS) error {
	if _, err := fs.Stat(files, migrationsDir); err == nil {
		if files, err = fs.Sub(files, migrationsDir); err != nil {
			return fmt.Errorf("opening %s: %w", migrationsDir, err)
		}
	}
	// Two processes may both find it missing; the second's failure is success.
	_, err := db.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize())
	if err != nil && !IsUnique(err, "") {
		return fmt.Errorf("creating it: %w", err)
	}
	sqlDB := stdlib.OpenDBFromPool(db.Pool)
	err = apply(ctx, sqlDB, schema, files)
	return errors.Join(err, sqlDB.Close()) // the pool itself stays open
}

func apply(ctx context.Context, sqlDB *sql.DB, schema string, files fs.FS) error {
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockTimeout(lockPeriodSeconds, lockAttempts),
		lock.WithUnlockTimeout(lockPeriodSeconds, lockAttempts),
	)
	if err != nil {
		return fmt.Errorf("making the lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, sqlDB, files,
		goose.WithTableName(schema+"."+migrationsTable),
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
	)
	if err != nil {
		return fmt.Errorf("reading the files: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading its version: %w", err)
	}
	if current > target {
		return fmt.Errorf("the database is at version %d and this program knows %d; "+
			"start the newer parley, or restore the backup made before the upgrade", current, target)
	}
	if current == target {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("applying: %w", err)
	}
	return nil
}
