package eval_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot"
	"parley/bot/eval"
)

func TestFilesAreRead(t *testing.T) {
	t.Parallel()
	want := []bot.Sample{{Text: "where is it", Intent: "order"}, {Text: "what's the weather", Intent: "oos"}}
	for name, text := range map[string]string{
		"plain":           "where is it\torder\nwhat's the weather\toos\n",
		"with a heading":  "text\tlabel\nwhere is it\torder\nwhat's the weather\toos",
		"of Windows":      "\ufeffText\tLabel\r\nwhere is it\torder\r\n\r\nwhat's the weather\toos\r\n",
		"with loose ends": " where is it \t order\n\n what's the weather\toos ",
	} {
		got, err := eval.Read(strings.NewReader(text), "f.tsv")
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
}

func TestBadFilesNameTheLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "there is no message",
		"text\tlabel\n":                       "there is no message",
		"a\tb\nno tab":                        "f.tsv:2: there is no tab",
		"a\tb\n\nc\td\te":                     "f.tsv:3: there are more than two columns",
		"text\tlabel\n \tb":                   "f.tsv:2: the message is empty",
		"a\t ":                                "f.tsv:1: the label is empty",
		"a\xff\tb":                            "f.tsv:1: this is not UTF-8",
		"a\tb\n" + strings.Repeat("x", 2<<20): "f.tsv:2: ",
	} {
		_, err := eval.Read(strings.NewReader(text), "f.tsv")
		require.ErrorContains(t, err, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("text\tlabel\nwhere is it\torder\n")
	f.Add("\ufeffa\tb\r\n\t\n")
	f.Fuzz(func(t *testing.T, text string) {
		samples, err := eval.Read(strings.NewReader(text), "f.tsv")
		if err != nil {
			require.ErrorContains(t, err, "f.tsv:")
			return
		}
		require.NotEmpty(t, samples)
		for _, s := range samples {
			require.NotEmpty(t, s.Text)
			require.NotEmpty(t, s.Intent)
			require.NotContains(t, s.Intent, "\t")
		}
	})
}
