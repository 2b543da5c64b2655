package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"parley/event"
	"parley/internal/markup"
	"parley/internal/redact"
)

func TestCondense(t *testing.T) {
	t.Parallel()
	u := newUnderstanding()
	filler := strings.Repeat("Nothing of interest is said in this long sentence. ", 8)
	long := "# Title\n\n" + filler + "\n\n" + filler + "\n\nTo reset your password:\n\n1. Open the page.\n\n2. Enter the code.\n   ```\n   # not a heading\n   ```\n3. Choose a new password.\n\n" + filler
	for name, test := range map[string]struct{ markdown, question, want string }{
		"short stays whole":        {"# Title\n\nOne.\n\nTwo.", "two", "One.\n\nTwo."},
		"the part that fits":       {long, "how do I reset my password", "To reset your password:\n\n1. Open the page.\n\n2. Enter the code.\n   ```\n   # not a heading\n   ```\n3. Choose a new password."},
		"only headings":            {"# A\n\n## B\n", "a", ""},
		"a fence keeps its blanks": {"```\na\n\n# b\n```", "b", "```\na\n\n# b\n```"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, u.condense(test.markdown, test.question))
		})
	}
	var many strings.Builder
	for range 400 {
		many.WriteString("- one more item of an endless list\n")
	}
	got := u.condense("Intro:\n\n"+many.String(), "endless list")
	assert.LessOrEqual(t, utf8.RuneCountInString(got), 2*answerRunes+10)
	assert.True(t, strings.HasSuffix(got, "…"))
	assert.True(t, strings.HasPrefix(got, "Intro:"))
}

// Every line of a condensed answer stands in the passage: the bot invents
// nothing.
func FuzzCondense(f *testing.F) {
	u := newUnderstanding()
	f.Add("# A\n\nOne:\n\n- a\n\n  b\n- c\n\n```\nx\n```\n", "one c")
	f.Add("~~~\nopen", "")
	f.Add(strings.Repeat("word ", 2000), "word")
	f.Fuzz(func(t *testing.T, markdown, question string) {
		got := u.condense(markdown, question)
		require.LessOrEqual(t, utf8.RuneCountInString(got), 2*answerRunes+20)
		for l := range strings.Lines(got) {
			l = strings.TrimRight(l, "\r\n ")
			if l == "…" || l == "```" {
				continue
			}
			if utf8.ValidString(markdown) {
				require.Contains(t, markdown, l)
			}
		}
	})
}

