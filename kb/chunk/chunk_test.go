package chunk_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb/chunk"
)

func TestSplitBySections(t *testing.T) {
	t.Parallel()
	got := chunk.Split("Intro *text*.\n\n## Install\n\nDo it.\n\n### On Debian\n\napt\n\n## Remove\n\nUndo it.\n\n## Empty\n")
	require.Len(t, got, 4)
	assert.Equal(t, chunk.Chunk{Path: []string{}, Markdown: "Intro *text*.", Text: "Intro text."}, got[0])
	assert.Equal(t, []string{"Install", "On Debian"}, got[2].Path)
	assert.Equal(t, "on-debian", got[2].Anchor)
	assert.Equal(t, "On Debian", got[2].Heading())
	assert.Equal(t, []string{"Remove"}, got[3].Path)
	assert.Equal(t, "Guide › Install › On Debian\n\napt", got[2].Context("Guide"))
	assert.Empty(t, chunk.Split(""))
}

func TestSplitCutsLongSectionsAtParagraphs(t *testing.T) {
	t.Parallel()
	para := strings.TrimSpace(strings.Repeat("Some words. ", 40)) // 479 characters
	got := chunk.Split("## Long\n\n" + strings.Repeat(para+"\n\n", 7))
	require.Len(t, got, 4)
	for _, c := range got {
		assert.Equal(t, "long", c.Anchor)
		assert.LessOrEqual(t, utf8.RuneCountInString(c.Markdown), 1000)
	}
}

func TestSplitKeepsCodeWhole(t *testing.T) {
	t.Parallel()
	code := "```sh\n" + strings.Repeat("ls\n\n", 300) + "```"
	got := chunk.Split(strings.Repeat("x ", 500) + "\n\n" + code + "\n\nafter")
	require.Len(t, got, 3)
	assert.Equal(t, code, got[1].Markdown)
}

func TestSplitBoundsWhatHasNoParagraphs(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		strings.Repeat("字", 10_000),
		strings.Repeat("a line\n", 3000),
		"```\n" + strings.Repeat("a line of code\n", 1000),
	} {
		got := chunk.Split(in)
		assert.Greater(t, len(got), 1)
		for _, c := range got {
			assert.LessOrEqual(t, utf8.RuneCountInString(c.Markdown), 4200)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("# a\n\ntext\n\n```\ncode\n```\n\n" + strings.Repeat("word ", 600))
	f.Fuzz(func(t *testing.T, in string) {
		for _, c := range chunk.Split(in) {
			if c.Text == "" || utf8.RuneCountInString(c.Markdown) > 8200 {
				t.Fatalf("chunk of %d characters, text %q", utf8.RuneCountInString(c.Markdown), c.Text)
			}
		}
	})
}

func TestSplitLeavesOutWhatOnlyLeadsElsewhere(t *testing.T) {
	t.Parallel()
	related := "## Related articles\n\n* [Delete your account](/help/a/delete)\n* [Change your password](change.md#now)"
	got := chunk.Split("Press reset.\n\n" + related)
	require.Len(t, got, 1)
	assert.Equal(t, "Press reset.", got[0].Text)
	assert.Len(t, chunk.Split(related), 1, "an overview has nothing else")
	for _, contact := range []string{
		"[help@example.com](mailto:help@example.com)", "[Download for Windows](https://example.com/setup.exe)",
		"Open [Settings](/settings) and choose what to be told about.",
	} {
		assert.Len(t, chunk.Split("Hello.\n\n## More\n\n"+contact), 2, contact)
	}
}
