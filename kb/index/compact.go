package index

// wasteful reports whether what is dropped takes much room.
func (p *part) wasteful() bool {
	dead := len(p.articles) - len(p.byID)
	return dead > 32+len(p.byID)/4
}

// compacted returns the part without what is dropped. The old one stays as it
// is, for searches that are on their way.
func (p *part) compacted() *part {
	next := newPart(p.analyzer)
	next.sum, next.sumLen, next.live = p.sum, p.sumLen, p.live
	articleTo, chunkTo := make([]int32, len(p.articles)), make([]int32, len(p.chunks))
	for i := range p.articles {
		a := p.articles[i]
		articleTo[i] = -1
		for c := a.first; c < a.first+a.n; c++ {
			chunkTo[c] = -1
		}
		if a.dead {
			continue
		}
		articleTo[i] = int32(len(next.articles)) //nolint:gosec // fewer than before
		first := int32(len(next.chunks))         //nolint:gosec // likewise
		for _, c := range p.chunks[a.first : a.first+a.n] {
			chunkTo[a.first+int32(len(next.chunks))-first] = int32(len(next.chunks)) //nolint:gosec // likewise
			c.article = articleTo[i]
			next.chunkAt[c.id] = int32(len(next.chunks)) //nolint:gosec // likewise
			next.chunks = append(next.chunks, c)
		}
		a.first = first
		next.byID[a.id] = articleTo[i]
		if a.head != 0 {
			next.heads[a.head] = articleTo[i]
		}
		next.articles = append(next.articles, a)
	}
	next.copyLists(p, articleTo, chunkTo)
	next.weighGrams(0)
	return next
}

// copyLists copies the lists of words and n-grams with new numbers.
func (p *part) copyLists(from *part, articleTo, chunkTo []int32) {
	termTo := make([]int32, len(from.terms))
	for i := range from.terms {
		if from.terms[i].df > 0 {
			termTo[i] = p.copyTerm(&from.terms[i], articleTo, chunkTo)
		}
	}
	for i := range p.articles {
		terms := make([]int32, len(p.articles[i].terms))
		for k, t := range p.articles[i].terms {
			terms[k] = termTo[t]
		}
		p.articles[i].terms = terms
	}
	from.words.each(func(word string, t int32) {
		if from.terms[t].df > 0 {
			p.words.add(word, termTo[t])
		}
	})
	if from.grams == nil {
		p.grams = nil
		return
	}
	for h, hits := range from.grams {
		kept := renumbered(hits, chunkTo, func(hit *gramHit) *int32 { return &hit.chunk })
		if len(kept) > 0 {
			p.grams[h] = kept
		}
	}
}

func (p *part) copyTerm(old *term, articleTo, chunkTo []int32) int32 {
	n := p.term(old.text)
	p.terms[n] = term{
		text: old.text, df: old.df,
		articles: renumbered(old.articles, articleTo, func(hit *articleHit) *int32 { return &hit.article }),
		chunks:   renumbered(old.chunks, chunkTo, func(hit *chunkHit) *int32 { return &hit.chunk }),
	}
	return n
}

// renumbered returns the entries of a list whose number is still in use, with
// the new one.
func renumbered[T any](list []T, to []int32, number func(*T) *int32) []T {
	out := make([]T, 0, len(list))
	for i := range list {
		entry := list[i]
		n := number(&entry)
		if *n = to[*n]; *n >= 0 {
			out = append(out, entry)
		}
	}
	return out
}
