package index

import (
	"cmp"
	"slices"

	"parley/kb/analysis"
)

func (s *partSearch) used(t int32) bool { return s.terms[t].df > 0 }

// reading is a query while its words are looked up.
type reading struct {
	*partSearch
	source string
	at     int // up to where the text has been copied
	seen   map[int32]bool
}

// read finds the query's words among the articles'.
func (s *partSearch) read(text string, words []analysis.Word) {
	r := reading{partSearch: s, source: text, seen: map[int32]bool{}}
	unknown := map[string]bool{}
	for _, w := range words {
		if w.Stop || unknown[w.Term] {
			continue
		}
		if t, ok := s.termAt[w.Term]; ok && s.used(t) {
			if !r.seen[t] {
				s.mass += s.idf(s.terms[t].df)
			}
			r.want(t, 1)
			continue
		}
		unknown[w.Term] = true
		s.mass += s.idf(0)
		r.guess(w)
	}
	s.text = append(s.text, text[r.at:]...)
	slices.SortStableFunc(s.words, func(a, b wanted) int { return cmp.Compare(s.terms[a.term].df, s.terms[b.term].df) })
}

func (r *reading) want(t int32, weight float64) {
	if !r.seen[t] {
		r.seen[t] = true
		r.words = append(r.words, wanted{t, weight})
	}
}

// guess looks for words that one which no article has was meant to be.
func (r *reading) guess(w analysis.Word) {
	near := r.part.words.near(w.Text, r.used)
	for _, n := range near {
		r.want(n.term, nearWeight)
	}
	if w.Joined { // nobody has typed it
		return
	}
	if len(near) > 0 {
		if best, ok := r.clearest(near); ok {
			r.respell(w, best.word)
		}
		return
	}
	if left, right := r.part.words.halves(w.Text, r.used); left != "" {
		r.respell(w, left+" "+right)
		r.want(r.part.words.seen[left], nearWeight)
		r.want(r.part.words.seen[right], nearWeight)
	}
}

func (r *reading) respell(w analysis.Word, as string) {
	r.text = append(append(r.text, r.source[r.at:w.Start]...), as...)
	r.at, r.respelt = w.End, true
}

// clearest returns the word that most articles have of those as near to what
// was typed; ok when no other comes close.
func (s *partSearch) clearest(near []spelling) (best spelling, ok bool) {
	best = near[0]
	for _, n := range near[1:] {
		if s.terms[n.term].df > s.terms[best.term].df {
			best = n
		}
	}
	for _, n := range near {
		if n.term != best.term && 4*s.terms[n.term].df > s.terms[best.term].df {
			return best, false
		}
	}
	return best, true
}
