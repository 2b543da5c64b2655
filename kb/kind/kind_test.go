package kind_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/markup"
	"parley/kb/kind"
)

func TestFAQ(t *testing.T) {
	t.Parallel()
	f := kind.FAQOf(markup.RenderArticle("Hello.\n\n## Billing\n\nAbout money.\n\n### When do I pay?\n\nOn the **first**.\n\n#### Exceptions\n\nNone.\n\n### How?\n\nBy card.\n\n## May I cancel?\n\nYes.\n\n## Where are you?\n\nHere."))
	assert.Equal(t, "Hello.", f.Intro.Text)
	require.Len(t, f.Categories, 2)
	assert.Equal(t, "Billing", f.Categories[0].Title)
	assert.Equal(t, "About money.", f.Categories[0].Text)
	require.Len(t, f.Categories[0].Questions, 2)
	first := f.Categories[0].Questions[0]
	assert.Equal(t, "when-do-i-pay", first.ID)
	assert.Contains(t, first.HTML, "<strong>first</strong>")
	assert.Contains(t, first.HTML, `<h4 id="exceptions">Exceptions</h4>`, "deeper headings belong to the answer")
	assert.Empty(t, f.Categories[1].ID, "questions without a category")
	assert.Equal(t, "May I cancel?", f.Categories[1].Questions[0].Title)
	assert.Equal(t, "Here.", f.Categories[1].Questions[1].Text)
	assert.Empty(t, kind.FAQOf("<p>Only text.</p>").Categories)
	assert.Empty(t, kind.FAQOf("").Categories)
}

func TestTutorial(t *testing.T) {
	t.Parallel()
	tut := kind.TutorialOf(markup.RenderArticle("Before.\n\n## Open it\n\nPress.\n\n### On a phone\n\nSwipe.\n\n## Close it\n\nDone."))
	assert.Equal(t, "Before.", tut.Intro.Text)
	require.Len(t, tut.Steps, 2)
	assert.Equal(t, "Open it", tut.Steps[0].Title)
	assert.Contains(t, tut.Steps[0].Text, "Swipe")
	assert.Equal(t, "close-it", tut.Steps[1].ID)
}

const lamp = `Nothing works?

## Is the lamp on?

Look at the front.

- [Yes](#restart)
- [No](#plug-it-in)

## Plug it in

Use the wall.

1. [It is on now](#restart)
2. [Still dark](#gone)

## Restart

Hold the button.

- See [the manual](/help/a/manual).
`

func TestGuide(t *testing.T) {
	t.Parallel()
	g := kind.GuideOf(markup.RenderArticle(lamp))
	assert.Equal(t, "Nothing works?", g.Intro.Text)
	require.Len(t, g.Nodes, 3)
	first := g.Nodes[0]
	assert.Equal(t, "Look at the front.", first.Text, "the answers left the text")
	assert.Equal(t, []kind.Answer{{Label: "Yes", To: "restart"}, {Label: "No", To: "plug-it-in"}}, first.Answers)
	assert.Equal(t, []kind.Answer{{Label: "It is on now", To: "restart"}, {Label: "Still dark", To: ""}}, g.Nodes[1].Answers)
	assert.Empty(t, g.Nodes[2].Answers, "a list of other links is text")
	assert.Contains(t, g.Nodes[2].HTML, "the manual")
	label, broken := g.Broken()
	assert.True(t, broken)
	assert.Equal(t, "Still dark", label)
	assert.Equal(t, "is-the-lamp-on", g.Before("restart"))
	assert.Empty(t, g.Before("is-the-lamp-on"))
	assert.Nil(t, g.Node(""))
	assert.Nil(t, g.Node("gone"))
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	rest, words, ok := kind.Transcript(markup.RenderArticle("Watch.\n\n## Links\n\nMore.\n\n## Transcript\n\nHello.\n\n### Part two\n\nBye.\n\n## After\n\nEnd."), "transcript")
	require.True(t, ok)
	assert.Equal(t, "Transcript", words.Title)
	assert.Contains(t, words.HTML, "Part two")
	assert.Contains(t, rest.HTML, `<h2 id="links">Links</h2>`)
	assert.Contains(t, rest.Text, "End.")
	assert.NotContains(t, rest.Text, "Hello.")
	_, _, ok = kind.Transcript("<p>x</p>", "transcript")
	assert.False(t, ok)
}

// What readers of every kind make of an article holds no more text than it.
func FuzzKinds(f *testing.F) {
	f.Add(lamp)
	f.Add("### a\n\n## b\n\n###### c\n- [x](#a)")
	f.Add("- [x](#%ff)\n\n# <b>\n> ## q")
	f.Fuzz(func(t *testing.T, markdown string) {
		if len(markdown) > 2000 {
			return
		}
		html := markup.RenderArticle(markdown)
		g := kind.GuideOf(html)
		for _, n := range g.Nodes {
			for _, a := range n.Answers {
				if a.To != "" && g.Node(a.To) == nil {
					t.Fatalf("answer %q leads nowhere", a.Label)
				}
			}
			g.Before(n.ID)
		}
		questions := 0
		for _, c := range kind.FAQOf(html).Categories {
			questions += len(c.Questions)
		}
		if parts := len(kind.Cut(html)); questions > parts || len(g.Nodes) > parts || len(kind.TutorialOf(html).Steps) > parts {
			t.Fatalf("more questions than parts in %q", markdown)
		}
		kind.Transcript(html, "a")
	})
}
