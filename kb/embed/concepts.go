package embed

import (
	_ "embed"
	"slices"
	"strings"

	"parley/kb/analysis"
)

//go:embed concepts.txt
var conceptText string

// english reads texts of all languages: the concepts are English, and words of
// other languages only lose an ending that looks like an English one.
var english = analysis.For("en")

const maxPhrase = 5 // words

// concepts maps the stems of a phrase, joined by spaces, to the concepts that
// it names.
type concepts map[string][]uint16

func readConcepts(text string) concepts {
	c := concepts{}
	id := uint16(0)
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		for phrase := range strings.SplitSeq(line, ",") {
			key := stems(english.Words(phrase))
			if key != "" && !slices.Contains(c[key], id) {
				c[key] = append(c[key], id)
			}
		}
		id++
	}
	return c
}

// in calls emit for every concept that the words name. Longer phrases win over
// the words they are made of.
func (c concepts) in(words []analysis.Word, emit func(concept uint16)) {
	for i := 0; i < len(words); {
		ids, n := c.longest(words[i:])
		for _, id := range ids {
			emit(id)
		}
		i += max(n, 1)
	}
}

// longest returns the concepts of the longest phrase that words begins with
// and its length in words. A stop word alone is no phrase.
func (c concepts) longest(words []analysis.Word) (ids []uint16, n int) {
	for n := min(maxPhrase, len(words)); n > 0; n-- {
		if n == 1 && words[0].Stop {
			break
		}
		if ids := c[stems(words[:n])]; ids != nil {
			return ids, n
		}
	}
	return nil, 0
}

func stems(words []analysis.Word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Term)
	}
	return b.String()
}
