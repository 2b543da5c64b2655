package words

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		want  string
		words []string // nil: those of want
	}{
		"case and punctuation":       {text: "Where's my  REFUND?!", want: "wheres my refund"},
		"typographic apostrophe":     {text: "I don’t know", want: "i dont know"},
		"elided article":             {text: "l'adresse d’Anne, j'ai", want: "l adresse d anne j ai"},
		"accents":                    {text: "Größe naïve ČAJ œuvre", want: "grosse naive caj oeuvre"},
		"compatibility forms":        {text: "ﬁle ＡＢＣ１２ ½", want: "file abc12 1 2"},
		"long vowels":                {text: "sooooo goooood 1000", want: "soo good 1000"},
		"arabic forms and digits":    {text: "إلى مَدرسة ١٢٣", want: "الي مدرسه 123"},
		"cyrillic":                   {text: "Мой Заказ", want: "мои заказ"},
		"chinese is read in pairs":   {text: "我的卡片坏了", want: "我的卡片坏了", words: []string{"我的", "的卡", "卡片", "片坏", "坏了"}},
		"one character":              {text: "好", want: "好"},
		"scripts are parted":         {text: "iPhone坏了", want: "iphone 坏了"},
		"emoji stand alone":          {text: "ok👍👍🏽!", want: "ok 👍 👍"},
		"zero-width and soft hyphen": {text: "pass\u00adword re\u200bset", want: "password reset"},
		"nothing":                    {text: " \t.,-", want: "", words: []string{}},
		"invalid bytes":              {text: "a\xffb", want: "a b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n Text
			n.Set("what was here before")
			n.Set(test.text)
			require.Equal(t, test.want, string(n.Bytes))
			words := []string{}
			for i := range n.Words {
				words = append(words, string(n.Word(i)))
			}
			if test.words == nil {
				test.words = strings.Fields(test.want)
			}
			assert.Equal(t, test.words, words)
		})
	}
}

func TestNormalizeReadsAtMostMaxRunes(t *testing.T) {
	t.Parallel()
	var n Text
	n.Set(strings.Repeat("ab ", 5000))
	assert.LessOrEqual(t, utf8.RuneCount(n.Bytes), MaxRunes)
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"Hello, wörld!", "我的卡", "l'été d'", "\xff\xfe", "a\u0301\u0301", "ﷺ", "👍🏽", "''''"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n, again Text
		n.Set(text)
		require.True(t, utf8.Valid(n.Bytes))
		require.NotContains(t, string(n.Bytes), "  ")
		require.Equal(t, strings.TrimSpace(string(n.Bytes)), string(n.Bytes))
		for _, spans := range [][]Span{n.Runs, n.Words} {
			for _, s := range spans {
				require.Less(t, s.From, s.To)
				require.LessOrEqual(t, int(s.To), len(n.Bytes))
				require.True(t, utf8.Valid(n.Bytes[s.From:s.To]))
			}
		}
		require.GreaterOrEqual(t, len(n.Words), len(n.Runs))
		again.Set(string(n.Bytes))
		if utf8.RuneCount(n.Bytes) <= MaxRunes {
			require.Equal(t, string(n.Bytes), string(again.Bytes), "folded text folds to itself")
		}
	})
}
