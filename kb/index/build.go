package index

import (
	"math"
	"slices"
	"strings"

	"parley/kb/analysis"
)

// Article is what the index needs of an article.
type Article struct {
	ID      string
	Locale  string // BCP 47
	Agents  bool   // for agents only
	Title   string
	Summary string
	Aliases []string // other ways in which people ask for it
	Head    int64    // the chunk whose embedding stands for title, summary and aliases; 0 for none
	Chunks  []Chunk
}

// Chunk is a passage of an article.
type Chunk struct {
	ID   int64
	Path []string // headings, outermost first
	Text string
}

// Index is an immutable index over a knowledge base. It is safe for concurrent
// use; a change of the knowledge base makes a new one.
type Index struct {
	parts map[string]*part // by language
}

// part holds the articles of one language: words of different languages must
// not share their frequencies.
type part struct {
	analyzer analysis.Analyzer
	articles []article
	chunks   []chunk
	terms    map[string]term
	grams    map[uint32][]gramHit
	mean     [fields]float64 // mean length of an article's fields in words
	meanLen  float64         // mean length of a chunk in words
	words    vocabulary
	best     float64 // idf of a word that no article has
}

type article struct {
	id     string
	agents bool
	head   int64
	first  int // its chunks are first … first+n-1
	n      int
	len    [fields]float32
}

type chunk struct {
	id  int64
	len float32
}

// The fields of an article. Chunks have headings and body only.
const (
	inTitle   = iota // and the other ways to ask for it
	inHeading        // and the summary
	inBody
	fields
)

type term struct {
	idf      float64
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
	chunk  int32
	weight float32
}

// Build makes an index.
func Build(articles []Article) *Index {
	x := &Index{parts: map[string]*part{}}
	byLang := map[string][]Article{}
	for _, a := range articles {
		lang := language(a.Locale)
		byLang[lang] = append(byLang[lang], a)
	}
	for lang, list := range byLang {
		x.parts[lang] = buildPart(lang, list)
	}
	return x
}

func language(locale string) string {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return lang
}

// maxGramChunks is up to how many passages of a language n-grams are kept.
const maxGramChunks = 20_000

// builder collects counts before they are weighted.
type builder struct {
	*part
	chunkGrams []map[uint32]float32
}

func buildPart(lang string, articles []Article) *part {
	b := builder{part: &part{analyzer: analysis.For(lang), terms: map[string]term{}, grams: map[uint32][]gramHit{}}}
	for i := range articles {
		b.add(&articles[i])
	}
	b.finish()
	return b.part
}

func (b *builder) add(a *Article) {
	n := int32(len(b.articles)) //nolint:gosec // memory ends long before
	entry := article{id: a.ID, agents: a.Agents, head: a.Head, first: len(b.chunks), n: len(a.Chunks)}
	counts := map[string]*[fields]float32{}
	count := func(text string, field int) []analysis.Word {
		words := b.analyzer.Words(text)
		for _, w := range words {
			if w.Stop {
				continue
			}
			c := counts[w.Term]
			if c == nil {
				c = new([fields]float32)
				counts[w.Term] = c
			}
			c[field]++
			entry.len[field]++
			b.words.add(w.Text, w.Term)
		}
		return words
	}
	title := count(a.Title, inTitle)
	for _, alias := range a.Aliases {
		title = append(title, count(alias, inTitle)...)
	}
	summary := count(a.Summary, inHeading)
	for _, c := range a.Chunks {
		words := count(c.Text, inBody)
		if len(c.Path) > 0 {
			words = append(words, count(c.Path[len(c.Path)-1], inHeading)...)
		}
		b.addChunk(c, words, title, summary)
	}
	for t, c := range counts {
		hit := b.terms[t]
		hit.articles = append(hit.articles, articleHit{article: n, tf: *c})
		b.terms[t] = hit
	}
	b.articles = append(b.articles, entry)
}

func (b *builder) addChunk(c Chunk, words, title, summary []analysis.Word) {
	n := int32(len(b.chunks)) //nolint:gosec // memory ends long before
	entry := chunk{id: c.ID}
	counts := map[string]float32{}
	for _, w := range words {
		if !w.Stop {
			counts[w.Term]++
			entry.len++
		}
	}
	for t, tf := range counts {
		hit := b.terms[t]
		hit.chunks = append(hit.chunks, chunkHit{chunk: n, tf: tf})
		b.terms[t] = hit
	}
	if n >= maxGramChunks {
		b.chunks = append(b.chunks, entry)
		return
	}
	grams := map[uint32]float32{}
	for _, list := range [][]analysis.Word{words, title, summary} {
		analysis.Grams(list, func(h uint32) { grams[h]++ })
	}
	b.chunkGrams = append(b.chunkGrams, grams)
	b.chunks = append(b.chunks, entry)
}

// finish computes inverse document frequencies, mean lengths and the weights
// of the n-grams.
func (b *builder) finish() {
	n := float64(len(b.articles))
	for t, hit := range b.terms {
		df := float64(len(hit.articles))
		hit.idf = math.Log(1 + (n-df+0.5)/(df+0.5))
		hit.articles, hit.chunks = slices.Clip(hit.articles), slices.Clip(hit.chunks)
		b.terms[t] = hit
	}
	b.best = math.Log(1 + (n+0.5)/0.5)
	for i := range b.articles {
		for f := range fields {
			b.mean[f] += float64(b.articles[i].len[f]) / n
		}
	}
	for i := range b.chunks {
		b.meanLen += float64(b.chunks[i].len) / float64(len(b.chunks))
	}
	if len(b.chunks) <= maxGramChunks {
		b.weighGrams()
	}
	b.chunkGrams = nil
	b.words.sort()
}

// weighGrams makes unit vectors of tf-idf weights, so that a sum over a
// query's n-grams is a cosine.
func (b *builder) weighGrams() {
	df := map[uint32]float32{}
	for _, grams := range b.chunkGrams {
		for h := range grams {
			df[h]++
		}
	}
	n := float64(len(b.chunks))
	for i, grams := range b.chunkGrams {
		norm := 0.0
		for h, tf := range grams {
			w := (1 + math.Log(float64(tf))) * gramIDF(n, float64(df[h]))
			grams[h] = float32(w)
			norm += w * w
		}
		norm = math.Sqrt(norm)
		for h, w := range grams {
			b.grams[h] = append(b.grams[h], gramHit{chunk: int32(i), weight: w / float32(norm)})
		}
	}
	for h, hits := range b.grams {
		slices.SortFunc(hits, func(x, y gramHit) int { return int(x.chunk - y.chunk) })
		b.grams[h] = slices.Clip(hits)
	}
}

func gramIDF(n, df float64) float64 { return math.Log((1+n)/(1+df)) + 1 }
