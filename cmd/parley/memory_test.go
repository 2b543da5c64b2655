package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGrowth(t *testing.T) {
	t.Parallel()
	require.Equal(t, usualPercent, growth(1<<20, 20<<20, time.Second), "idle")
	require.Equal(t, 480, growth(64<<20, 20<<20, time.Second), "busy, small heap: 96 MiB of room")
	require.Equal(t, usualPercent, growth(64<<20, 200<<20, time.Second), "busy, large heap: the default is room enough")
	require.Equal(t, mostPercent, growth(64<<20, 1<<20, time.Second))
}
