package pg

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// install makes a folder that looks like a server of the given version.
func install(t *testing.T, prefix, version, major, vector string) string {
	t.Helper()
	bin := filepath.Join(prefix, "lib/postgresql", major, "bin")
	share := filepath.Join(prefix, "share/postgresql", major, "extension")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.MkdirAll(share, 0o755))
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version)
	for _, name := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755))
	}
	if vector != "" {
		control := fmt.Sprintf("comment = 'x'\ndefault_version = '%s'\n", vector)
		require.NoError(t, os.WriteFile(filepath.Join(share, "vector.control"), []byte(control), 0o644))
	}
	return bin
}

func TestFindInstallation(t *testing.T) {
	newest := install(t, t.TempDir(), "97.1 (Debian 97.1-1)", "97", "")
	old := install(t, t.TempDir(), "95.3", "95", "0.6.0")
	good := install(t, t.TempDir(), "94.2", "94", "0.8.1")
	better := install(t, t.TempDir(), "96beta1", "96", "0.10.0")
	ancient := install(t, t.TempDir(), "9.6.24", "9.6", "0.8.0")

	for _, test := range []struct {
		name    string
		path    []string
		cluster string // PG_VERSION
		want    Installation
	}{
		{"with pgvector before newest", []string{newest, good}, "", Installation{good, "94.2", 94, "0.8.1"}},
		{"newest of those with pgvector", []string{good, better, old}, "", Installation{better, "96beta1", 96, "0.10.0"}},
		{"the cluster decides", []string{newest, better, old}, "95\n", Installation{old, "95.3", 95, "0.6.0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.cluster != "" {
				pgdata := layoutOf(dir).data
				require.NoError(t, os.MkdirAll(pgdata, 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(pgdata, "PG_VERSION"), []byte(test.cluster), 0o600))
			}
			path := ""
			for _, p := range test.path {
				path += p + ":"
			}
			t.Setenv("PATH", path+"/usr/bin:/bin")
			found, err := FindInstallation(t.Context(), dir, "")
			require.NoError(t, err)
			require.Equal(t, test.want, found)
		})
	}

	t.Run("the private tree", func(t *testing.T) {
		dir := t.TempDir()
		private := install(t, filepath.Join(dir, "pgroot"), "98.0", "98", "0.8.0")
		t.Setenv("PATH", newest+":/usr/bin:/bin")
		found, err := FindInstallation(t.Context(), dir, "")
		require.NoError(t, err)
		require.Equal(t, private, found.BinDir)
	})

	t.Run("the named folder alone", func(t *testing.T) {
		t.Parallel()
		found, err := FindInstallation(t.Context(), t.TempDir(), old)
		require.NoError(t, err)
		require.Equal(t, old, found.BinDir)
		_, err = FindInstallation(t.Context(), t.TempDir(), ancient)
		require.ErrorContains(t, err, "15 or newer")
	})
}

func TestVersionAtLeast(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"0.8": true, "0.8.0": true, "0.8.7": true, "0.10.0": true, "1.0": true, "1": true,
		"0.7.4": false, "0.6.0": false, "0": false, "": false, "none": false,
	} {
		require.Equal(t, want, vectorNewEnough(version), version)
	}
	require.True(t, versionAtLeast("0.8.2", 0, 8, 2))
	require.False(t, versionAtLeast("0.8.1", 0, 8, 2))
	require.False(t, versionAtLeast("0.8", 0, 8, 2))
}
