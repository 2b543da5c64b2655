package bot

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/testkit"
)

// stranger is the label of messages that belong to no intent.
const stranger = "oos"

// readData reads a table of the public sets that the figures are measured on,
// lines of text, tab, label under a heading.
func readData(tb testing.TB, name string) []Sample {
	tb.Helper()
	f, err := os.Open(testkit.Data(tb, name))
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
