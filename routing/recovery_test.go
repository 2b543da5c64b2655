package routing

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
)

// forgetLog takes a conversation's log out of the stream, as age does.
func (h *house) forgetLog(conv string) {
	h.t.Helper()
	list, err := h.bus.Read(h.t.Context(), event.ChatSubject(conv), 0, 1000)
	require.NoError(h.t, err)
	for _, m := range list {
		require.NoError(h.t, h.bus.SecureDelete(h.t.Context(), h.bus.ChatStream(conv), m.Seq))
	}
}

// Whoever has waited until the log had forgotten them is served all the same.
func TestAgedConversationIsAssigned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 1)
	conv := h.want("direct", "c1", event.Handoff{})
	h.until(conv, event.KindQueued)
	h.forgetLog(conv)
	h.online("ada")
	require.Equal(t, "ada", h.until(conv, event.KindAssigned).Assigned.Agent)
}

// The process that saw an agent leave died before it had given back what the
// agent had: another one does.
func TestWhatAnAgentHadIsGivenBackByAnotherProcess(t *testing.T) {
	t.Parallel()
	h := newStillHouse(t)
	h.hire("ada", 3)
	stop := h.run(h.svc)
	h.online("ada")
	var convs []string
	for range 3 {
		conv := h.want("direct", "c", event.Handoff{})
		h.until(conv, event.KindAssigned)
		convs = append(convs, conv)
	}
	stop()
	require.NoError(t, h.svc.recordPresence(t.Context(), event.Presence{Agent: "ada", State: event.PresenceOffline})) // all that was done before it died
	h.presence("ada", event.PresenceOffline)
	for _, conv := range convs {
		for _, e := range h.events(conv) {
			require.NotEqual(t, event.KindTransferred, e.Kind)
		}
	}
	h.run(h.process())
	for _, conv := range convs {
		require.Equal(t, "agent_offline", h.until(conv, event.KindTransferred).Reason)
	}
	require.Eventually(t, func() bool {
		list, err := standings(t.Context(), h.db)
		require.NoError(t, err)
		return list[0].Load == 0
	}, patience, patience/1000)
}

// An agent who is back before anything was given back keeps what they had.
func TestAgentWhoIsBackInTimeKeepsConversations(t *testing.T) {
	t.Parallel()
	h := newStillHouse(t)
	h.hire("ada", 1)
	stop := h.run(h.svc)
	h.online("ada")
	conv := h.want("direct", "c", event.Handoff{})
	h.until(conv, event.KindAssigned)
	stop()
	require.NoError(t, h.svc.recordPresence(t.Context(), event.Presence{Agent: "ada", State: event.PresenceOffline}))
	require.NoError(t, h.svc.recordPresence(t.Context(), event.Presence{Agent: "ada", State: event.PresenceOnline}))
	h.run(h.process())
	other := h.want("direct", "d", event.Handoff{})
	h.until(other, event.KindQueued) // a round of the new process has passed
	for _, e := range h.events(conv) {
		require.NotEqual(t, event.KindTransferred, e.Kind)
	}
}
