package index

import (
	"strings"
	"sync"

	"parley/kb/analysis"
)

// Article is what the index needs of an article.
type Article struct {
	ID       string
	Locale   string   // BCP 47
	Audience string   // who may read it; what the words mean is up to the asker of [Query]
	Segments []string // of readers, when it is only for some of the audience
	Title    string
	Summary  string
	Aliases  []string // other ways in which people ask for it
	Head     int64    // the chunk whose embedding stands for title, summary and aliases; 0 for none
	Chunks   []Chunk
}

// Chunk is a passage of an article.
type Chunk struct {
	ID   int64
	Path []string // headings, outermost first
	Text string
}

// Index is an index over a knowledge base that follows its changes article by
// article. It is safe for concurrent use.
type Index struct {
	mu      sync.RWMutex
	parts   map[string]*part  // by language
	langs   map[string]string // article → language
	weights Weights
}

// Build makes an index of articles. It is quicker than to put them in one by
// one, and weighs the n-grams of all by all.
func Build(articles []Article) *Index {
	x := &Index{parts: map[string]*part{}, langs: make(map[string]string, len(articles)), weights: DefaultWeights()}
	byLang := map[string][]*Article{}
	for i := range articles {
		lang := analysis.Language(articles[i].Locale)
		byLang[lang] = append(byLang[lang], &articles[i])
		x.langs[articles[i].ID] = lang
	}
	for lang, list := range byLang {
		p := newPart(analyzerOf(lang, list))
		for _, a := range list {
			p.add(a)
		}
		p.weighGrams(0)
		x.parts[lang] = p
	}
	return x
}

// Put adds an article, in place of the one with its id. It costs what the
// article is long, not what the index holds.
func (x *Index) Put(a *Article) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.drop(a.ID)
	lang := analysis.Language(a.Locale)
	p := x.parts[lang]
	if p == nil {
		p = newPart(analyzerOf(lang, []*Article{a}))
		x.parts[lang] = p
	}
	from := len(p.chunks)
	p.add(a)
	p.weighGrams(from)
	x.langs[a.ID] = lang
}

// Drop removes an article; one that is not there is no error.
func (x *Index) Drop(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.drop(id)
}

func (x *Index) drop(id string) {
	lang, known := x.langs[id]
	if !known {
		return
	}
	delete(x.langs, id)
	p := x.parts[lang]
	p.drop(id)
	switch {
	case len(p.byID) == 0:
		delete(x.parts, lang)
	case p.wasteful():
		x.parts[lang] = p.compacted()
	}
}

// Has reports whether there are articles in the language of the locale.
func (x *Index) Has(locale string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.parts[analysis.Language(locale)] != nil
}

// Articles counts the articles of the index.
func (x *Index) Articles() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.langs)
}

// SetWeights changes how the kinds of evidence are weighed.
func (x *Index) SetWeights(w Weights) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.weights = w
}

// Weights returns how the kinds of evidence are weighed.
func (x *Index) Weights() Weights {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.weights
}

const detectArticles = 200

// analyzerOf returns the analyzer for articles of a language: that of the
// language their texts are in, which is another one where nobody has set it.
func analyzerOf(lang string, articles []*Article) analysis.Analyzer {
	found, sure := map[string]int{}, 0
	for _, a := range articles[:min(len(articles), detectArticles)] {
		texts := []string{a.Title}
		for _, c := range a.Chunks[:min(len(a.Chunks), 3)] {
			texts = append(texts, c.Text)
		}
		if l := analysis.Detect(strings.Join(texts, "\n")); l != "" {
			found[l]++
			sure++
		}
	}
	for l, n := range found {
		if n > sure/2 && sure > 1 {
			return analysis.For(l)
		}
	}
	return analysis.For(lang)
}
