package entity

import (
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
type Catalogue struct{ names []productName }

// productName is one name of a product, folded and without spaces.
type productName struct {
	product string
	runes   []rune
	words   int
}

// NewCatalogue prepares a list of products. Names without a letter or digit are
// left out.
func NewCatalogue(list []Named) *Catalogue {
	c := &Catalogue{}
	for _, p := range list {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			var n words.Text
			n.Set(name)
			if runes := joined(&n, 0, len(n.Runs)); len(runes) > 0 {
				c.names = append(c.names, productName{p.Name, runes, len(n.Runs)})
			}
		}
	}
	return c
}

func joined(n *words.Text, from, to int) []rune {
	var b strings.Builder
	for _, run := range n.Runs[from:to] {
		b.Write(n.Bytes[run.From:run.To])
	}
	return []rune(b.String())
}

// Find returns the products that the text names, the surest first. A short name
// must be right to the letter, one of four letters may have one wrong, one of
// eight two; the figures of a name are never wrong: "X200" is not "X100".
func (c *Catalogue) Find(text string) []Entity {
	s := read(text)
	tokens := s.tokens()
	var found []match
	for _, name := range c.names {
		for size := max(1, name.words-1); size <= min(name.words+1, len(tokens)); size++ {
			for i := 0; i+size <= len(tokens); i++ {
				from, to := tokens[i][0], tokens[i+size-1][1]
				if wrong, ok := name.differs(s.folded[from:to], size); ok {
					found = append(found, match{from, to, name.product, -wrong})
				}
			}
		}
	}
	return s.entities(Product, found)
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

// differs returns how many letters of the typed words are wrong, and whether
// that is few enough. Words that are joined or parted count as one.
func (p *productName) differs(typed string, words int) (wrong int, ok bool) {
	runes := make([]rune, 0, len(p.runes)+4)
	for _, r := range typed {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			runes = append(runes, r)
		}
	}
	allowed := 0
	switch {
	case len(p.runes) >= 8:
		allowed = 2
	case len(p.runes) >= 4:
		allowed = 1
	}
	if words != p.words && slices.Equal(runes, p.runes) {
		return 1, true
	}
	if words != p.words || max(len(runes), len(p.runes))-min(len(runes), len(p.runes)) > allowed {
		return 0, false
	}
	if !slices.Equal(figuresOf(runes), figuresOf(p.runes)) {
		return 0, false
	}
	wrong = distance(runes, p.runes)
	return wrong, wrong <= allowed
}

func figuresOf(runes []rune) []rune {
	var out []rune
	for _, r := range runes {
		if unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	return out
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
