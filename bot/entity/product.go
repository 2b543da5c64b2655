package entity

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"parley/internal/words"
)

// Named is a product of the operator's list, with other names that people use.
type Named struct {
	Name    string
	Aliases []string
}

// Catalogue finds the operator's products in what visitors write, also misspelt,
// and with a space too many or too few. It is immutable and safe for any number
// of goroutines.
type Catalogue struct {
	names []productName
	words int // of the longest name
}

// productName is one name of a product, folded and without spaces.
type productName struct {
	spelling
	product string
	words   int
	chinese string // the name when it has Chinese characters, "" otherwise
}

// NewCatalogue prepares a list of products. Names without a letter or digit are
// left out.
func NewCatalogue(list []Named) *Catalogue {
	c := &Catalogue{}
	for _, p := range list {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			var n words.Text
			n.Set(name)
			if sp := spelledAs(joined(&n)); len(sp.runes) > 0 {
				known := productName{spelling: sp, product: p.Name, words: len(n.Runs)}
				if folded := strings.TrimSpace(read(name).folded); strings.ContainsFunc(folded, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					known.chinese = folded
				}
				c.names = append(c.names, known)
				c.words = max(c.words, len(n.Runs))
			}
		}
	}
	return c
}

func joined(n *words.Text) string {
	var b strings.Builder
	for _, run := range n.Runs {
		b.Write(n.Bytes[run.From:run.To])
	}
	return b.String()
}

// mostTokens bounds how many words of a message are compared with the list: the
// work grows with both.
const mostTokens = 200

// Find returns the products that the text names, the surest first; where two
// overlap the one that takes more of the text. A short name must be right to the
// letter, one of five letters may have one wrong, one of eight two; the figures
// of a name are never wrong: "X200" is not "X100". Of a long text the first 200
// words are read.
func (c *Catalogue) Find(text string) []Entity {
	s := read(text)
	tokens := s.tokens()
	tokens = tokens[:min(len(tokens), mostTokens)]
	var found []match
	for size := 1; size <= min(c.words+1, len(tokens)); size++ {
		for i := 0; i+size <= len(tokens); i++ {
			from, to := tokens[i][0], tokens[i+size-1][1]
			typed := spelledAs(s.folded[from:to])
			for n := range c.names {
				if wrong, ok := c.names[n].differs(&typed, size); ok {
					found = append(found, match{from, to, c.names[n].product, -wrong})
				}
			}
		}
	}
	for n := range c.names { // no spaces part words in Chinese
		if name := &c.names[n]; name.chinese != "" {
			if at := strings.Index(s.folded, name.chinese); at >= 0 {
				found = append(found, match{at, at + len(name.chinese), name.product, 0})
			}
		}
	}
	return s.entities(Product, longest(found))
}

// longest drops matches that overlap one that takes more of the text, or as much
// with fewer wrong letters.
func longest(found []match) []match {
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.to-b.from, a.to-a.from), cmp.Compare(b.rank, a.rank), cmp.Compare(a.from, b.from))
	})
	var out []match
	for _, m := range found {
		if !overlaps(out, m.from, m.to) {
			out = append(out, m)
		}
	}
	return out
}

// tokens are the bytes of the words.
func (s *source) tokens() [][2]int {
	var out [][2]int
	start := -1
	for i, r := range s.folded + " " {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			out = append(out, [2]int{start, i})
			start = -1
		}
	}
	return out
}

// spelling is what names and typed words are compared by.
type spelling struct {
	runes   []rune
	figures []rune
	letters uint64 // a bit for each letter that occurs, by its code modulo 64
}

// spelledAs leaves out all but letters and digits.
func spelledAs(text string) spelling {
	var sp spelling
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		sp.runes = append(sp.runes, r)
		sp.letters |= 1 << (uint32(r) % 64) //nolint:gosec // no letter is negative
		if unicode.IsDigit(r) {
			sp.figures = append(sp.figures, r)
		}
	}
	return sp
}

// differs returns how many letters of the typed words are wrong, and whether
// that is few enough. Words that are joined or parted count as one.
func (p *productName) differs(typed *spelling, words int) (wrong int, ok bool) {
	if words != p.words {
		return 1, words <= p.words+1 && words >= p.words-1 && slices.Equal(typed.runes, p.runes)
	}
	allowed := 0
	switch {
	case len(p.runes) >= 8:
		allowed = 2
	case len(p.runes) >= 5:
		allowed = 1
	}
	// A wrong letter takes at most one of the set and adds at most one.
	if longer := len(typed.runes) - len(p.runes); longer > allowed || -longer > allowed || bits.OnesCount64(typed.letters^p.letters) > 2*allowed {
		return 0, false
	}
	if !slices.Equal(typed.figures, p.figures) {
		return 0, false
	}
	wrong = distance(typed.runes, p.runes)
	return wrong, wrong <= allowed
}

// distance is the least number of letters added, left out, replaced or swapped
// with their neighbour (optimal string alignment).
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows = [3][]int{last, row, before}
	}
	return rows[1][len(b)]
}
