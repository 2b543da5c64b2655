package flow_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/bot/flow"
	"parley/docs/help"
)

// TestFlowOfTheHelpCentreIsSound: the flow that the article shows can be
// imported, and nothing is wrong with it.
func TestFlowOfTheHelpCentreIsSound(t *testing.T) {
	t.Parallel()
	article, err := fs.ReadFile(help.Articles(), "6-bot/flows.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(article), "```yaml\n")
	require.True(t, found)
	text, _, _ := strings.Cut(rest, "```")
	f, err := flow.ParseYAML([]byte(text))
	require.NoError(t, err)
	require.Empty(t, flow.Check(f))
	require.Len(t, f.Blocks, 5)
}
