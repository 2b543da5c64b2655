package ids

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := New()
		require.Len(t, id, 26)
		require.True(t, Valid(id))
		require.False(t, seen[id])
		seen[id] = true
	}
	require.Len(t, Secret(), 52)
	first, again := Derive("a", "bc"), Derive("a", "bc")
	require.Equal(t, first, again)
	require.NotEqual(t, Derive("a", "bc"), Derive("ab", "c"), "the border between parts counts")
	require.True(t, Valid(Derive("x")))
	for _, bad := range []string{"", "a.b", "a*", "a b", "A", "a/b", "ä", string(make([]byte, 65))} {
		require.False(t, Valid(bad), bad)
	}
}
