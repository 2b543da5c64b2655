package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

// BenchmarkAssign is from the stored wish for a person to the event that names
// an agent, with 500 agents present: consumer, decision and event.
func BenchmarkAssign(b *testing.B) {
	h := newHouse(b)
	for i := range 500 {
		h.hire(fmt.Sprintf("agent%03d", i), 100)
		h.presence(fmt.Sprintf("agent%03d", i), event.PresenceOnline)
	}
	require.Eventually(b, func() bool {
		list, err := standings(b.Context(), h.db)
		require.NoError(b, err)
		return len(list) == 500 && list[499].State == event.PresenceOnline
	}, 4*patience, 20*time.Millisecond)
	assigned := make(chan struct{}, 1)
	sink := h.bus.NewLiveSink(bus.LiveConfig{OnEvent: func(_ string, m bus.Stored) {
		if m.Kind == event.KindAssigned {
			assigned <- struct{}{}
		}
	}})
	defer sink.Close()
	for b.Loop() {
		conv := ids.New()
		sub, err := h.bus.SubscribeLive(conv, sink)
		require.NoError(b, err)
		h.publish(conv, event.Event{Kind: event.KindOpened, Opened: &event.Opened{Inbox: "direct", Visitor: "v" + conv, Contact: conv, State: event.StateBot}})
		h.publish(conv, event.Event{Kind: event.KindHandoff, Handoff: &event.Handoff{}})
		<-assigned
		sub.Unsubscribe()
	}
}
