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
		"plain":             "where is it\torder\nwhat's the weather\toos\n",
		"with a heading":    "text\tlabel\nwhere is it\torder\nwhat's the weather\toos",
		"of Windows":        "\ufeffText\tLabel\r\nwhere is it\torder\r\n\r\nwhat's the weather\tOOS\r\n",
		"with loose ends":   " where is it \t order\n\n what's the weather\toos ",
		"by other names":    "Sentence\tIntent\nwhere is it\torder\nwhat's the weather\toos",
		"with more columns": "id\tlabel\ttext\tsplit\n1\torder\twhere is it\ttest\n2\tOos\twhat's the weather\ttest",
	} {
		got, err := eval.Read(strings.NewReader(text), "f.tsv")
		require.NoError(t, err, name)
		assert.Equal(t, want, got.Samples, name)
		assert.Empty(t, got.Notes, name)
	}
}

func TestLabelsMayBeAnything(t *testing.T) {
	t.Parallel()
	got, err := eval.Read(strings.NewReader("\"where\" is it\tMy order (late)\nwhere is it\tlabel\nlabel\ttext"), "f.tsv")
	require.NoError(t, err)
	assert.Equal(t, []bot.Sample{{Text: "\"where\" is it", Intent: "My order (late)"}, {Text: "where is it", Intent: "label"}, {Text: "label", Intent: "text"}}, got.Samples)
}

// A tab within a message is one of the message, and is told.
func TestTabsWithinMessages(t *testing.T) {
	t.Parallel()
	for _, heading := range []string{"", "text\tlabel\n"} {
		got, err := eval.Read(strings.NewReader(heading+"where\tis it\torder\nrefund me\trefund\n"), "f.tsv")
		require.NoError(t, err)
		assert.Equal(t, []bot.Sample{{Text: "where is it", Intent: "order"}, {Text: "refund me", Intent: "refund"}}, got.Samples)
		assert.Equal(t, []string{"f.tsv: 1 messages have a tab within; what follows the last tab is their label"}, got.Notes)
	}
}

func TestBadFilesNameTheLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "there is no message",
		"text\tlabel\n":                       "there is no message",
		"a\tb\nno tab":                        "f.tsv:2: there is no tab",
		"a\tb\tc\nd\te\tf":                    "f.tsv: there are 3 columns and no heading",
		"id\ttext\tlabel\n1\ta":               "f.tsv:2: there are 2 columns and the heading names 3",
		"id\ttext\tlabel\n1\ta\tb\tc":         "f.tsv:2: there are 4 columns and the heading names 3",
		"label\ttext\nb\ta\ta":                "f.tsv:2: there are 3 columns and the heading names 2",
		"text\tlabel\n \tb":                   "f.tsv:2: the message is empty",
		"a\t ":                                "f.tsv:1: the label is empty",
		"a\xff\tb":                            "f.tsv:1: this is not UTF-8",
		"a\tb\n" + strings.Repeat("x", 2<<20): "f.tsv:2: the line is longer",
	} {
		_, err := eval.Read(strings.NewReader(text), "f.tsv")
		require.ErrorContains(t, err, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("text\tlabel\nwhere is it\torder\n")
	f.Add("\ufeffa\tb\r\n\t\n")
	f.Add("id\tintent\tutterance\n1\torder\twhere\tis it\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := eval.Read(strings.NewReader(text), "f.tsv")
		if err != nil {
			require.ErrorContains(t, err, "f.tsv:")
			return
		}
		require.NotEmpty(t, file.Samples)
		for _, s := range file.Samples {
			require.NotEmpty(t, s.Text)
			require.NotEmpty(t, s.Intent)
			require.NotContains(t, s.Intent, "\t")
		}
	})
}
