package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
)

func TestRawLogStores(t *testing.T) {
	t.Parallel()
	answers := make(chan int, 20)
	log, err := bus.OpenRawLog(t.Context(), t.TempDir(), true, 2, func(conv int, err error) {
		if err != nil {
			t.Error(err)
		}
		answers <- conv
	})
	require.NoError(t, err)
	defer log.Close()
	want := map[int]int{}
	for i := range 20 {
		want[i%5]++
		require.NoError(t, log.Publish(i%5, []byte("hello")))
	}
	for range 20 {
		want[<-answers]--
	}
	require.Equal(t, map[int]int{0: 0, 1: 0, 2: 0, 3: 0, 4: 0}, want)
}
