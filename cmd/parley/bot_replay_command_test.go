package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimesOfAReplay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Time{
		"36h": now.Add(-36 * time.Hour), "0h": now, "2026-05-01T10:00:00Z": time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC),
		"2026-05-01": time.Date(2026, 5, 1, 0, 0, 0, 0, time.Local), "2026-05-01 10:30": time.Date(2026, 5, 1, 10, 30, 0, 0, time.Local),
	} {
		got, err := timeOf(value, now)
		require.NoError(t, err, value)
		assert.True(t, want.Equal(got), value)
	}
	for _, bad := range []string{"", "yesterday", "2026-13-01"} {
		_, err := timeOf(bad, now)
		assert.Error(t, err, bad)
	}
}
