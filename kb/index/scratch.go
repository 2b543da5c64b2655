package index

import "sync"

// scratch is the memory of a search: scores by number, and which of them are
// not zero.
type scratch struct {
	bm25, cover []float64 // by article
	articles    []int32   // that have a score
	char        []float64 // by chunk
	chunks      []int32   // that have a score
}

// scratchPool keeps the memory of searches for the next one.
type scratchPool struct{ pool sync.Pool }

func (p *scratchPool) take(articles, chunks int) *scratch {
	s, ok := p.pool.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	if len(s.bm25) < articles {
		s.bm25, s.cover = make([]float64, articles+articles/8), make([]float64, articles+articles/8)
	}
	if len(s.char) < chunks {
		s.char = make([]float64, chunks+chunks/8)
	}
	return s
}

// give takes the memory back, cleared.
func (p *scratchPool) give(s *scratch) {
	for _, n := range s.articles {
		s.bm25[n], s.cover[n] = 0, 0
	}
	for _, n := range s.chunks {
		s.char[n] = 0
	}
	s.articles, s.chunks = s.articles[:0], s.chunks[:0]
	p.pool.Put(s)
}

func (s *scratch) article(n int32, bm25, cover float64) {
	if s.bm25[n] == 0 {
		s.articles = append(s.articles, n)
	}
	s.bm25[n] += bm25
	s.cover[n] += cover
}

func (s *scratch) chunk(n int32, char float64) {
	if s.char[n] == 0 {
		s.chunks = append(s.chunks, n)
	}
	s.char[n] += char
}
