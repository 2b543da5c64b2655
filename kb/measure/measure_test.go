package measure_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb/measure"
)

func write(t *testing.T, files map[string]string) measure.Files {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return measure.Files{Corpus: filepath.Join(dir, "corpus"), Queries: filepath.Join(dir, "queries"), Qrels: filepath.Join(dir, "qrels")}
}

func TestRead(t *testing.T) {
	t.Parallel()
	f := write(t, map[string]string{
		"corpus":  "{\"_id\":\"a\",\"title\":\"A\",\"text\":\"About a\"}\n\n{\"_id\":7,\"title\":\"\",\"text\":\"Seven\"}\r\n",
		"queries": "{\"_id\":\"q1\",\"text\":\"what is a\"}\n{\"_id\":\"q2\",\"text\":\"of another split\"}\n{\"_id\":\"q3\",\"text\":\"seven?\"}\n",
		"qrels":   "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\t7\t0\nq3\t7\t1\n",
	})
	f.Unanswerable = f.Queries
	s, err := measure.Read(f)
	require.NoError(t, err)
	assert.Equal(t, []measure.Document{{ID: "a", Title: "A", Text: "About a"}, {ID: "7", Text: "Seven"}}, s.Documents)
	assert.Equal(t, []measure.Question{
		{ID: "q1", Text: "what is a", Answers: map[string]float64{"a": 2}}, {ID: "q3", Text: "seven?", Answers: map[string]float64{"7": 1}},
	}, s.Questions)
	assert.Len(t, s.Unanswerable, 3)
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const corpus, queries, qrels = `{"_id":"a","text":"A"}`, `{"_id":"q","text":"Q"}`, "query-id\tcorpus-id\tscore\nq\ta\t1"
	for name, tt := range map[string]struct {
		corpus, queries, qrels, want string
	}{
		"no JSON":          {"{", queries, qrels, "corpus:1"},
		"no id":            {`{"text":"A"}`, queries, qrels, "no _id"},
		"an id twice":      {corpus + "\n" + corpus, queries, qrels, "twice"},
		"two columns":      {corpus, queries, qrels + "\nq\ta", "qrels:3"},
		"a score of words": {corpus, queries, qrels + "\nq\ta\tgood", "no number"},
		"no documents":     {"", queries, qrels, "no documents"},
		"no questions":     {corpus, "", qrels, "no question"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := measure.Read(write(t, map[string]string{"corpus": tt.corpus, "queries": tt.queries, "qrels": tt.qrels}))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	s := &measure.Set{Questions: []measure.Question{
		{Answers: map[string]float64{"a": 1}}, {Answers: map[string]float64{"a": 1, "b": 1}},
	}, Unanswerable: make([]measure.Question, 2)}
	f := measure.Of(s, []measure.Ranked{
		{Documents: []string{"a", "b"}, Answerable: 0.9, Took: 2 * time.Millisecond}, {Documents: []string{"x", "b"}, Answerable: 0.4, Took: time.Millisecond},
	}, []measure.Ranked{{Answerable: 0.1}, {Answerable: 0.4}})
	const second = 0.63093 // 1 / log2(3)
	assert.InDelta(t, (1+second/(1+second))/2, f.NDCG10, 1e-4)
	assert.InDelta(t, 0.75, f.Recall10, 1e-9)
	assert.InDelta(t, 0.75, f.MRR10, 1e-9)
	assert.InDelta(t, 0.5, f.Hit1, 1e-9)
	assert.InDelta(t, 1, f.Hit3, 1e-9)
	assert.InDelta(t, 3.5/4, f.Answerable, 1e-9)
	assert.InDelta(t, 2, f.P95, 1e-9)
}
