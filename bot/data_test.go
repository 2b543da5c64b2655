package bot

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stranger is the label of messages that belong to no intent.
const stranger = "oos"

// readData reads a table of the public sets that the figures are measured on,
// lines of text, tab, label under a heading. They are not part of the project:
// PARLEY_TEST_DATA names the folder that holds them.
func readData(tb testing.TB, name string) []Sample {
	tb.Helper()
	dir := os.Getenv("PARLEY_TEST_DATA")
	if dir == "" {
		tb.Skip("needs ", name, ": set PARLEY_TEST_DATA to the folder of the public data sets")
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		tb.Skip("needs ", name, ", which PARLEY_TEST_DATA does not hold")
	}
	require.NoError(tb, err)
	defer func() { require.NoError(tb, f.Close()) }()
	lines := bufio.NewScanner(f)
	require.True(tb, lines.Scan(), "the heading")
	var out []Sample
	for lines.Scan() {
		text, label, ok := strings.Cut(lines.Text(), "\t")
		require.True(tb, ok, "a line without a tab: %s", lines.Text())
		out = append(out, Sample{text, label})
	}
	require.NoError(tb, lines.Err())
	return out
}

// withNames adds each intent's name as an example, as the module does.
func withNames(samples []Sample) []Sample {
	seen := map[string]bool{}
	for _, s := range samples {
		if !seen[s.Intent] {
			seen[s.Intent] = true
			samples = append(samples, Sample{strings.ReplaceAll(s.Intent, "_", " "), s.Intent})
		}
	}
	return samples
}

func withoutStrangers(samples []Sample) []Sample {
	var out []Sample
	for _, s := range samples {
		if s.Intent != stranger {
			out = append(out, s)
		}
	}
	return out
}
