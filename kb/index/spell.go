package index

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// vocabulary knows the words of the articles as they are written, for queries
// with typing errors. It keeps words whose articles are gone until the part is
// compacted; the number of articles of their term tells.
type vocabulary struct {
	byLen map[int][]spelling
	seen  map[string]int32 // word → term
}

type spelling struct {
	word  string
	runes []rune
	term  int32
}

const maxWordBytes = 48 // longer ones are no words that people misspell

func (v *vocabulary) add(word string, term int32) {
	if v.seen == nil {
		v.seen, v.byLen = map[string]int32{}, map[int][]spelling{}
	}
	if _, known := v.seen[word]; known || len(word) >= maxWordBytes {
		return
	}
	v.seen[word] = term
	runes := []rune(word)
	v.byLen[len(runes)] = append(v.byLen[len(runes)], spelling{word: word, runes: runes, term: term})
}

func (v *vocabulary) each(do func(word string, term int32)) {
	for word, term := range v.seen {
		do(word, term)
	}
}

// near returns the known words that differ from an unknown one by the fewest
// edits: one edit in words of 4 to 7 characters, two in longer ones. used tells
// whether any article has a term.
func (v *vocabulary) near(word string, used func(term int32) bool) []spelling {
	runes := []rune(word)
	if len(runes) < 4 || len(runes) > 40 {
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
			if d > best || !used(s.term) {
				continue
			}
			if d < best {
				best, found = d, nil
			}
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b spelling) int { return strings.Compare(a.word, b.word) })
	return found
}

// halves parts a word that was typed without the space between two known ones.
func (v *vocabulary) halves(word string, used func(term int32) bool) (left, right string) {
	const least = 3 // characters of a half
	if utf8.RuneCountInString(word) < 2*least {
		return "", ""
	}
	best := 0
	for i := range word {
		a, b := word[:i], word[i:]
		short := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
		if short < least || short <= best {
			continue
		}
		ta, knownA := v.seen[a]
		tb, knownB := v.seen[b]
		if knownA && knownB && used(ta) && used(tb) {
			best, left, right = short, a, b
		}
	}
	return left, right
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
