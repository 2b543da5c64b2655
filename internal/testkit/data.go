package testkit

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Data returns the path of a file or folder of the public data sets that
// figures are measured on. They are not part of the repository: TEST_DATA
// names the folder that holds them, and the test is skipped without it. It is
// skipped under the race detector too, where learning takes minutes and shows
// nothing that smaller tests do not: `make quality`, a part of `make test`, runs
// it without.
func Data(tb testing.TB, name string) string {
	tb.Helper()
	if raceEnabled {
		tb.Skip("measured without the race detector: make quality")
	}
	dir := os.Getenv("TEST_DATA")
	if dir == "" {
		tb.Skip("needs ", name, ": set TEST_DATA to the folder of the public data sets")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		tb.Skip("needs ", name, ", which TEST_DATA does not hold")
	}
	return path
}

// Question is one of a retrieval set in the layout of BEIR.
type Question struct {
	ID      string
	Text    string
	Kind    string          // user: in people's own words; old-url: a former title; near, far: unanswerable
	Answers map[string]bool // ids of the articles that answer it
}

// Questions reads the queries of a retrieval set with the articles that answer
// them.
func Questions(tb testing.TB, set string) []Question {
	tb.Helper()
	answers := map[string]map[string]bool{}
	readDataLines(tb, set+"/qrels/test.tsv", func(line string) {
		if f := strings.Split(line, "\t"); len(f) == 3 && f[0] != "query-id" {
			if answers[f[0]] == nil {
				answers[f[0]] = map[string]bool{}
			}
			answers[f[0]][f[1]] = true
		}
	})
	list := readQuestions(tb, set+"/queries.jsonl")
	for i := range list {
		list[i].Answers = answers[list[i].ID]
	}
	return list
}

// Unanswerable reads the questions that no help centre of the sets answers.
func Unanswerable(tb testing.TB) []Question {
	tb.Helper()
	return readQuestions(tb, "retrieval-unanswerable.jsonl")
}

func readQuestions(tb testing.TB, name string) []Question {
	tb.Helper()
	var out []Question
	readDataLines(tb, name, func(line string) {
		var q struct {
			ID   string `json:"_id"`
			Text string `json:"text"`
			Kind string `json:"kind"`
		}
		require.NoError(tb, json.Unmarshal([]byte(line), &q), name)
		out = append(out, Question{ID: q.ID, Text: q.Text, Kind: q.Kind})
	})
	return out
}

func readDataLines(tb testing.TB, name string, each func(line string)) {
	tb.Helper()
	f, err := os.Open(Data(tb, name))
	require.NoError(tb, err)
	defer func() { require.NoError(tb, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		each(lines.Text())
	}
	require.NoError(tb, lines.Err())
}
