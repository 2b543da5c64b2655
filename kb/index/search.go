package index

import (
	"cmp"
	"slices"

	"parley/kb/analysis"
)

// Query asks the index.
type Query struct {
	Text      string
	Locale    string   // BCP 47; "" or a language without articles asks all languages
	Audiences []string // whose articles the reader may see beside those for the public
	// Segments that the reader belongs to; nil is all of them.
	Segments []string
	// Hidden is an article whose own title is the query, for [Learn]: titles
	// count for nothing then, and the article's n-grams are those without it.
	Hidden string

	// spoken is the language of a text that is asked of others': what says nothing
	// in it says nothing in theirs, though it may look like a word of theirs, as
	// the French "comment" does.
	spoken string
}

// public is the audience that everybody belongs to.
const public = "public"

func (q *Query) sees(a *article) bool {
	if a.audience != "" && a.audience != public && !slices.Contains(q.Audiences, a.audience) {
		return false
	}
	return len(a.segments) == 0 || q.Segments == nil || slices.ContainsFunc(a.segments, func(s string) bool { return slices.Contains(q.Segments, s) })
}

// Result is an article with the passage of it that fits best.
type Result struct {
	Article    string
	Chunk      int64
	Score      float64 // comparable within the results
	Answerable float64 // 0 … 1, comparable over queries
}

// The constants of the ranking.
const (
	k1 = 1.2
	b  = 0.75 // of headings, bodies and passages

	passageShare  = 0.25 // of the best passage's BM25, beside the article's
	unstemmedChar = 2    // times the weight of n-grams where they stand in for a stemmer
	wholeBM25     = 0.5  // of the BM25 that a query could have at most: what a good answer has
	nearWeight    = 0.7  // of a word that is only spelt like the one asked for
	minChar       = 0.05 // evidence below these is chance
	minDense      = 0.12

	pool     = 200 // articles that are looked at more closely for their words
	charPool = 60  // passages for their n-grams
)

// fieldWeight and fieldB are the weights and length normalisations of BM25F.
var (
	fieldWeight = [fields]float64{inTitle: 2, inHeading: 1.2, inBody: 1}
	fieldB      = [fields]float64{inTitle: 0.4, inHeading: b, inBody: b}
)

// Search is one query on its way: the lexical part is done, the cosines are to
// come.
type Search struct {
	index   *Index
	weights Weights
	trust   float64
	parts   []*partSearch
}

// Trust says, 0 … 1, how much of the query is understood by what made the
// cosines; all of it unless said otherwise.
func (s *Search) Trust(share float64) { s.trust = share }

// trusted are the weights of a search whose cosines are worth little where
// words are not understood: a question that is half names is about the names.
func (s *Search) trusted() Weights {
	w := s.weights
	w.Dense *= s.trust * s.trust
	w.Head *= s.trust * s.trust
	return w
}

// Begin computes the lexical scores of a query.
func (x *Index) Begin(q Query) *Search {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := &Search{index: x, weights: x.weights, trust: 1}
	if p := x.parts[analysis.Language(q.Locale)]; p != nil {
		s.parts = append(s.parts, p.begin(&q))
		return s
	}
	q.spoken = analysis.Detect(q.Text)
	for _, p := range x.parts {
		s.parts = append(s.parts, p.begin(&q))
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

// Meant is the query as the reader probably meant to spell it, "" when there is
// no better spelling than theirs.
func (s *Search) Meant() string {
	for _, p := range s.parts {
		if p.respelt {
			return string(p.text)
		}
	}
	return ""
}

// Leads returns the chunks whose cosine is worth knowing: of at most limit
// articles of a language, those that are best by their words, the best passages
// and the head.
func (s *Search) Leads(limit int) []int64 {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	var out []int64
	for _, p := range s.parts {
		out = append(out, p.leads(limit, s.weights)...)
	}
	return out
}

// Results fuses the lexical scores with the cosines of chunks, given by id and
// scaled so that unrelated texts have about 0. Chunks without a cosine count
// as unrelated. Results of several languages are in the order of Answerable.
func (s *Search) Results(cosines map[int64]float64, limit int) []Result {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	trust := s.trust
	if len(cosines) == 0 { // none could be had: words are all there is
		trust = 0
	}
	var out []Result
	for _, p := range s.parts {
		out = append(out, p.results(cosines, s.trusted(), trust, limit)...)
	}
	if len(s.parts) > 1 {
		slices.SortStableFunc(out, func(a, b Result) int { return cmp.Compare(b.Answerable, a.Answerable) })
	}
	return out[:min(limit, len(out))]
}

// wanted is a word of the query, as the articles have it.
type wanted struct {
	term   int32
	weight float64
}

// partSearch is a query in one language.
type partSearch struct {
	*part
	query   *Query
	mass    float64 // idf of all the query's words
	best    float64 // BM25 of an article that has them all, often
	words   []wanted
	found   []candidate
	text    []byte // the query, its words spelt as the articles spell them
	respelt bool
}

// candidate is an article that may fit.
type candidate struct {
	article         int32
	bm25, cover     float64
	passages        []passage
	char, bestChunk float64
	chunk           int32
	dense, head     float64
	score           float64
	bm25Share       float64 // of the query's best
	charShare       float64 // likewise, more where n-grams stand in for a stemmer
}

// passage is what speaks for a chunk.
type passage struct{ bm25, char float64 }

func (p *part) begin(q *Query) *partSearch {
	s := &partSearch{part: p, query: q}
	words := p.analyzer.Words(q.Text)
	for i := range words {
		words[i].Stop = words[i].Stop || analysis.IsStop(q.spoken, words[i].Text)
	}
	s.read(q.Text, words)
	sc := p.scratch.take(len(p.articles), len(p.chunks))
	defer p.scratch.give(sc)
	s.countArticles(sc)
	s.countGrams(sc, words)
	s.choose(sc)
	s.countPassages(sc)
	return s
}
