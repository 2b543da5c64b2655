package index

import (
	"cmp"
	"math"
	"slices"

	"parley/kb/analysis"
)

// Words that more than a share of many articles have bring no article of their
// own beside rarer ones: they would cost most and say least.
const (
	frequentShare = 0.2
	frequentFrom  = 2000 // articles
)

// countArticles sums up BM25F (Zaragoza et al., TREC 2004).
func (s *partSearch) countArticles(sc *scratch) {
	var mean [fields]float64
	n := float64(max(len(s.byID), 1))
	for f := range fields {
		mean[f] = max(s.sum[f]/n, 1e-9)
	}
	for _, w := range s.words {
		t := &s.terms[w.term]
		idf := w.weight * s.idf(t.df)
		s.best += idf * (k1 + 1)
		add := func(hit *articleHit) {
			if tf := s.frequency(hit, &mean); tf > 0 {
				sc.article(hit.article, idf*tf*(k1+1)/(tf+k1), idf)
			}
		}
		if len(s.byID) < frequentFrom || float64(t.df) < frequentShare*n || len(sc.articles) == 0 {
			for i := range t.articles {
				add(&t.articles[i])
			}
			continue
		}
		t.among(sc, add)
	}
}

// frequency is how often an article has a word, weighted by field and by how
// long the field is.
func (s *partSearch) frequency(hit *articleHit, mean *[fields]float64) (tf float64) {
	a := &s.articles[hit.article]
	for f := range fields {
		if hit.tf[f] > 0 && (f != inTitle || s.query.Hidden == "") {
			tf += fieldWeight[f] * float64(hit.tf[f]) / (1 - fieldB[f] + fieldB[f]*float64(a.len[f])/mean[f])
		}
	}
	return tf
}

// among calls add for the articles that have the term and a score already.
func (t *term) among(sc *scratch, add func(*articleHit)) {
	if 16*len(sc.articles) > len(t.articles) {
		for i := range t.articles {
			if sc.bm25[t.articles[i].article] > 0 {
				add(&t.articles[i])
			}
		}
		return
	}
	for _, a := range sc.articles { // none of them is new: the list stays as it is
		if i, ok := slices.BinarySearchFunc(t.articles, a, func(h articleHit, a int32) int { return cmp.Compare(h.article, a) }); ok {
			add(&t.articles[i])
		}
	}
}

// countGrams computes the cosines of the passages' n-grams.
func (s *partSearch) countGrams(sc *scratch, words []analysis.Word) {
	if s.grams == nil {
		return
	}
	counts := map[uint32]float64{}
	var order []uint32
	analysis.Grams(words, func(h uint32) {
		if counts[h] == 0 {
			order = append(order, h)
		}
		counts[h]++
	})
	hidden := s.hidden()
	norm := 0.0
	for _, h := range order {
		hits := s.grams[h]
		idf := s.gramIDF(hits)
		w := (1 + math.Log(counts[h])) * idf
		norm += w * w
		for _, hit := range hits {
			tf := float64(hit.tf)
			if hidden != nil && hit.chunk >= hidden.first && hit.chunk < hidden.first+hidden.n {
				if tf = 1 + math.Log(max(math.Exp(tf-1)-counts[h], 1e-9)); tf < 0.5 {
					continue
				}
			}
			sc.chunk(hit.chunk, w*idf*tf)
		}
	}
	norm = math.Sqrt(max(norm, 1e-9))
	for _, c := range sc.chunks {
		sc.char[c] /= norm * max(float64(s.chunks[c].norm), 1e-9)
	}
}

func (s *partSearch) hidden() *article {
	if s.query.Hidden == "" {
		return nil
	}
	if n, ok := s.byID[s.query.Hidden]; ok {
		return &s.articles[n]
	}
	return nil
}

// countPassages computes BM25 of the candidates' passages.
func (s *partSearch) countPassages(sc *scratch) {
	meanLen := max(s.sumLen/float64(max(s.live, 1)), 1e-9)
	for i := range s.found {
		c := &s.found[i]
		a := &s.articles[c.article]
		c.passages = make([]passage, a.n)
		for k := range c.passages {
			c.passages[k].char = sc.char[a.first+int32(k)]
			c.char = max(c.char, c.passages[k].char)
		}
		for _, w := range s.words {
			t := &s.terms[w.term]
			idf := w.weight * s.idf(t.df)
			at, _ := slices.BinarySearchFunc(t.chunks, a.first, func(h chunkHit, first int32) int { return cmp.Compare(h.chunk, first) })
			for ; at < len(t.chunks) && t.chunks[at].chunk < a.first+a.n; at++ {
				hit := t.chunks[at]
				tf, norm := float64(hit.tf), 1-b+b*float64(s.chunks[hit.chunk].len)/meanLen
				c.passages[hit.chunk-a.first].bm25 += idf * tf * (k1 + 1) / (tf + k1*norm)
			}
		}
		for _, p := range c.passages {
			c.bestChunk = max(c.bestChunk, p.bm25)
		}
		c.bm25 += passageShare * c.bestChunk
	}
}
