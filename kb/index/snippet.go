package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/markup"
	"parley/kb/analysis"
)

// Span is a part of a text, in bytes.
type Span struct{ Start, End int }

// Marks returns where the words of a query stand in a text, in order and
// without overlaps. Words are the same when their stems are.
func Marks(text, query, locale string) []Span {
	a := analysis.For(locale)
	asked := map[string]bool{}
	for _, w := range a.Words(query) {
		if !w.Stop {
			asked[w.Term] = true
		}
	}
	var out []Span
	for _, w := range a.Words(text) {
		if !asked[w.Term] {
			continue
		}
		if n := len(out); n > 0 && out[n-1].End >= w.Start { // pairs of characters overlap
			out[n-1].End = w.End
			continue
		}
		out = append(out, Span{w.Start, w.End})
	}
	return out
}

// Snippet returns the part of a text, at most limit characters, that holds
// most different words of the query; its start where it holds none.
func Snippet(text, query, locale string, limit int) string {
	flat := strings.TrimPrefix(strings.Join(strings.Fields(strings.ReplaceAll("\n"+text, "\n- ", "\n· ")), " "), "· ")
	if utf8.RuneCountInString(flat) <= limit {
		return flat
	}
	marks := Marks(flat, query, locale)
	from := bestWindow(flat, marks, limit)
	if from == 0 {
		return markup.Cut(flat, limit)
	}
	return "…" + markup.Cut(flat[from:], limit-1)
}

// bestWindow returns where a window of limit bytes begins that holds most
// different marked words; a little before the first of them, at a word.
func bestWindow(text string, marks []Span, limit int) int {
	best, from := 0, 0
	for i, m := range marks {
		var words []string
		for _, n := range marks[i:] {
			if n.End > m.Start+limit*3/4 {
				break
			}
			if w := strings.ToLower(text[n.Start:n.End]); !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		if len(words) > best {
			best, from = len(words), m.Start
		}
	}
	lead := max(0, from-limit/6)
	if lead == 0 {
		return 0
	}
	if i := strings.LastIndexAny(text[lead:from], ".!?"); i >= 0 { // a sentence that begins in between
		lead += i + 1
	}
	for lead < len(text) && !utf8.RuneStart(text[lead]) {
		lead++
	}
	if i := strings.IndexByte(text[lead:from], ' '); i >= 0 {
		lead += i + 1
	}
	return lead
}
