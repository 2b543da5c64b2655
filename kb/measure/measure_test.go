package measure_test

import (
	"os"
	"path/filepath"
	"strings"
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

// Sets are as different as the scripts that wrote them.
func TestReadFilesAsTheyCome(t *testing.T) {
	t.Parallel()
	documents := []measure.Document{{ID: "a", Title: "A", Text: "About a"}, {ID: "7", Text: "Seven"}}
	questions := []measure.Question{{ID: "1", Text: "what is a", Answers: map[string]float64{"a": 2}}, {ID: "3", Text: "seven?", Answers: map[string]float64{"7": 1}}}
	const (
		corpus  = `{"_id":"a","title":"A","text":"About a"}` + "\n" + `{"_id":"7","text":"Seven"}`
		queries = `{"_id":"1","text":"what is a"}` + "\n" + `{"_id":"3","text":"seven?"}`
		qrels   = "query-id\tcorpus-id\tscore\n1\ta\t2\n3\t7\t1\n"
	)
	for name, tt := range map[string]struct{ corpus, queries, qrels string }{
		"as they should be": {corpus, queries, qrels},
		"of Windows":        {"\ufeff" + strings.ReplaceAll(corpus, "\n", "\r\n"), "\ufeff" + queries + "\r\n\r\n", "\ufeff" + strings.ReplaceAll(qrels, "\n", "\r\n")},
		"numbers as ids":    {strings.ReplaceAll(corpus, `"7"`, "7"), `{"_id":1,"text":"what is a"}` + "\n" + `{"_id":3,"text":"seven?"}`, qrels},
		"more fields":       {`{"_id":"a","title":"A","text":"About a","metadata":{"url":["x"]},"n":1}` + "\n" + `{"_id":"7","title":null,"text":"Seven"}`, queries, qrels},
		"another name":      {strings.ReplaceAll(corpus, "_id", "id"), strings.ReplaceAll(queries, "_id", "id"), qrels},
		"no heading":        {corpus, queries, "1\ta\t2\n3\t7\t1.0"},
		"of TREC":           {corpus, queries, "1 0 a 2\n1 0 7 0\n3  0  7  1\n"},
		"TREC by tabs":      {corpus, queries, "1\tQ0\ta\t2\n3\tQ0\t7\t1\n"},
		"columns by name":   {corpus, queries, "split\tcorpus_id\tquery_id\tscore\ntest\ta\t1\t2\ntest\t7\t3\t1\n"},
		"other headings":    {corpus, queries, "question\tdocument\thow well\n1\ta\t2\n3\t7\t1"},
		"judged wrong too":  {corpus, queries, qrels + "1\t7\t0\n3\ta\t-1\n1\ta\t1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := measure.Read(write(t, map[string]string{"corpus": tt.corpus, "queries": tt.queries, "qrels": tt.qrels}))
			require.NoError(t, err)
			assert.Equal(t, documents, s.Documents)
			assert.Equal(t, questions, s.Questions)
			assert.Empty(t, s.Notes)
		})
	}
}

func TestReadSaysWhatItDoesNotUse(t *testing.T) {
	t.Parallel()
	f := write(t, map[string]string{
		"corpus":  strings.Repeat(`{"_id":"a","text":"A"}`+"\n", 2) + `{"_id":"b","text":" "}`,
		"queries": strings.Repeat(`{"_id":"q","text":"Q"}`+"\n", 3) + `{"_id":"r","text":"R"}` + "\n" + `{"_id":"s","text":""}`,
		"qrels":   "q\ta\t1\nq\tz\t1\ns\ta\t1\nx\ta\t1",
		"without": "\n",
	})
	f.Unanswerable = filepath.Join(filepath.Dir(f.Corpus), "without")
	s, err := measure.Read(f)
	require.NoError(t, err)
	assert.Len(t, s.Documents, 2)
	assert.Len(t, s.Questions, 2)
	notes := strings.Join(s.Notes, "\n")
	for _, want := range []string{
		"corpus: 1 documents are there twice", "corpus: 1 documents have neither", "queries: 2 questions are there twice", "queries: 1 questions have no text",
		"queries: 1 questions have no answer in ", "qrels: 1 questions with answers are not in ", "qrels: 1 answers are not in ", "without has no questions",
	} {
		assert.Contains(t, notes, want)
	}
	assert.Len(t, s.Notes, 8)
}

func TestUnanswerableQuestionsNeedNoID(t *testing.T) {
	t.Parallel()
	f := write(t, map[string]string{"corpus": `{"_id":"a","text":"A"}`, "queries": `{"_id":"q","text":"Q"}`, "qrels": "q\ta\t1", "without": `{"text":"one"}` + "\n" + `{"text":"two"}`})
	f.Unanswerable = filepath.Join(filepath.Dir(f.Corpus), "without")
	s, err := measure.Read(f)
	require.NoError(t, err)
	assert.Len(t, s.Unanswerable, 2)
	assert.Empty(t, s.Notes)
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const corpus, queries, qrels = `{"_id":"a","text":"A"}`, `{"_id":"q","text":"Q"}`, "query-id\tcorpus-id\tscore\nq\ta\t1"
	for name, tt := range map[string]struct {
		corpus, queries, qrels, want string
	}{
		"no JSON":            {"{", queries, qrels, "corpus:1: a line must be a JSON object"},
		"a list":             {"\n[" + corpus + "]", queries, qrels, "corpus:2: a line must be a JSON object"},
		"no id":              {`{"text":"A"}`, queries, qrels, "corpus:1: there is no _id"},
		"nothing as id":      {corpus, queries + "\n" + `{"_id":null,"text":"Q"}`, qrels, "queries:2: there is no _id"},
		"a list as id":       {`{"_id":["a"],"text":"A"}`, queries, qrels, "corpus:1: the _id must be"},
		"two texts of an id": {corpus + "\n" + `{"_id":"a","text":"B"}`, queries, qrels, `corpus:2: the _id "a" is there twice`},
		"two columns":        {corpus, queries, qrels + "\nq\ta", "qrels:3: there are 2 columns"},
		"five columns":       {corpus, queries, "q\t0\ta\t1\tx", "qrels:1: there are 5 columns"},
		"a score of words":   {corpus, queries, qrels + "\nq\ta\tgood", "qrels:3: the score \"good\" is no number"},
		"no documents":       {"", queries, qrels, "no documents"},
		"no questions":       {corpus, "", qrels, "no question"},
		"other documents":    {corpus, queries, "q\t1\t1\nq\t2\t1", "none of the documents"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := measure.Read(write(t, map[string]string{"corpus": tt.corpus, "queries": tt.queries, "qrels": tt.qrels}))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"_id":"a","text":"A"}`, `{"_id":1,"text":"Q"}`, "1\t0\ta\t1")
	f.Add("\ufeff{\"id\":1,\"title\":\"A\"}\r\n", `{"_id":"q","text":"Q"}`, "query-id\tcorpus-id\tscore\nq\t1\t1")
	f.Fuzz(func(t *testing.T, corpus, queries, qrels string) {
		s, err := measure.Read(write(t, map[string]string{"corpus": corpus, "queries": queries, "qrels": qrels}))
		if err != nil {
			return
		}
		require.NotEmpty(t, s.Documents)
		require.NotEmpty(t, s.Questions)
		for _, q := range s.Questions {
			require.NotEmpty(t, q.Answers)
		}
	})
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
