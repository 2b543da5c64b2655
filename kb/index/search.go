package index

import (
	"cmp"
	"math"
	"slices"

	"parley/kb/analysis"
)

// Query asks the index.
type Query struct {
	Text   string
	Locale string // BCP 47; "" or a language without articles asks all languages
	Agents bool   // the reader may see what is for agents only
}

// Result is an article with the passage of it that fits best.
type Result struct {
	Article    string
	Chunk      int64
	Score      float64 // comparable within the results
	Answerable float64 // 0 … 1, comparable over queries
}

// The constants of the ranking, set on two public help centres.
const (
	k1 = 1.2
	b  = 0.75 // of headings, bodies and passages

	passageShare  = 0.25 // of the best passage's BM25, beside the article's
	charWeight    = 0.5
	charUnstemmed = 1.0  // where n-grams stand in for a stemmer
	denseWeight   = 1.3  // of the best cosine of title or passages
	headWeight    = 0.6  // of the title's alone: long articles have a passage near anything
	nearWeight    = 0.7  // of a word that is only spelt like the one asked for
	minChar       = 0.05 // evidence below these is chance
	minDense      = 0.25
)

// fieldWeight and fieldB are the weights and length normalisations of BM25F.
var (
	fieldWeight = [fields]float64{inTitle: 2, inHeading: 1.2, inBody: 1}
	fieldB      = [fields]float64{inTitle: 0.4, inHeading: b, inBody: b}
)

// Search is one query on its way: the lexical part is done, the cosines are to
// come.
type Search struct{ parts []*partSearch }

// Begin computes the lexical scores of a query.
func (x *Index) Begin(q Query) *Search {
	s := &Search{}
	if p := x.parts[language(q.Locale)]; p != nil {
		s.parts = append(s.parts, p.begin(q))
		return s
	}
	for _, p := range x.parts {
		s.parts = append(s.parts, p.begin(q))
	}
	return s
}

// Text is the query with words that no article has spelt like the one word
// that resembles them: what is worth embedding.
func (s *Search) Text() string {
	if len(s.parts) == 0 {
		return ""
	}
	return string(s.parts[0].text)
}

// Leads returns the chunks whose cosine is worth knowing, at most limit for a
// language: the best passages and the heads of the best articles.
func (s *Search) Leads(limit int) []int64 {
	var out []int64
	for _, p := range s.parts {
		out = append(out, p.leads(limit)...)
	}
	return out
}

// Results fuses the lexical scores with the cosines of chunks, given by id and
// scaled so that unrelated texts have about 0. Chunks without a cosine count
// as unrelated. Results of several languages are in the order of Answerable.
func (s *Search) Results(cosines map[int64]float64, limit int) []Result {
	var out []Result
	for _, p := range s.parts {
		out = append(out, p.results(cosines, limit)...)
	}
	if len(s.parts) > 1 {
		slices.SortStableFunc(out, func(a, b Result) int { return cmp.Compare(b.Answerable, a.Answerable) })
	}
	return out[:min(limit, len(out))]
}

// partSearch is a query in one language.
type partSearch struct {
	*part
	agents bool
	mass   float64   // idf of all the query's words
	bm25   []float64 // by article
	cover  []float64 // by article: idf of the query's words that it has
	chunk  []float64 // BM25 by chunk
	char   []float64 // cosine of n-grams by chunk
	text   []byte    // the query, its words spelt as the articles spell them
}

func (p *part) begin(q Query) *partSearch {
	s := &partSearch{
		part: p, agents: q.Agents,
		bm25: make([]float64, len(p.articles)), cover: make([]float64, len(p.articles)), chunk: make([]float64, len(p.chunks)),
	}
	words := p.analyzer.Words(q.Text)
	at := 0 // up to where the text has been copied
	seen := map[string]bool{}
	for _, w := range words {
		if w.Stop || seen[w.Term] {
			continue
		}
		seen[w.Term] = true
		if t, ok := p.terms[w.Term]; ok {
			s.mass += t.idf
			s.count(t, 1)
			continue
		}
		s.mass += p.best
		near := p.words.near(w.Text)
		for _, n := range near {
			if !seen[n.term] {
				seen[n.term] = true
				s.count(p.terms[n.term], nearWeight)
			}
		}
		if len(near) > 0 && sameTerm(near) {
			s.text = append(append(s.text, q.Text[at:w.Start]...), near[0].word...)
			at = w.End
		}
	}
	s.text = append(s.text, q.Text[at:]...)
	s.char = p.charCosines(words)
	return s
}

