package index_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/testkit"
	"parley/kb/chunk"
	"parley/kb/embed"
	"parley/kb/index"
	"parley/kb/source"
)

// benchmarkSet is a help centre with questions whose answers are known.
type benchmarkSet struct {
	articles     []index.Article
	index        *index.Index
	embedder     embed.Embedder
	vectors      map[int64][][]float32
	questions    []testkit.Question
	unanswerable []testkit.Question
}

func loadSet(tb testing.TB, folder, root, questions string) *benchmarkSet {
	tb.Helper()
	read, err := source.Read(os.DirFS(testkit.Data(tb, folder)), source.Options{URL: func(a *source.Article) string { return "/help/a/" + a.Slug }})
	require.NoError(tb, err)
	s := &benchmarkSet{vectors: map[int64][][]float32{}}
	var ids []int64
	var texts []string
	next := func(text string) int64 {
		ids, texts = append(ids, int64(len(ids)+1)), append(texts, text)
		return ids[len(ids)-1]
	}
	for _, a := range read.Articles {
		if a.Locale != "en" {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(a.Path, root), ".md")
		entry := index.Article{ID: name, Locale: a.Locale, Title: a.Title, Summary: a.Summary, Aliases: a.Aliases}
		entry.Head = next(a.Title + "\n" + a.Summary + "\n" + strings.Join(a.Aliases, "\n"))
		for _, c := range chunk.Split(a.Markdown) {
			entry.Chunks = append(entry.Chunks, index.Chunk{ID: next(c.Context(a.Title)), Path: c.Path, Text: c.Text})
		}
		s.articles = append(s.articles, entry)
	}
	s.index = index.Build(s.articles)
	local := embed.NewLocal()
	s.embedder, err = local.With(local.Learn(texts))
	require.NoError(tb, err)
	for i, id := range ids {
		s.vectors[id], err = s.embedder.Embed(tb.Context(), local.Split(texts[i]))
		require.NoError(tb, err)
	}
	s.questions, s.unanswerable = testkit.Questions(tb, questions), testkit.Unanswerable(tb)
	return s
}

func (s *benchmarkSet) search(tb testing.TB, text string) []index.Result {
	tb.Helper()
	search := s.index.Begin(index.Query{Text: text, Locale: "en"})
	v, err := s.embedder.Embed(tb.Context(), []string{search.Text()})
	require.NoError(tb, err)
	cosines := make(map[int64]float64, len(s.vectors))
	search.Trust(s.embedder.(embed.Truster).Trust(search.Text()))
	for id, parts := range s.vectors {
		cosines[id] = -1
		for _, w := range parts {
			sum := 0.0
			for i := range w {
				sum += float64(v[0][i]) * float64(w[i])
			}
			cosines[id] = max(cosines[id], (sum-unrelated)/(1-unrelated))
		}
	}
	return search.Results(cosines, 10)
}

const unrelated = 0.2 // cosine of texts that have nothing to do with each other

// ndcg is nDCG@10 with binary relevance, averaged over the questions of a kind.
func (s *benchmarkSet) ndcg(tb testing.TB, kind string, change func(string) string) float64 {
	tb.Helper()
	sum, n := 0.0, 0.0
	for _, q := range s.questions {
		if q.Kind != kind {
			continue
		}
		n++
		gain, ideal := 0.0, 0.0
		for i, r := range s.search(tb, change(q.Text)) {
			if q.Answers[r.Article] {
				gain += 1 / math.Log2(float64(i+2))
			}
		}
		for i := range min(10, len(q.Answers)) {
			ideal += 1 / math.Log2(float64(i+2))
		}
		sum += gain / ideal
	}
	return sum / n
}

func unchanged(s string) string { return s }

// auroc is the probability that a question with an answer gets a higher
// estimate than one without.
func (s *benchmarkSet) auroc(tb testing.TB) float64 {
	tb.Helper()
	estimate := func(text string) float64 {
		if r := s.search(tb, text); len(r) > 0 {
			return r[0].Answerable
		}
		return 0
	}
	var with, without []float64
	for _, q := range s.questions {
		if q.Kind == "user" {
			with = append(with, estimate(q.Text))
		}
	}
	for _, q := range s.unanswerable {
		without = append(without, estimate(q.Text))
	}
	wins := 0.0
	for _, a := range with {
		for _, b := range without {
			switch {
			case a > b:
				wins++
			case a == b:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(with)*len(without))
}

func TestRetrievalOnRealHelpCentres(t *testing.T) {
	t.Parallel()
	tests := []struct {
		folder, root, questions string
		user, title             float64 // floors of nDCG@10: questions in people's own words, former titles
	}{
		{"kb-login-gov", "en/", "retrieval-login-gov", 0.64, 0.49},
		{"kb-npm-docs", "articles/", "retrieval-npm-docs", 0.43, 0},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			t.Parallel()
			s := loadSet(t, tt.folder, tt.root, tt.questions)
			user := s.ndcg(t, "user", unchanged)
			t.Logf("nDCG@10 %.3f", user)
			assert.GreaterOrEqual(t, user, tt.user)
			if tt.title > 0 {
				title := s.ndcg(t, "old-url", unchanged)
				t.Logf("nDCG@10 of former titles %.3f", title)
				assert.GreaterOrEqual(t, title, tt.title)
			}
			typed := 0.0
			const rounds = 2
			random := rand.New(rand.NewPCG(13, 13))
			for range rounds {
				typed += s.ndcg(t, "user", func(text string) string { return mistype(random, text) }) / rounds
			}
			t.Logf("nDCG@10 with typing errors %.3f", typed)
			assert.GreaterOrEqual(t, typed, user-0.05, "one edit in a fifth of the words costs little")
			auroc := s.auroc(t)
			t.Logf("AUROC of answerable %.3f", auroc)
			assert.GreaterOrEqual(t, auroc, 0.87)
		})
	}
}

// mistype makes one edit in about a fifth of the words.
func mistype(random *rand.Rand, text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		r := []rune(w)
		if len(r) < 4 || random.IntN(5) > 0 {
			continue
		}
		at := 1 + random.IntN(len(r)-2)
		switch random.IntN(3) {
		case 0:
			r = append(r[:at], r[at+1:]...)
		case 1:
			r[at], r[at+1] = r[at+1], r[at]
		default:
			r[at] = rune('a' + random.IntN(26))
		}
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

func BenchmarkSearch(b *testing.B) {
	s := loadSet(b, "kb-npm-docs", "articles/", "retrieval-npm-docs")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		q := s.questions[i%len(s.questions)]
		i++
		s.index.Begin(index.Query{Text: q.Text, Locale: "en"}).Results(nil, 5)
	}
}

func BenchmarkBuild(b *testing.B) {
	s := loadSet(b, "kb-npm-docs", "articles/", "retrieval-npm-docs")
	b.ReportAllocs()
	for b.Loop() {
		index.Build(s.articles)
	}
}
