package index

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// vocabulary knows every word of the articles, for queries with typing errors.
type vocabulary struct {
	byLen map[int][]spelling
	seen  map[string]string // word → term
}

type spelling struct {
	word, term string
	runes      []rune
}

func (v *vocabulary) add(word, term string) {
	if v.seen == nil {
		v.seen = map[string]string{}
	}
	if len(word) < 48 { // bytes; longer ones are no words that people misspell
		v.seen[word] = term
	}
}

func (v *vocabulary) sort() {
	v.byLen = map[int][]spelling{}
	for word, term := range v.seen {
		n := utf8.RuneCountInString(word)
		v.byLen[n] = append(v.byLen[n], spelling{word: word, term: term, runes: []rune(word)})
	}
	for _, list := range v.byLen {
		slices.SortFunc(list, func(a, b spelling) int { return strings.Compare(a.word, b.word) })
	}
}

// near returns the known words that differ from an unknown one by the fewest
// edits: one edit in words of 4 to 7 characters, two in longer ones.
func (v *vocabulary) near(word string) []spelling {
	runes := []rune(word)
	if _, known := v.seen[word]; known || len(runes) < 4 || len(runes) > 40 {
		return nil
	}
	best := 1
	if len(runes) > 7 {
		best = 2
	}
	var found []spelling
	for n := len(runes) - best; n <= len(runes)+best; n++ {
		for _, s := range v.byLen[n] {
			if s.runes[0] != runes[0] && (len(s.runes) < 2 || s.runes[1] != runes[1]) {
				continue // two errors at the very start are rare, and this halves the work
			}
			d := distance(runes, s.runes, best)
			if d > best {
				continue
			}
			if d < best {
				best, found = d, nil
			}
			found = append(found, s)
		}
	}
	return found
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours that make b of a (optimal string alignment), limit+1 when there
// are more than limit.
func distance(a, b []rune, limit int) int {
	if abs(len(a)-len(b)) > limit {
		return limit + 1
	}
	var rows [3][64]int // vocabulary and near keep words shorter
	older, last, row := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		older, last, row = last, row, older
	}
	return last[len(b)]
}

func abs(n int) int { return max(n, -n) }
