package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
)

func TestMemoryHoldsWithinATurn(t *testing.T) {
	t.Parallel()
	m := bus.NewMemory[string](2)
	in := func(subject string, turn uint64) *bus.Delivery {
		return &bus.Delivery{Stored: bus.Stored{Subject: subject}, Turn: turn}
	}
	recall := func(d *bus.Delivery) string {
		value, known := m.Recall(d)
		require.Equal(t, value != "", known)
		return value
	}
	require.Empty(t, recall(in("a", 1)))
	m.Learn(in("a", 1), "one")
	require.Equal(t, "one", recall(in("a", 1)))
	require.Empty(t, recall(in("a", 2)), "what happened between the turns is not known")
	require.Empty(t, recall(in("b", 1)))
	m.Learn(in("a", 0), "replayed")
	require.Empty(t, recall(in("a", 0)), "a replayed delivery is outside any turn")
	require.Equal(t, "one", recall(in("a", 1)))
	m.Forget(in("a", 1))
	require.Empty(t, recall(in("a", 1)))
	for _, subject := range []string{"a", "b", "c"} {
		m.Learn(in(subject, 2), subject)
	}
	require.Empty(t, recall(in("a", 2)), "two subjects at most")
	require.Equal(t, "c", recall(in("c", 2)))
	m.Clear()
	require.Empty(t, recall(in("c", 2)))
}
