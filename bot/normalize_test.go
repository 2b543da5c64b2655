package bot

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
			var n normalized
			n.set("what was here before")
			n.set(test.text)
			require.Equal(t, test.want, string(n.text))
			words := []string{}
			for i := range n.words {
				words = append(words, string(n.word(i)))
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
	var n normalized
	n.set(strings.Repeat("ab ", 5000))
	assert.LessOrEqual(t, utf8.RuneCount(n.text), maxRunes)
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"Hello, wörld!", "我的卡", "l'été d'", "\xff\xfe", "a\u0301\u0301", "ﷺ", "👍🏽", "''''"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n, again normalized
		n.set(text)
		require.True(t, utf8.Valid(n.text))
		require.NotContains(t, string(n.text), "  ")
		require.Equal(t, strings.TrimSpace(string(n.text)), string(n.text))
		for _, spans := range [][]span{n.runs, n.words} {
			for _, s := range spans {
				require.Less(t, s.from, s.to)
				require.LessOrEqual(t, int(s.to), len(n.text))
				require.True(t, utf8.Valid(n.text[s.from:s.to]))
			}
		}
		require.GreaterOrEqual(t, len(n.words), len(n.runs))
		again.set(string(n.text))
		if utf8.RuneCount(n.text) <= maxRunes {
			require.Equal(t, string(n.text), string(again.text), "folded text folds to itself")
		}
	})
}
