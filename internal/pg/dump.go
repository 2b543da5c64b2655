package pg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Tools finds the programs pg_dump and pg_restore: beside the server of the data
// folder Dir (or in BinDir), else where PostgreSQL is usually installed.
type Tools struct {
	Dir    string // Parley's data folder
	BinDir string // "" means found
}

// Dump writes the database to w, compressed, in pg_dump's custom format: one
// moment of it, while it is used.
func (t Tools) Dump(ctx context.Context, databaseURL string, w io.Writer) error {
	program, err := t.find(ctx, "pg_dump")
	if err != nil {
		return err
	}
	// Without comments: only an extension's owner may write its.
	return run(ctx, databaseURL, program, nil, w, "--format=custom", "--no-owner", "--no-privileges", "--no-comments")
}

// Load reads a dump into an empty database. All of it is there afterwards, or
// the error says what is missing.
func (t Tools) Load(ctx context.Context, databaseURL string, r io.Reader) error {
	program, err := t.find(ctx, "pg_restore")
	if err != nil {
		return err
	}
	return run(ctx, databaseURL, program, r, io.Discard, "--no-owner", "--no-privileges", "--exit-on-error")
}

// find returns the path of a program.
func (t Tools) find(ctx context.Context, name string) (string, error) {
	dirs := candidates(ctx, t.Dir, t.BinDir)
	if in, err := FindInstallation(ctx, t.Dir, t.BinDir); err == nil {
		dirs = append([]string{in.BinDir}, dirs...) // the server's own
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, name); executable(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil { // of a client without a server
		return path, nil
	}
	return "", fmt.Errorf("no program %s on this machine: install PostgreSQL's client programs (postgresql-client) of the server's version or newer", name)
}

// run runs a client program on a database. A password goes by the environment,
// because everybody may read the arguments of a process.
func run(ctx context.Context, databaseURL, program string, in io.Reader, out io.Writer, args ...string) error {
	target, password, err := withoutPassword(databaseURL)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, append(args, "--dbname="+target)...) //nolint:gosec // a program of PostgreSQL's
	// Parallel builds of pgvector's indexes are not safe before 0.8.2 (CVE-2026-3172).
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c maintenance_work_mem=256MB -c max_parallel_maintenance_workers=0")
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, lastLines(said.String()))
	}
	return nil
}

var keywordPassword = regexp.MustCompile(`(^|\s)password\s*=\s*('(\\.|[^'\\])*'|\S*)`)

// withoutPassword takes the password, and what only the pool understands, out
// of a connection string.
func withoutPassword(databaseURL string) (target, password string, err error) {
	conf, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		return "", "", errors.New("the database URL cannot be read")
	}
	if !strings.Contains(databaseURL, "://") {
		return keywordPassword.ReplaceAllString(databaseURL, "$1"), conf.Password, nil
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", "", errors.New("the database URL cannot be read")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for name := range q {
		if name == "password" || strings.HasPrefix(name, "pool_") {
			q.Del(name)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), conf.Password, nil
}

// Empty tells whether nobody has made a table in the database.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	var used bool
	err := db.QueryRow(ctx, `SELECT exists (SELECT FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema'))`).Scan(&used)
	if err != nil {
		return false, Map(fmt.Errorf("looking for tables: %w", err))
	}
	return !used, nil
}
