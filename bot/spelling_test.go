package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/vectors"
	"parley/internal/words"
)

func mended(s *spelling, text string) string {
	var n words.Text
	n.Set(text)
	s.mend(&n)
	var out []string
	for i := range n.Words {
		out = append(out, string(n.Word(i)))
	}
	return strings.Join(out, " ")
}

func TestMisspeltWordsAreMended(t *testing.T) {
	t.Parallel()
	s := newSpelling([]Sample{
		{"where is my refund", "a"}, {"the zorblatt refund is late", "a"}, {"zorblatt größe", "b"}, {"größe ändern", "b"}, {"my onlyonce card", "b"}, {"我的卡片坏了", "b"},
	}, vectors.Builtin())
	for text, want := range map[string]string{
		"were is my refnud":       "were is my refund", // "were" is a word
		"the zorblat refundd":     "the zorblatt refund",
		"zobrlatt":                "zorblatt",
		"zrblat":                  "zrblat",  // two letters are wrong
		"onlyonc":                 "onlyonc", // one example may be wrong itself
		"refund1 zorblatt2":       "refund1 zorblatt2",
		"groesse grösse grössse":  "grosse grosse grosse",
		"th":                      "th",
		"卡片坏了":                    "卡片 片坏 坏了",
		"what about a cart, then": "what about a cart then", // a word is no card
	} {
		assert.Equal(t, want, mended(s, text), text)
	}
}

func TestEdited(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]bool{
		{"refund", "refund"}: false, {"refnd", "refund"}: true, {"refuund", "refund"}: true, {"refond", "refund"}: true, {"refnud", "refund"}: true,
		{"efund", "refund"}: true, {"refun", "refund"}: true, {"erfund", "refund"}: true, {"refdnu", "refund"}: false, {"fund", "refund"}: false,
		{"", ""}: false, {"a", ""}: true, {"", "a"}: true, {"заказ", "заказы"}: true, {"закас", "заказ"}: true, {"зааксз", "заказ"}: false, {"заакз", "заказ"}: true,
	} {
		assert.Equal(t, want, edited([]byte(pair[0]), pair[1]), "%q", pair)
	}
}

func FuzzMend(f *testing.F) {
	s := newSpelling([]Sample{{"where is the refund that was promised", "a"}, {"where is the refund that was promised", "a"}, {"заказ größe 卡片", "b"}}, vectors.Builtin())
	f.Add("wher is the refnud")
	f.Add("закас \xff größ")
	f.Fuzz(func(t *testing.T, text string) {
		var n, before words.Text
		n.Set(text)
		before.Set(text)
		s.mend(&n)
		require.Len(t, n.Words, len(before.Words))
		for i := range n.Words {
			require.True(t, utf8.Valid(n.Word(i)))
			if was := before.Word(i); string(was) != string(n.Word(i)) {
				require.True(t, edited(was, string(n.Word(i))), "%q became %q", was, n.Word(i))
			}
		}
	})
}