func TestProse(t *testing.T) {
	t.Parallel()
	u := newUnderstanding()
	for text, want := range map[string]bool{
		"Open [your orders](/o) and choose the parcel.": true, "* [Refunds](/a)\n* [Delivery](/b)": false, "": false, "See [the help centre](/help)": false, "我的订单": true,
	} {
		assert.Equal(t, want, u.isProse(text), text)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	list := []event.Passage{passage("A", 0.4, "x"), passage("B", 0.7, "x"), passage("C", 0.2, "x"), passage("A", 0.9, "x"), passage("D", 0.8, "x"), passage("E", 0.8, "x")}
	list[1].Heading = "Part"
	got := sources(list, 0.5)
	require.Len(t, got, 3)
	assert.Equal(t, "A", got[0].Title, "what was quoted comes first")
	assert.Equal(t, "B", got[1].Title, "an article goes by its title")
	assert.Equal(t, "D", got[2].Title)
}

// judgeOf makes statements about the passages.
func judgeOf(u *understanding, list []event.Passage) *statements {
	return &statements{u: u, guard: newGuard(u.patterns, list), redact: redact.NewFinder(), passages: list, language: "en", asked: "order 4711", rules: answerRules}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	u := newUnderstanding()
	list := []event.Passage{passage("Refund", 1, "A refund takes 14 days, by card."), passage("Delivery", 1, "Delivery takes two days."), passage("Karte", 1, "Die Karte kommt mit der Post.")}
	list[2].Locale = "de"
	for name, test := range map[string]struct {
		text, want string
		cited      []string
	}{
		"numbered anew":          {"Delivery takes two days [2]. A refund takes 14 [1].", "Delivery takes two days [1]. A refund takes 14 [2].", []string{"Delivery", "Refund"}},
		"several at once":        {"Refund and delivery [1, 2].", "Refund and delivery [1] [2].", []string{"Refund", "Delivery"}},
		"unknown number":         {"A refund takes 14 days [1]. Cake is served at noon [5].", "A refund takes 14 days [1].", []string{"Refund"}},
		"unsupported":            {"Cats purr loudly [1].", "", nil},
		"another language":       {"The card comes by mail [3].", "The card comes by mail [1].", []string{"Karte"}},
		"none":                   {"Delivery takes two days.", "", nil},
		"same passage twice":     {"Delivery is quick [2]. Delivery takes days [2].", "Delivery is quick [1]. Delivery takes days [1].", []string{"Delivery"}},
		"number out of range":    {"Delivery [99999999999999999999].", "", nil},
		"a number of its own":    {"A refund takes 30 days [1].", "", nil},
		"a number of the asker":  {"The refund of 4711 takes 14 days [1].", "The refund of 4711 takes 14 days [1].", []string{"Refund"}},
		"numbered steps":         {"Do this:\n\n1. Ask for a refund [1].\n12. Pay by card [1].", "Do this:\n\n1. Ask for a refund [1].\n12. Pay by card [1].", []string{"Refund"}},
		"a claim in between":     {"A refund takes 14 days [1].\nBananas grow quickly under tropical palms.\nDelivery takes two days [2].", "A refund takes 14 days [1].\nDelivery takes two days [2].", []string{"Refund", "Delivery"}},
		"citation after the dot": {"Delivery takes two days. [2] A refund takes 14 days. [1]", "Delivery takes two days. [1] A refund takes 14 days. [2]", []string{"Delivery", "Refund"}},
		"definition of a link":   {"Delivery takes two days [2].\n[1]: https://evil.example", "Delivery takes two days [1].", []string{"Delivery"}},
		"the rules":              {"Answer in English, in at most 120 words, in plain Markdown [1]. Delivery takes two days [2].", "Delivery takes two days [1].", []string{"Delivery"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := judgeOf(u, list)
			whole.add(test.text)
			whole.end()
			assert.Equal(t, test.want, whole.answer())
			var titles []string
			for _, p := range whole.cited {
				titles = append(titles, p.Title)
			}
			assert.Equal(t, test.cited, titles)

			// In whatever pieces it comes, the same is let through.
			for size := 1; size < 9; size += 3 {
				pieces, shown := judgeOf(u, list), ""
				for rest := test.text; rest != ""; {
					n := min(size, len(rest))
					shown += pieces.add(rest[:n])
					rest = rest[n:]
				}
				shown += pieces.end()
				assert.Equal(t, test.want, pieces.answer())
				assert.Equal(t, pieces.out.String(), shown)
			}
		})
	}
}

// linksOf returns the addresses that a reader of the rendered text could follow
// or load.
func linksOf(markdown string) []string {
	var out []string
	tokens := html.NewTokenizer(strings.NewReader(markup.Render(markdown)))
	for tokens.Next() != html.ErrorToken {
		for _, a := range tokens.Token().Attr {
			if a.Key == "href" || a.Key == "src" {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// Whatever a model writes, the only addresses that are left are those of the
// passages.
func FuzzGuard(f *testing.F) {
	p := newPatterns()
	list := []event.Passage{passage("A", 1, "See https://good.example/a for more.")}
	g := newGuard(p, list)
	for _, seed := range []string{
		"[x](https://evil.example)", "![a](http://evil.example/x.png)", "<https://evil.example>", "www.evil.example", "[a][b]\n\n[b]: http://evil.example",
		"mail me@evil.example", "[x](/help/a/a) https://good.example/a.", "[[x](http://evil.example)](http://evil.example)", "htt[p](x)s://evil.example",
		"[x]( javascript:alert(1) )", "ftp://evil.example/", "![x][y]", "[x](<https://evil.example>)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := g.clean(text)
		for _, address := range linksOf(got) {
			require.True(t, g.allowed[address], "%q leaves %q", text, address)
		}
	})
}

func TestOnlyWhatIsClearlyBestIsQuoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	near, far := passage("Second", 0.85, "The second."), passage("Second", 0.85, "The second.")
	near.Score, far.Score = 1.7, 1.5
	first := passage("First", 0.9, "The first.")
	first.Score = 2
	links := passage("Links", 0.9, "[First](/help/a/first)")
	links.Score = 1.9
	for word, found := range map[string][]event.Passage{"near": {first, near}, "far": {first, far}, "links": {first, links, far}} {
		w.library.mu.Lock()
		w.library.passages["zz"+word] = found
		w.library.mu.Unlock()
	}
	ask, trace := w.open(event.StateBot, "en").ask("zznear")
	assert.Equal(t, "clarify", trace.Action)
	assert.Equal(t, []string{"First", "Second"}, []string{ask.Choices[0].Label, ask.Choices[1].Label})
	for _, text := range []string{"zzfar", "zzlinks"} {
		answer, trace := w.open(event.StateBot, "en").ask(text)
		assert.Equal(t, "answer", trace.Action, text)
		assert.Contains(t, answer.Text, "The first.")
	}
}
