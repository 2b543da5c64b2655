package markup_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/markup"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	got := markup.Links("See [one](/help/a/one#top).\n\n![A *key*](/help/media/k.png) and https://example.com\n\n```\n[no](code)\n```\n\n" +
		"- [two][2]\n- [![pic](p.png)](/x)\n- [bad](javascript:alert(1))\n\n[2]: https://example.com/two\n")
	assert.Equal(t, []markup.Link{
		{Dest: "/help/a/one#top", Text: "one", Line: 1},
		{Dest: "/help/media/k.png", Text: "A key", Image: true, Line: 3},
		{Dest: "https://example.com", Text: "https://example.com", Line: 3},
		{Dest: "https://example.com/two", Text: "two", Line: 9},
		{Dest: "/x", Text: "pic", Line: 10},
		{Dest: "p.png", Text: "pic", Image: true, Line: 10},
		{Dest: "javascript:alert(1)", Text: "bad", Line: 11},
	}, got)
	assert.Empty(t, markup.Links("No links."))
}
