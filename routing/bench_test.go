package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
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

// BenchmarkAssignBacklog is one assignment, decision and event, while 100,000
// conversations wait and so many agents have room. What it costs should grow
// as the logarithm of the agents at most.
func BenchmarkAssignBacklog(b *testing.B) {
	for _, agents := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			h := newStillHouse(b)
			h.crowd(agents, 100_000)
			var times, decisions []time.Duration
			lines, err := fronts(b.Context(), h.db)
			require.NoError(b, err)
			for b.Loop() {
				started := time.Now()
				first := lines[0]
				d, err := h.svc.decide(b.Context(), &first)
				require.NoError(b, err)
				decisions = append(decisions, time.Since(started))
				moved, err := h.svc.carryOut(b.Context(), d)
				require.NoError(b, err)
				require.True(b, moved)
				require.NotEmpty(b, d.agent)
				next, err := behind(b.Context(), h.db, &first)
				require.NoError(b, err)
				lines = insert(lines[1:], next...)
				times = append(times, time.Since(started))
			}
			report(b, "decision", decisions)
			report(b, "assignment", times)
		})
	}
}

// BenchmarkAssignBesideBacklog is from the stored wish for a person to the event
// that names an agent, the service running, with 10,000 agents present who have
// room, and 100,000 conversations waiting in 200 lines for what nobody can.
func BenchmarkAssignBesideBacklog(b *testing.B) {
	h := newStillHouse(b)
	h.crowd(10_000, 100_000)
	_, err := h.db.Exec(b.Context(), `UPDATE routing.conversations SET need = 'line ' || seq % 200, team = 'nobody'`)
	require.NoError(b, err)
	h.run(h.svc)
	assigned := make(chan struct{}, 1)
	sink := h.bus.NewLiveSink(bus.LiveConfig{OnEvent: func(_ string, m bus.Stored) {
		if m.Kind == event.KindAssigned {
			assigned <- struct{}{}
		}
	}})
	defer sink.Close()
	var times []time.Duration
	for b.Loop() {
		conv := ids.New()
		sub, err := h.bus.SubscribeLive(conv, sink)
		require.NoError(b, err)
		h.publish(conv, event.Event{Kind: event.KindOpened, Opened: &event.Opened{Inbox: "direct", Visitor: "v" + conv, Contact: conv, State: event.StateBot}})
		started := time.Now()
		h.publish(conv, event.Event{Kind: event.KindHandoff, Handoff: &event.Handoff{}})
		<-assigned
		times = append(times, time.Since(started))
		sub.Unsubscribe()
	}
	report(b, "assignment", times)
}

// newStillHouse is a house whose service does not run: nobody but the test
// looks at its queue.
func newStillHouse(t testing.TB) *house {
	t.Helper()
	h := &house{
		t: t, bus: testkit.Bus(t, testkit.RelaxedBus), db: testkit.Postgres(t, testkit.Schema{Name: "routing", Files: migrationFiles()}),
		staff: map[string]event.AgentProfile{}, inboxes: map[string]event.Inbox{"direct": {ID: "direct", Assign: event.AssignDirect}},
	}
	h.svc = h.process()
	return h
}

// crowd makes agents who have room and conversations that wait.
func (h *house) crowd(agents, waiting int) {
	h.t.Helper()
	for i := range agents {
		h.hire(fmt.Sprintf("agent%d", i+1), 2000)
	}
	for _, fill := range []struct {
		sql string
		n   int
	}{
		{`INSERT INTO routing.agents (agent, state, capacity) SELECT 'agent' || i, 'online', 2000 FROM generate_series(1, $1::int) i`, agents},
		{`INSERT INTO routing.conversations (conv, inbox, contact, state, since, announced, seq, need)
			SELECT 'conv' || lpad(i::text, 22, '0'), 'direct', 'contact' || i, 'waiting', now() - interval '1 hour' + i * interval '10 ms', true, i, 'line'
			FROM generate_series(1, $1::int) i`, waiting},
	} {
		_, err := h.db.Exec(h.t.Context(), fill.sql, fill.n)
		require.NoError(h.t, err)
	}
	_, err := h.db.Exec(h.t.Context(), `ANALYZE`)
	require.NoError(h.t, err)
}

// report adds the median and the 99th percentile, by nearest rank.
func report(b *testing.B, what string, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	for _, percent := range []int{50, 99} {
		rank := max((len(times)*percent+99)/100, 1)
		b.ReportMetric(float64(times[rank-1].Microseconds())/1e3, fmt.Sprintf("ms-%s-p%d", what, percent))
	}
}
