package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writerTo returns what writes a file of the folder and tells its path.
func writerTo(t *testing.T, dir string) func(name, text string) string {
	t.Helper()
	return func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
}

// The command needs nothing but its files.
func TestBotEval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writerTo(t, dir)
	train := file("train.tsv", "text\tlabel\nwhere is my parcel\torder\nmy order has not come\torder\ngive me my money back\trefund\ni want a refund\trefund\n")
	test := file("test.tsv", "where is my order\torder\nrefund my money\trefund\n")
	bad := file("bad.tsv", "text\tlabel\nwhere is my parcel\n")
	eval := func(args ...string) (code int, out, errOut string) {
		return run(t, append([]string{"bot", "eval"}, args...)...)
	}

	code, out, errOut := eval("--train", train, "--test", test)
	require.Equal(t, exitOK, code, errOut)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	assert.Equal(t, strings.Fields("accuracy macro_f1 ece oos_auroc oos_recall_at_95 coverage_at_95 train_s p99_us model_bytes"), strings.Fields(lines[0]))
	values := strings.Fields(lines[1])
	require.Len(t, values, 9)
	assert.Equal(t, "1.0000", values[0])
	assert.Equal(t, "-", values[3])

	code, out, errOut = eval("--train", train, "--test", test, "--valid", test, "--json")
	require.Equal(t, exitOK, code, errOut)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.InDelta(t, 1, report["accuracy"], 1e-9)
	assert.Nil(t, report["oos_auroc"])
	assert.Contains(t, report, "oos_auroc")

	for want, args := range map[string][]string{
		"--train FILE":     {"--test", test},
		"--test FILE":      {"--train", train},
		"unknown flag":     {"--train", train, "--test", test, "--what"},
		"bad.tsv:2: there": {"--train", train, "--test", bad},
		"missing.tsv":      {"--train", filepath.Join(dir, "missing.tsv"), "--test", test},
	} {
		code, out, errOut = eval(args...)
		assert.Empty(t, out)
		assert.Contains(t, errOut, want)
		if strings.HasPrefix(want, "bad") || strings.HasPrefix(want, "missing") {
			assert.Equal(t, exitFailed, code, want)
		} else {
			assert.Equal(t, exitUsage, code, want)
		}
	}
}

// Files come from spreadsheets and other people's scripts.
func TestBotEvalOfFilesAsTheyCome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writerTo(t, dir)
	train := file("train.tsv", "\ufefftext\tlabel\r\nwhere is my parcel\tmy order\r\n\r\nmy \"order\"\thas not come\tmy order\r\ngive me my money back\trefund\r\n"+
		"what is the weather\tOOS\r\nclose my account\tonly one\r\n")
	test := file("test.tsv", "where is my order\tmy order\nrefund my money\trefund\nsing a song\toos\nhello\tgreeting\n")
	valid := file("valid.tsv", "text\tlabel\n")

	code, out, errOut := run(t, "bot", "eval", "--train", train, "--test", test, "--valid", valid, "--json")
	require.Equal(t, exitOK, code, errOut)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.EqualValues(t, 3, report["intents"])
	assert.EqualValues(t, 1, report["oos_messages"])
	assert.EqualValues(t, 1, report["unknown_labels"])
	assert.InDelta(t, 2.0/3, report["accuracy"], 1e-3)
	for _, note := range []string{
		"train.tsv: 1 messages have a tab within", "test.tsv: 1 messages have a label that", "valid.tsv: there is no message in it; the figures are as without --valid",
	} {
		assert.Contains(t, errOut, note)
	}

	code, out, errOut = run(t, "bot", "eval", "--train", train, "--test", file("strangers.tsv", "sing a song\toos\n"), "--json")
	require.Equal(t, exitOK, code, errOut)
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Nil(t, report["accuracy"], "there is nothing to measure")

	code, _, errOut = run(t, "bot", "eval", "--train", file("strange.tsv", "sing a song\toos\n"), "--test", test)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errOut, "no message of an intent")
}
