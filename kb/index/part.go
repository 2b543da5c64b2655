package index

import (
	"math"

	"parley/kb/analysis"
)

// part holds the articles of one language: words of different languages must
// not share their frequencies. Articles and chunks have numbers in the order
// they came in, so lists of them are sorted; what is dropped leaves a gap until
// the part is compacted.
type part struct {
	analyzer analysis.Analyzer
	byID     map[string]int32
	articles []article
	chunks   []chunk
	chunkAt  map[int64]int32 // by id
	heads    map[int64]int32 // article by the id of its head
	terms    []term
	termAt   map[string]int32
	grams    map[uint32][]gramHit // nil when there are too many chunks
	sum      [fields]float64      // of the articles' lengths
	sumLen   float64              // of the chunks' lengths
	live     int                  // chunks that are not dropped
	words    vocabulary
	scratch  scratchPool
}

type article struct {
	id       string
	audience string
	segments []string
	head     int64
	first, n int32 // its chunks are first … first+n-1
	dead     bool
	len      [fields]float32
	terms    []int32
}

type chunk struct {
	id      int64
	article int32
	len     float32 // in words
	norm    float32 // of its n-grams
}

// The fields of an article. Chunks have headings and body only.
const (
	inTitle   = iota // and the other ways to ask for it
	inHeading        // and the summary
	inBody
	fields
)

type term struct {
	text     string
	df       int32 // articles that are not dropped
	articles []articleHit
	chunks   []chunkHit
}

type articleHit struct {
	article int32
	tf      [fields]float32
}

type chunkHit struct {
	chunk int32
	tf    float32 // body and headings
}

type gramHit struct {
	chunk int32
	tf    float32 // 1 + log of how often
}

// maxGramChunks is up to how many passages of a language n-grams are kept.
const maxGramChunks = 20_000

func newPart(a analysis.Analyzer) *part {
	return &part{
		analyzer: a, byID: map[string]int32{}, chunkAt: map[int64]int32{}, heads: map[int64]int32{}, termAt: map[string]int32{},
		grams: map[uint32][]gramHit{},
	}
}

// adding is an article on its way in.
type adding struct {
	*part
	number int32
	entry  article
	counts map[int32]*[fields]float32
}

func (p *part) add(a *Article) {
	n := adding{part: p, number: int32(len(p.articles)), counts: map[int32]*[fields]float32{}}                                                  //nolint:gosec // memory ends long before
	n.entry = article{id: a.ID, audience: a.Audience, segments: a.Segments, head: a.Head, first: int32(len(p.chunks)), n: int32(len(a.Chunks))} //nolint:gosec // likewise
	title := n.count(a.Title, inTitle)
	for _, alias := range a.Aliases {
		title = append(title, n.count(alias, inTitle)...)
	}
	summary := n.count(a.Summary, inHeading)
	for _, c := range a.Chunks {
		words := n.count(c.Text, inBody)
		if len(c.Path) > 0 {
			words = append(words, n.count(c.Path[len(c.Path)-1], inHeading)...)
		}
		n.addChunk(c, words, title, summary)
	}
	n.entry.terms = make([]int32, 0, len(n.counts))
	for t, c := range n.counts {
		n.entry.terms = append(n.entry.terms, t)
		p.terms[t].df++
		p.terms[t].articles = append(p.terms[t].articles, articleHit{article: n.number, tf: *c})
	}
	for f := range fields {
		p.sum[f] += float64(n.entry.len[f])
	}
	p.articles = append(p.articles, n.entry)
	p.byID[a.ID] = n.number
	if a.Head != 0 {
		p.heads[a.Head] = n.number
	}
}

func (n *adding) count(text string, field int) []analysis.Word {
	words := n.analyzer.Words(text)
	for _, w := range words {
		if w.Stop {
			continue
		}
		t := n.term(w.Term)
		c := n.counts[t]
		if c == nil {
			c = new([fields]float32)
			n.counts[t] = c
		}
		c[field]++
		n.entry.len[field]++
		n.words.add(w.Text, t)
	}
	return words
}

func (p *part) term(text string) int32 {
	t, known := p.termAt[text]
	if !known {
		t = int32(len(p.terms)) //nolint:gosec // memory ends long before
		p.terms = append(p.terms, term{text: text})
		p.termAt[text] = t
	}
	return t
}

func (n *adding) addChunk(c Chunk, words, title, summary []analysis.Word) {
	number := int32(len(n.chunks)) //nolint:gosec // memory ends long before
	entry := chunk{id: c.ID, article: n.number}
	counts := map[int32]float32{}
	for _, w := range words {
		if !w.Stop {
			counts[n.term(w.Term)]++
			entry.len++
		}
	}
	for t, tf := range counts {
		n.terms[t].chunks = append(n.terms[t].chunks, chunkHit{chunk: number, tf: tf})
	}
	n.sumLen += float64(entry.len)
	n.live++
	n.chunkAt[c.ID] = number
	n.chunks = append(n.chunks, entry)
	if n.grams != nil && len(n.chunks) > maxGramChunks {
		n.grams = nil
	}
	if n.grams == nil {
		return
	}
	grams := map[uint32]float32{}
	for _, list := range [][]analysis.Word{words, title, summary} {
		analysis.Grams(list, func(h uint32) { grams[h]++ })
	}
	for h, times := range grams {
		n.grams[h] = append(n.grams[h], gramHit{chunk: number, tf: 1 + float32(math.Log(float64(times)))})
	}
}

// weighGrams computes the norms of chunks from a number on, by the frequencies
// of n-grams there are now, so that a sum over a query's n-grams is a cosine.
// Later changes of the frequencies leave it a little off.
func (p *part) weighGrams(from int) {
	if p.grams == nil || from == len(p.chunks) {
		return
	}
	norms := make([]float64, len(p.chunks)-from)
	for _, hits := range p.grams {
		idf := p.gramIDF(hits)
		for i := len(hits) - 1; i >= 0 && int(hits[i].chunk) >= from; i-- {
			w := idf * float64(hits[i].tf)
			norms[int(hits[i].chunk)-from] += w * w
		}
	}
	for i, n := range norms {
		p.chunks[from+i].norm = float32(math.Sqrt(n))
	}
}

func (p *part) gramIDF(hits []gramHit) float64 {
	return math.Log((1+float64(len(p.chunks)))/(1+float64(len(hits)))) + 1
}

// idf is the weight of a word that df articles have (BM25).
func (p *part) idf(df int32) float64 {
	n := float64(len(p.byID))
	return math.Log(1 + (n-float64(df)+0.5)/(float64(df)+0.5))
}

// drop takes an article out of the counts; its entries in the lists are
// skipped until the part is compacted.
func (p *part) drop(id string) {
	n := p.byID[id]
	a := &p.articles[n]
	a.dead = true
	delete(p.byID, id)
	delete(p.heads, a.head)
	for _, t := range a.terms {
		p.terms[t].df--
	}
	for f := range fields {
		p.sum[f] -= float64(a.len[f])
	}
	for c := a.first; c < a.first+a.n; c++ {
		p.sumLen -= float64(p.chunks[c].len)
		p.live--
		delete(p.chunkAt, p.chunks[c].id)
	}
}
