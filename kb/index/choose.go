package index

import (
	"cmp"
	"slices"
)

// readable reports whether the reader may see an article that has passages.
func (s *partSearch) readable(n int32) bool {
	a := &s.articles[n]
	return !a.dead && a.n > 0 && s.query.sees(a)
}

// choose makes candidates of the best articles by words, and of those with the
// best passages by n-grams.
func (s *partSearch) choose(sc *scratch) {
	byWords := slices.DeleteFunc(slices.Clone(sc.articles), func(n int32) bool { return !s.readable(n) })
	byWords = top(byWords, pool, func(n int32) float64 { return sc.bm25[n] })
	byGrams := slices.DeleteFunc(slices.Clone(sc.chunks), func(c int32) bool { return sc.char[c] < minChar || !s.readable(s.chunks[c].article) })
	byGrams = top(byGrams, charPool, func(c int32) float64 { return sc.char[c] })
	chosen := map[int32]bool{}
	s.found = make([]candidate, 0, len(byWords)+len(byGrams))
	add := func(n int32) {
		if !chosen[n] {
			chosen[n] = true
			s.found = append(s.found, candidate{article: n, bm25: sc.bm25[n], cover: sc.cover[n], chunk: s.articles[n].first})
		}
	}
	for _, n := range byWords {
		add(n)
	}
	for _, c := range byGrams {
		add(s.chunks[c].article)
	}
	slices.SortFunc(s.found, func(a, b candidate) int { return cmp.Compare(a.article, b.article) })
}

// top returns the n numbers with the highest values; of equal ones the first.
func top(list []int32, n int, value func(int32) float64) []int32 {
	if len(list) > 4*n { // sort only what is above a bound that n of them are above
		sample := make([]float64, len(list))
		for i, x := range list {
			sample[i] = value(x)
		}
		bound := nth(sample, n)
		list = slices.DeleteFunc(list, func(x int32) bool { return value(x) < bound })
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(value(b), value(a)), cmp.Compare(a, b))
	})
	return list[:min(n, len(list))]
}

// nth returns the n-th highest of the values, and reorders them (Hoare's
// quickselect).
func nth(values []float64, n int) float64 {
	lo, hi, k := 0, len(values)-1, min(n, len(values))-1
	for lo < hi {
		pivot := values[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for values[i] > pivot {
				i++
			}
			for values[j] < pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return values[k]
		}
	}
	return values[k]
}
