package main

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The measurement has a database and an event log of its own: it goes beside a
// Parley that runs, wherever that keeps its own, and files may be as they come.
func TestKBEval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writerTo(t, dir)
	corpus := file("corpus.jsonl", "\ufeff"+`{"_id":1,"title":"Reset your password","text":"Press the link below the form.","metadata":{}}`+"\r\n"+
		`{"_id":2,"text":"Parcels are late when it snows."}`+"\n"+`{"_id":3,"title":"`+strings.Repeat("Long ", 60)+`zebra","text":""}`+"\n"+`{"_id":4}`+"\n")
	queries := file("queries.jsonl", `{"_id":"a","text":"how do i reset my password"}`+"\n"+`{"_id":"b","text":"my parcel is late"}`+"\n"+`{"_id":"c","text":"zebra"}`+"\n"+
		`{"_id":"d","text":"of another split"}`+"\n")
	qrels := file("qrels.tsv", "a 0 1 1\nb 0 2 1\nc 0 3 1\nc 0 9 1\n")
	without := file("without.jsonl", `{"text":"weather tomorrow"}`+"\n")

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	eval := func(args ...string) (code int, out, errOut string) {
		return run(t, append([]string{"kb", "eval", "--corpus", corpus, "--queries", queries, "--qrels", qrels}, args...)...)
	}
	code, out, errOut := eval("--unanswerable", without, "--json", "--data", filepath.Join(dir, "data"), "--nats-listen", taken.Addr().String(),
		"--nats-url", "nats://127.0.0.1:1", "--replicas", "3", "--database-url", "postgres://127.0.0.1:1/none")
	require.Equal(t, exitOK, code, errOut)
	var report struct {
		Documents, Passages, Queries int
		Recall10                     float64 `json:"recall_10"`
		Lexical                      struct {
			Hit1 float64 `json:"hit_1"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, 4, report.Documents)
	assert.Equal(t, 3, report.Passages, "one document says nothing")
	assert.Equal(t, 3, report.Queries)
	assert.InDelta(t, 2.5/3, report.Recall10, 1e-3, "the end of a long title is found")
	assert.InDelta(t, 1, report.Lexical.Hit1, 1e-9)
	for _, note := range []string{
		"corpus.jsonl: 1 documents have neither", "queries.jsonl: 1 questions have no answer in", "qrels.tsv: 1 answers are not in", "1 documents have a title of more than 200 characters",
	} {
		assert.Contains(t, errOut, note)
	}
	assert.NotContains(t, errOut, "level=")
	assert.NoDirExists(t, filepath.Join(dir, "data"))

	bad := file("bad.jsonl", `{"_id":"a","text":"A"}`+"\n{\n")
	code, _, errOut = eval("--corpus", bad)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errOut, "bad.jsonl:2: a line must be a JSON object")
}
