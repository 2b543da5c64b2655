package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/vectors"
)

func bagOf(text string) *bag {
	var b bag
	(&counter{table: vectors.Builtin()}).count(text, &b)
	return &b
}

// Words that two messages of a language without spaces share are features of
// both, wherever the pairs of characters around them begin.
func TestCharactersAreWords(t *testing.T) {
	t.Parallel()
	words := func(text string) []uint16 { b := bagOf(text); return b.buckets[:b.chars] }
	assert.Len(t, words("退款"), 3, "the pair and both of its characters")
	assert.Len(t, words("款"), 1)
	assert.Contains(t, words("什么时候退款"), words("款")[0])
	assert.Contains(t, words("iPhone 退款"), words("款")[0])
	assert.Subset(t, words("请问退款呢"), words("退款"))
	assert.Len(t, words("refund please"), 3, "both words and their pair")
}

// What the table says of a language that it was not made of is spelling, which
// other features say better.
func TestMeaningOfUnknownWordsCountsLess(t *testing.T) {
	t.Parallel()
	length := func(text string) float32 { return squaredLength(bagOf(text).sense[:]) }
	assert.InDelta(t, 1, length("where is my parcel"), 1e-3)
	assert.InDelta(t, 1, length("wo ist mein paket"), 1e-3)
	assert.Less(t, length("missä pakettini viipyy näin pitkään"), float32(0.3))
	assert.Zero(t, length("什么时候退款"))
	assert.InDelta(t, 1, length("where is my zzyzx parcel now"), 1e-3, "one word that is not known costs nothing")
}

func TestChineseIsUnderstood(t *testing.T) {
	t.Parallel()
	samples := []Sample{
		{"我要退款", "refund"},
		{"请把钱退给我", "refund"},
		{"退款什么时候到", "refund"},
		{"我的包裹在哪里", "parcel"},
		{"快递还没到", "parcel"},
		{"查一下物流", "parcel"},
		{"忘记密码了", "password"},
		{"怎么改密码", "password"},
		{"密码不对", "password"},
		{"我要注销账号", "close"},
		{"怎么删除账户", "close"},
		{"不想用这个账号了", "close"},
	}
	m, err := Train(t.Context(), samples, nil, 1)
	require.NoError(t, err)
	for text, want := range map[string]string{"能退钱吗": "refund", "包裹到哪了": "parcel", "改一下密码": "password", "账号想注销掉": "close"} {
		p := m.Predict(text, "")
		assert.Equal(t, want, p.Guesses[0].Intent, text)
	}
}
