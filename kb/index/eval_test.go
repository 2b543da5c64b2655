package index_test

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb/chunk"
	"parley/kb/embed"
	"parley/kb/index"
	"parley/kb/source"
)

// dataDir holds real help centres and questions about them. They are not part
// of the repository; tests that need them are skipped without them.
const dataDir = "../../../shared/data"

// benchmarkSet is a help centre with questions whose answers are known.
type benchmarkSet struct {
	articles     []index.Article
	index        *index.Index
	embedder     embed.Embedder
	vectors      map[int64][]float32
	questions    []question
	unanswerable []string
}

type question struct {
	id, text, kind string
	answers        map[string]bool
}

func loadSet(tb testing.TB, folder, root, questions string) *benchmarkSet {
	tb.Helper()
	dir := filepath.Join(dataDir, folder)
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("no help centre at %s", dir)
	}
	read, err := source.Read(os.DirFS(dir), source.Options{URL: func(a *source.Article) string { return "/help/a/" + a.Slug }})
	require.NoError(tb, err)
	s := &benchmarkSet{vectors: map[int64][]float32{}}
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
	vectors, err := s.embedder.Embed(tb.Context(), texts)
	require.NoError(tb, err)
	for i, id := range ids {
		s.vectors[id] = vectors[i]
	}
	s.loadQuestions(tb, questions)
	return s
}

func (s *benchmarkSet) loadQuestions(tb testing.TB, folder string) {
	tb.Helper()
	byID := map[string]map[string]bool{}
	qrels, err := os.ReadFile(filepath.Join(dataDir, folder, "qrels", "test.tsv"))
	require.NoError(tb, err)
	for line := range strings.Lines(string(qrels)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 && f[0] != "query-id" {
			if byID[f[0]] == nil {
				byID[f[0]] = map[string]bool{}
			}
			byID[f[0]][f[1]] = true
		}
	}
	readLines(tb, filepath.Join(dataDir, folder, "queries.jsonl"), func(id, text, kind string) {
		s.questions = append(s.questions, question{id: id, text: text, kind: kind, answers: byID[id]})
	})
	readLines(tb, filepath.Join(dataDir, "retrieval-unanswerable.jsonl"), func(_, text, _ string) {
		s.unanswerable = append(s.unanswerable, text)
	})
}

func readLines(tb testing.TB, path string, each func(id, text, kind string)) {
	tb.Helper()
	f, err := os.Open(path)
	require.NoError(tb, err)
	defer func() { _ = f.Close() }() // read only
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var q struct {
			ID   string `json:"_id"`
			Text string `json:"text"`
			Kind string `json:"kind"`
		}
		require.NoError(tb, json.Unmarshal(lines.Bytes(), &q))
		each(q.ID, q.Text, q.Kind)
	}
	require.NoError(tb, lines.Err())
}

func (s *benchmarkSet) search(tb testing.TB, text string) []index.Result {
	tb.Helper()
	search := s.index.Begin(index.Query{Text: text, Locale: "en"})
	v, err := s.embedder.Embed(tb.Context(), []string{search.Text()})
	require.NoError(tb, err)
	cosines := make(map[int64]float64, len(s.vectors))
	for id, w := range s.vectors {
		sum := 0.0
		for i := range w {
			sum += float64(v[0][i]) * float64(w[i])
		}
		cosines[id] = sum
	}
	return search.Results(cosines, 10)
}

// ndcg is nDCG@10 with binary relevance, averaged over the questions of a kind.
func (s *benchmarkSet) ndcg(tb testing.TB, kind string, change func(string) string) float64 {
	tb.Helper()
	sum, n := 0.0, 0.0
	for _, q := range s.questions {
		if q.kind != kind {
			continue
		}
		n++
		gain, ideal := 0.0, 0.0
		for i, r := range s.search(tb, change(q.text)) {
			if q.answers[r.Article] {
				gain += 1 / math.Log2(float64(i+2))
			}
		}
		for i := range min(10, len(q.answers)) {
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
		if q.kind == "user" {
			with = append(with, estimate(q.text))
		}
	}
	for _, text := range s.unanswerable {
		without = append(without, estimate(text))
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
		{"kb-login-gov", "en/", "retrieval-login-gov", 0.60, 0.46},
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
			assert.GreaterOrEqual(t, typed, user-0.03, "one edit in a fifth of the words costs little")
			auroc := s.auroc(t)
			t.Logf("AUROC of answerable %.3f", auroc)
			assert.GreaterOrEqual(t, auroc, 0.82)
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
		s.index.Begin(index.Query{Text: q.text, Locale: "en"}).Results(nil, 5)
	}
}

func BenchmarkBuild(b *testing.B) {
	s := loadSet(b, "kb-npm-docs", "articles/", "retrieval-npm-docs")
	b.ReportAllocs()
	for b.Loop() {
		index.Build(s.articles)
	}
}
