package routing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// What is told before a handoff is what the queue says after it.
func TestAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	open := event.Inbox{ID: "direct"}
	shut := event.Inbox{ID: "shut", Hours: event.BusinessHours{Days: []event.Day{{Weekday: (int(time.Now().UTC().Weekday()) + 3) % 7, From: 0, To: 1}}}}
	team := event.Inbox{ID: "vip", Teams: []string{"gold"}}
	away := func(inbox event.Inbox) bool {
		got, err := h.svc.Away(t.Context(), &inbox)
		require.NoError(t, err)
		return got
	}
	assert.True(t, away(open), "nobody is online")
	h.hire("ada", 1)
	h.online("ada")
	assert.False(t, away(open))
	assert.False(t, away(shut), "outside the hours, but somebody is there and free: they get it")
	assert.True(t, away(team), "nobody of the inbox's team is there")
	h.until(h.want("direct", "c", event.Handoff{}), event.KindAssigned)
	assert.False(t, away(open), "no room now: the visitor waits in the queue")
	assert.True(t, away(shut), "outside the hours nobody waits for room")
}
