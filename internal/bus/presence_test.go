package bus

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
)

type presenceSeen struct {
	p       event.Presence
	present bool
}

func openForPresence(t *testing.T) *Bus {
	t.Helper()
	b, err := Open(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "nats"), Relaxed: true})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

func watchPresence(t *testing.T, b *Bus) <-chan presenceSeen {
	t.Helper()
	out := make(chan presenceSeen, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.WatchPresence(ctx, func(p event.Presence, present bool) { out <- presenceSeen{p, present} })
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return out
}

func nextPresence(t *testing.T, ch <-chan presenceSeen) presenceSeen {
	t.Helper()
	select {
	case s := <-ch:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("no change of presence came")
		panic("unreachable")
	}
}

func TestPresenceIsWatched(t *testing.T) {
	t.Parallel()
	b := openForPresence(t)
	ann := event.Presence{Agent: "ann", State: event.PresenceOnline, Capacity: 3, Since: event.Now()}
	require.NoError(t, b.SetPresence(t.Context(), ann))
	seen := watchPresence(t, b)
	require.Equal(t, presenceSeen{ann, true}, nextPresence(t, seen), "who is there already")
	ann.State = event.PresenceAway
	require.NoError(t, b.SetPresence(t.Context(), ann))
	require.Equal(t, presenceSeen{ann, true}, nextPresence(t, seen))
	require.NoError(t, b.DeletePresence(t.Context(), "ann"))
	require.Equal(t, presenceSeen{event.Presence{Agent: "ann"}, false}, nextPresence(t, seen))
	require.NoError(t, b.DeletePresence(t.Context(), "nobody"))
	require.Empty(t, seen)
}

func TestPresenceExpiresUnlessRefreshed(t *testing.T) {
	t.Parallel()
	b := openForPresence(t)
	seen := watchPresence(t, b)
	gone := event.Presence{Agent: "gone", State: event.PresenceOnline}
	stays := event.Presence{Agent: "stays", State: event.PresenceOnline}
	start := time.Now()
	require.NoError(t, b.setPresence(t.Context(), gone, time.Second))
	require.True(t, nextPresence(t, seen).present)
	for refreshed := 0; ; {
		require.NoError(t, b.setPresence(t.Context(), stays, 2*time.Second))
		refreshed++
		s := nextPresence(t, seen)
		if s.p.Agent == "gone" {
			require.False(t, s.present)
			require.Greater(t, time.Since(start), 900*time.Millisecond)
			require.Greater(t, refreshed, 2)
			return
		}
		require.True(t, s.present, "refreshed in time")
		<-time.After(200 * time.Millisecond)
	}
}

// Presence is kept in memory only. When the server has lost it, agents come
// back with their next refresh.
func TestPresenceSurvivesALostBucket(t *testing.T) {
	t.Parallel()
	b := openForPresence(t)
	ann := event.Presence{Agent: "ann", State: event.PresenceOnline}
	require.NoError(t, b.js.DeleteKeyValue(t.Context(), presenceBucket))
	require.NoError(t, b.SetPresence(t.Context(), ann))
	seen := watchPresence(t, b)
	require.Equal(t, presenceSeen{ann, true}, nextPresence(t, seen))
}

func TestAgentsWhoLeftUnseenAreReported(t *testing.T) {
	t.Parallel()
	var got []string
	w := presenceWatch{there: map[string]bool{"ann": true, "ben": true}, seen: func(p event.Presence, present bool) {
		require.False(t, present)
		got = append(got, p.Agent)
	}}
	w.leaveOthers(map[string]bool{"ann": true})
	require.Equal(t, []string{"ben"}, got)
	require.Equal(t, map[string]bool{"ann": true}, w.there)
}
