package bot

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/testkit"
)

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
