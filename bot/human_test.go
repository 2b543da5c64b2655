package bot

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/words"
)

func readLines(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

func TestWishForAPerson(t *testing.T) {
	t.Parallel()
	w := newWish()
	var n words.Text
	asks := readLines(t, "wants_human.txt")
	for _, language := range []string{"es", "fr", "ar", "zh"} {
		own := readLines(t, "wants_human."+language+".txt")
		require.GreaterOrEqual(t, len(own), 20, language)
		asks = append(asks, own...)
	}
	require.GreaterOrEqual(t, len(asks), 300)
	for _, text := range asks {
		n.Set(text)
		assert.True(t, w.in(&n), "asks for a person: %s", text)
	}
	others := append(readLines(t, "wants_no_human.txt"), readLines(t, "wants_no_human.more.txt")...)
	require.GreaterOrEqual(t, len(others), 200)
	for _, text := range others {
		n.Set(text)
		assert.False(t, w.in(&n), "does not ask for a person: %s", text)
	}
}

func BenchmarkWish(b *testing.B) {
	w := newWish()
	var n words.Text
	b.ReportAllocs()
	for b.Loop() {
		n.Set("I was charged twice this month and your support team has not answered my message, what can I do about it?")
		w.in(&n)
	}
}
