package gateway

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
)

// What an erased person has open is closed at every gateway, with and without a
// conversation, and so is what says hello while the notice is on its way.
func TestErasureClosesSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	ann.open("open", "hi")
	bob, ada, silent := w.hello("bob"), w.hello("agent"), w.dial(nil)
	w.start() // a second gateway
	require.Eventually(t, func() bool {
		require.NoError(t, w.bus.Ephemeral(event.ErasedSubject, event.Erased{Contacts: []string{"nobody"}}))
		return w.svc.erased.has("nobody")
	}, patience, time.Millisecond, "it follows notices")
	idle := w.hello("ann")
	require.NoError(t, w.bus.Ephemeral(event.ErasedSubject, event.Erased{Contacts: []string{"another", "cann"}}))
	for _, c := range []*client{ann, idle} {
		bye, code := c.awaitClose()
		require.Equal(t, 4401, code)
		require.Equal(t, false, bye["reconnect"])
	}
	late := w.dial(nil) // whose token the gate took for good a moment ago
	late.send("hello", Hello{Token: "ann"})
	_, code := late.awaitClose()
	require.Equal(t, 4401, code)
	for _, o := range late.got {
		require.Equal(t, "bye", o["type"])
	}

	require.NoError(t, w.bus.Ephemeral(event.ErasedSubject, json.RawMessage(`"nonsense"`)))
	silent.send("hello", Hello{Token: "bob"})
	silent.await("welcome", nil)
	for _, c := range []*client{bob, ada} {
		c.send("ping", Ping{})
		c.await("pong", nil)
	}
}