// count adds a term's share to the scores: BM25F (Zaragoza et al., TREC 2004)
// for articles, BM25 for passages.
func (s *partSearch) count(t term, weight float64) {
	w := weight * t.idf
	for _, hit := range t.articles {
		a := &s.articles[hit.article]
		tf := 0.0
		for f := range fields {
			if hit.tf[f] > 0 {
				tf += fieldWeight[f] * float64(hit.tf[f]) / (1 - fieldB[f] + fieldB[f]*float64(a.len[f])/s.mean[f])
			}
		}
		s.bm25[hit.article] += w * tf * (k1 + 1) / (tf + k1)
		s.cover[hit.article] += w
	}
	for _, hit := range t.chunks {
		tf := float64(hit.tf)
		norm := 1 - b + b*float64(s.chunks[hit.chunk].len)/s.meanLen
		s.chunk[hit.chunk] += w * tf * (k1 + 1) / (tf + k1*norm)
	}
}

// sameTerm reports whether words are forms of one.
func sameTerm(words []spelling) bool {
	for _, w := range words {
		if w.term != words[0].term {
			return false
		}
	}
	return true
}

func (p *part) charCosines(words []analysis.Word) []float64 {
	counts := map[uint32]float64{}
	analysis.Grams(words, func(h uint32) { counts[h]++ })
	out := make([]float64, len(p.chunks))
	norm, n := 0.0, float64(len(p.chunks))
	for h, tf := range counts {
		hits := p.grams[h]
		w := (1 + math.Log(tf)) * gramIDF(n, float64(len(hits)))
		norm += w * w
		for _, hit := range hits {
			out[hit.chunk] += w * float64(hit.weight)
		}
	}
	if norm > 0 {
		for i := range out {
			out[i] /= math.Sqrt(norm)
		}
	}
	return out
}

// leads ranks by the lexical scores alone.
func (s *partSearch) leads(limit int) []int64 {
	ranked := s.rank(nil)
	out := make([]int64, 0, 2*limit)
	for _, c := range ranked[:min(limit/2, len(ranked))] {
		out = append(out, s.chunks[c.chunk].id)
		if head := s.articles[c.article].head; head != 0 {
			out = append(out, head)
		}
	}
	return out
}

func (s *partSearch) results(cosines map[int64]float64, limit int) []Result {
	ranked := s.rank(cosines)
	out := make([]Result, 0, min(limit, len(ranked)))
	for _, c := range ranked[:min(limit, len(ranked))] {
		out = append(out, Result{
			Article: s.articles[c.article].id, Chunk: s.chunks[c.chunk].id, Score: c.score,
			Answerable: answerable(evidence{dense: c.dense, char: c.char, cover: s.cover[c.article] / max(s.mass, 1e-9)}),
		})
	}
	return out
}

// candidate is an article with the best of its passages.
type candidate struct {
	article, chunk                 int
	bm25, char, dense, head, score float64
}

// rank returns the articles that have any evidence, best first; equal ones in
// the order of the index, so that results are the same each time.
func (s *partSearch) rank(cosines map[int64]float64) []candidate {
	var found []candidate
	var topBM25, topChar float64
	topChunk := max(slices.Max(append(s.chunk, 0)), 1e-9)
	for i := range s.articles {
		a := &s.articles[i]
		if a.n == 0 || a.agents && !s.agents {
			continue
		}
		c := s.candidate(i, topChunk, cosines)
		if c.bm25 == 0 && c.char < minChar && c.dense < minDense {
			continue
		}
		topBM25, topChar = max(topBM25, c.bm25), max(topChar, c.char)
		found = append(found, c)
	}
	weight := charWeight
	if !s.analyzer.Stems() {
		weight = charUnstemmed
	}
	for i := range found {
		c := &found[i]
		c.score = denseWeight*c.dense + headWeight*c.head + c.bm25/max(topBM25, 1e-9) + weight*c.char/max(topChar, 1e-9)
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return found
}

func (s *partSearch) candidate(i int, topChunk float64, cosines map[int64]float64) candidate {
	a := &s.articles[i]
	head := max(0, cosines[a.head])
	c := candidate{article: i, chunk: a.first, head: head, dense: head}
	passage, best := 0.0, math.Inf(-1)
	for j := a.first; j < a.first+a.n; j++ {
		cosine := cosines[s.chunks[j].id]
		if fit := s.chunk[j]/topChunk + charWeight*s.char[j] + cosine; fit > best {
			best, c.chunk = fit, j
		}
		passage, c.char, c.dense = max(passage, s.chunk[j]), max(c.char, s.char[j]), max(c.dense, cosine)
	}
	c.bm25 = s.bm25[i] + passageShare*passage
	return c
}

// Has reports whether there are articles in the language of the locale.
func (x *Index) Has(locale string) bool { return x.parts[language(locale)] != nil }
