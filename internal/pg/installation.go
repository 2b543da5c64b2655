package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	minMajor       = 15
	programTimeout = 10 * time.Second
)

// Installation is a PostgreSQL server found on this machine.
type Installation struct {
	BinDir  string // holds postgres and initdb
	Version string // such as "15.18"
	Major   int    // such as 15
	Vector  string // version of pgvector beside it, "" when there is none
}

// FindInstallation chooses the server for the data folder dir. A binDir that is
// not empty is the only candidate; else the private tree in dir/pgroot, PATH and
// the usual places of packages are searched. One with pgvector 0.8 or newer wins
// over one without, then the newest; but a cluster that exists already needs the
// major version that made it. The error says which command helps.
func FindInstallation(ctx context.Context, dir, binDir string) (Installation, error) {
	var found []Installation
	for _, candidate := range candidates(ctx, dir, binDir) {
		if in, err := inspect(ctx, candidate); err == nil && in.Major >= minMajor {
			found = append(found, in)
		} else if binDir != "" && err != nil {
			return Installation{}, fmt.Errorf("no PostgreSQL server in %s: %w", binDir, err)
		}
	}
	if major := clusterMajor(layoutOf(dir).data); major != 0 {
		same := slices.DeleteFunc(slices.Clone(found), func(in Installation) bool { return in.Major != major })
		if len(same) == 0 {
			return Installation{}, fmt.Errorf("%s was made by PostgreSQL %d, which is not on this machine: install it (%s), "+
				"or dump the data with it and restore into a new folder", layoutOf(dir).data, major, installHint(major))
		}
		found = same
	}
	if len(found) == 0 {
		return Installation{}, fmt.Errorf("no PostgreSQL server %d or newer on this machine: %s, or name another one by --database-url",
			minMajor, installHint(0))
	}
	return slices.MaxFunc(found, func(a, b Installation) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Major, b.Major),
		)
	}), nil
}

func rank(in Installation) int {
	switch {
	case vectorNewEnough(in.Vector):
		return 2
	case in.Vector != "":
		return 1
	}
	return 0
}

// candidates lists folders that may hold a server, without duplicates.
func candidates(ctx context.Context, dir, binDir string) []string {
	if binDir != "" {
		return []string{binDir}
	}
	var dirs []string
	glob := func(pattern string) {
		matches, err := filepath.Glob(pattern)
		if err == nil { // it fails only on a malformed pattern, as a strange dir may make one
			dirs = append(dirs, matches...)
		}
	}
	glob(filepath.Join(dir, "pgroot", "lib", "postgresql", "*", "bin"))
	dirs = append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
	if out, err := output(ctx, "pg_config", "--bindir"); err == nil {
		dirs = append(dirs, out)
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                   // PGDG on Fedora and RHEL
		"/usr/libexec/postgresql*",                           // Alpine
		"/usr/local/pgsql/bin",                               // built by hand
		"/opt/homebrew/opt/postgresql@*/bin",                 // macOS on ARM
		"/usr/local/opt/postgresql@*/bin",                    // macOS on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin", // macOS
	} {
		glob(pattern)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(d string) bool {
		if !executable(filepath.Join(d, "postgres")) || !executable(filepath.Join(d, "initdb")) {
			return true
		}
		target, err := filepath.EvalSymlinks(d)
		if err != nil || seen[target] {
			return true
		}
		seen[target] = true
		return false
	})
}

var (
	serverVersion = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[.\w]*)`)
	vectorVersion = regexp.MustCompile(`(?m)^default_version\s*=\s*'([^']+)'`)
)

func inspect(ctx context.Context, binDir string) (Installation, error) {
	if !executable(filepath.Join(binDir, "initdb")) {
		return Installation{}, errors.New("it has no program initdb")
	}
	out, err := output(ctx, filepath.Join(binDir, "postgres"), "--version")
	if err != nil {
		return Installation{}, err
	}
	m := serverVersion.FindStringSubmatch(out)
	if m == nil {
		return Installation{}, fmt.Errorf("postgres --version says %q", out)
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return Installation{}, fmt.Errorf("postgres --version says %q: %w", out, err)
	}
	return Installation{
		BinDir: binDir, Version: m[1], Major: major,
		Vector: vectorBeside(ctx, binDir, m[2]),
	}, nil
}

// vectorBeside returns the version of pgvector that the server in binDir would
// load. PostgreSQL finds its share folder relative to its programs, so a moved
// tree is looked at first.
func vectorBeside(ctx context.Context, binDir, major string) string {
	shares := []string{
		filepath.Join(binDir, "../../../../share/postgresql", major), // lib/postgresql/N/bin
		filepath.Join(binDir, "../share/postgresql"),
		filepath.Join(binDir, "../share"),
	}
	if out, err := output(ctx, filepath.Join(binDir, "pg_config"), "--sharedir"); err == nil {
		shares = append(shares, out)
	}
	for _, share := range shares {
		control, err := os.ReadFile(filepath.Join(share, "extension", "vector.control"))
		if err != nil {
			continue
		}
		if m := vectorVersion.FindSubmatch(control); m != nil {
			return string(m[1])
		}
	}
	return ""
}

// clusterMajor returns the major version that made the cluster, 0 for none.
func clusterMajor(pgdata string) int {
	text, err := os.ReadFile(filepath.Join(pgdata, "PG_VERSION"))
	if err != nil {
		return 0
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return major
}

func installHint(major int) string {
	if runtime.GOOS == "darwin" {
		return fmt.Sprintf("brew install postgresql@%d pgvector", cmp.Or(major, 17))
	}
	if major != 0 {
		return fmt.Sprintf("apt install postgresql-%d postgresql-%d-pgvector, or the like", major, major)
	}
	return "run sh scripts/setup.sh in Parley's source tree, or install the packages postgresql and postgresql-<version>-pgvector"
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// output runs a short program and returns what it prints.
func output(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output() //nolint:gosec // the operator's own folders
	if err != nil {
		return "", fmt.Errorf("running %s: %w", program, err)
	}
	return strings.TrimSpace(string(out)), nil
}
