package index

import (
	"cmp"
	"math"
	"slices"
)

// leadPassages is how many passages of an article are worth a cosine.
const leadPassages = 2

// leads ranks by the lexical scores alone.
func (s *partSearch) leads(limit int, w Weights) []int64 {
	ranked := s.rank(nil, w)
	out := make([]int64, 0, (leadPassages+1)*limit)
	for _, c := range ranked[:min(limit, len(ranked))] {
		a := &s.articles[c.article]
		numbers := make([]int32, len(c.passages))
		for i := range numbers {
			numbers[i] = int32(i)
		}
		for _, i := range top(numbers, leadPassages, func(i int32) float64 {
			return c.passages[i].bm25/max(c.bestChunk, 1e-9) + c.passages[i].char
		}) {
			out = append(out, s.chunks[a.first+i].id)
		}
		if a.head != 0 {
			out = append(out, a.head)
		}
	}
	return out
}

func (s *partSearch) results(cosines map[int64]float64, w Weights, trust float64, limit int) []Result {
	ranked := s.rank(cosines, w)
	around := s.around(ranked)
	ranked = ranked[:min(limit, len(ranked))]
	out := make([]Result, len(ranked))
	for i := range ranked {
		c := &ranked[i]
		out[i] = Result{Article: s.articles[c.article].id, Chunk: s.chunks[c.chunk].id, Score: c.score, Answerable: answerable(s.evidence(c, around, trust))}
	}
	return out
}

// rank returns the articles that have any evidence, best first; equal ones in
// the order of the index, so that results are the same each time.
func (s *partSearch) rank(cosines map[int64]float64, w Weights) []candidate {
	list := s.withNear(cosines)
	topChar, topChunk := 1e-9, 1e-9
	for i := range list {
		topChar, topChunk = max(topChar, list[i].char), max(topChunk, list[i].bestChunk)
	}
	grams := 1.0
	if !s.analyzer.Stems() {
		grams = unstemmedChar
	}
	kept := list[:0]
	for i := range list {
		c := &list[i]
		s.measure(c, cosines, topChunk)
		if c.bm25 == 0 && c.char < minChar && c.dense < minDense {
			continue
		}
		c.bm25Share, c.charShare = c.bm25/(wholeBM25*max(s.best, 1e-9)), grams*c.char/topChar
		c.score = w.score([kinds]float64{byWords: c.bm25Share, byChar: c.charShare, byDense: c.dense, byHead: c.head})
		kept = append(kept, *c)
	}
	slices.SortStableFunc(kept, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return kept
}

// withNear returns the candidates and the articles that only a cosine speaks
// for.
func (s *partSearch) withNear(cosines map[int64]float64) []candidate {
	list := slices.Clone(s.found)
	chosen := make(map[int32]bool, len(list))
	for i := range list {
		chosen[list[i].article] = true
	}
	for id := range cosines {
		n, ok := s.heads[id]
		if !ok {
			var c int32
			if c, ok = s.chunkAt[id]; ok {
				n = s.chunks[c].article
			}
		}
		if ok && !chosen[n] && s.readable(n) {
			chosen[n] = true
			list = append(list, candidate{article: n, passages: make([]passage, s.articles[n].n), chunk: s.articles[n].first})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(a.article, b.article) })
	return list
}

// measure adds the cosines to a candidate and finds its best passage.
func (s *partSearch) measure(c *candidate, cosines map[int64]float64, topChunk float64) {
	a := &s.articles[c.article]
	if s.query.Hidden == "" {
		c.head = max(0, cosines[a.head])
	}
	c.dense = c.head
	best := math.Inf(-1)
	for i, p := range c.passages {
		n := a.first + int32(i)
		cosine := cosines[s.chunks[n].id]
		if fit := p.bm25/topChunk + 0.5*p.char + cosine; fit > best {
			best, c.chunk = fit, n
		}
		c.dense = max(c.dense, cosine)
	}
}
