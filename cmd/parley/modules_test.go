package main

import (
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors are the oldest versions that may be compiled in. fasthttp before 1.70
// decodes a path twice (GO-2026-4950), and Fiber alone asks for an older one;
// pgx before 5.9.2 is unsafe with what a server or a person sends it
// (CVE-2024-27304, CVE-2026-33815 and -33816).
func floors() map[string]string {
	return map[string]string{
		"github.com/valyala/fasthttp": "v1.70.0",
		"github.com/jackc/pgx/v5":     "v5.9.2",
	}
}

// release reads v<major>.<minor>.<patch>; what comes before a release or is none
// is refused.
func release(version string) ([]int, error) {
	var v [3]int
	if n, err := fmt.Sscanf(version, "v%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return nil, fmt.Errorf("%q has %d numbers: %w", version, n, err)
	}
	if exact := fmt.Sprintf("v%d.%d.%d", v[0], v[1], v[2]); exact != version {
		return nil, fmt.Errorf("%q is not the release %s", version, exact)
	}
	return v[:], nil
}

func TestModulesAreNotOlderThanTheirFloors(t *testing.T) {
	t.Parallel()
	info, ok := debug.ReadBuildInfo()
	require.True(t, ok)
	for path, floor := range floors() {
		i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path })
		require.GreaterOrEqual(t, i, 0, "%s is not compiled in: take its floor out", path)
		m := info.Deps[i]
		require.Nil(t, m.Replace, "%s is replaced: its floor says nothing", path)
		have, err := release(m.Version)
		require.NoError(t, err, path)
		least, err := release(floor)
		require.NoError(t, err)
		require.GreaterOrEqual(t, slices.Compare(have, least), 0, "%s is %s, and must be at least %s", path, m.Version, floor)
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]int{
		"v1.70.0": {1, 70, 0}, "v5.12.0": {5, 12, 0},
		"v1.70": nil, "1.70.0": nil, "v1.70.0-rc.1": nil, "v0.0.0-20260101000000-abcdefabcdef": nil, "v1.70.0+incompatible": nil, "(devel)": nil, "": nil,
	} {
		got, err := release(version)
		require.Equal(t, want, got, version)
		require.Equal(t, want == nil, err != nil, version)
	}
	require.Negative(t, slices.Compare([]int{5, 9, 2}, []int{5, 12, 0}), "by numbers, not by letters")
}
