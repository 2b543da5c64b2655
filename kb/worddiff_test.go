package kb_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	fields := kb.Compare(
		kb.Version{Title: "Reset", Markdown: "Press the button twice.\n\nThen wait.", Aliases: []string{"a"}},
		kb.Version{Title: "Reset", Markdown: "Press the red button.\n\nThen wait.", Aliases: []string{"a", "b"}},
	)
	require.Len(t, fields, 2)
	assert.Equal(t, "aliases", fields[0].Field)
	assert.Equal(t, []kb.DiffPart{
		{Op: "same", Text: "Press the "}, {Op: "new", Text: "red "}, {Op: "same", Text: "button"}, {Op: "gone", Text: " twice"}, {Op: "same", Text: ".\n\nThen wait."},
	}, fields[1].Parts)
	assert.Empty(t, kb.Compare(kb.Version{Title: "x"}, kb.Version{Title: "x", Aliases: []string{}}))
}

// The parts give both texts back, whatever the texts are.
func FuzzCompare(f *testing.F) {
	f.Add("one two three", "one 2 three")
	f.Add("", "new")
	f.Add("密码重置", "重置密码")
	f.Add("a\xff b", "a b\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, field := range kb.Compare(kb.Version{Markdown: before}, kb.Version{Markdown: after}) {
			var a, b strings.Builder
			for _, p := range field.Parts {
				if p.Op != "new" {
					a.WriteString(p.Text)
				}
				if p.Op != "gone" {
					b.WriteString(p.Text)
				}
			}
			assert.Equal(t, before, a.String())
			assert.Equal(t, after, b.String())
		}
	})
}
