package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testsOf lists the tests, fuzz targets and benchmarks of the tree, by package.
func testsOf(t *testing.T, root string) map[string]map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	all := map[string]map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		if all[dir] == nil {
			all[dir] = map[string]bool{}
		}
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			all[dir][m[1]] = true
		}
		return nil
	}))
	return all
}

// A page that promises something names the test that proves it, in the line of
// its package: each of them must be there.
func TestNamedProofsExist(t *testing.T) {
	t.Parallel()
	const root = "../.."
	all := testsOf(t, root)
	code, test := regexp.MustCompile("`[^`]*`"), regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	for _, page := range []string{"SECURITY.md", "docs/guarantees.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		named := 0
		for line := range strings.Lines(string(text)) {
			var packages []string
			for _, word := range code.FindAllString(line, -1) {
				packages = append(packages, strings.Trim(word, "`"))
			}
			for _, name := range test.FindAllString(code.ReplaceAllString(line, ""), -1) {
				named++
				require.True(t, slices.ContainsFunc(packages, func(dir string) bool { return all[dir][name] }), "%s names %s, which is in none of %v", page, name, packages)
			}
		}
		require.Greater(t, named, 20, page)
	}
}
