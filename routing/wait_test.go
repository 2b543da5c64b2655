package routing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
)

func TestRelax(t *testing.T) {
	t.Parallel()
	w := row{Skills: map[string]int{"billing": 3}, Language: "de"}
	for _, tc := range []struct {
		name   string
		waited time.Duration
		level  int
		lang   string
		next   time.Duration
	}{
		{"everybody who fits", 0, 3, "de", levelsFor},
		{"any level", levelsFor, 1, "de", skillsFor - levelsFor},
		{"anybody", skillsFor, 0, "", 0},
	} {
		n, next := relax(&w, tc.waited)
		require.Equal(t, tc.level, n.Skills["billing"], tc.name)
		require.Equal(t, tc.lang, n.Language, tc.name)
		require.Equal(t, tc.next, next, tc.name)
	}
	require.Equal(t, 3, w.Skills["billing"], "the conversation's own requirement stays")
}

func TestExpected(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0, expected(3, 0), "no basis, no promise")
	require.Equal(t, 90, expected(3, 30*time.Second))
}

func TestApply(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	base := row{Conv: "c", Inbox: "i", State: assigned, Agent: "ada", Seq: 4}
	for _, tc := range []struct {
		name  string
		from  row
		e     event.Event
		state string
		agent string
		team  string
	}{
		{"resolved frees the agent", base, event.Event{Kind: event.KindResolved}, idle, "", ""},
		{"snoozed keeps the agent without load", base, event.Event{Kind: event.KindSnoozed}, snoozed, "ada", ""},
		{"to a team", base, event.Event{Kind: event.KindTransferred, Assigned: &event.Assigned{Team: "t1"}}, waits, "", "t1"},
		{"to an agent", base, event.Event{Kind: event.KindTransferred, Assigned: &event.Assigned{Agent: "ben"}}, assigned, "ben", ""},
		{"reopened for the bot", row{State: idle}, event.Event{Kind: event.KindReopened}, idle, "", ""},
		{"reopened for the queue", row{State: idle}, event.Event{Kind: event.KindReopened, Queued: &event.Queued{}}, waits, "", ""},
		{"reopened for its agent", row{State: idle}, event.Event{Kind: event.KindReopened, Assigned: &event.Assigned{Agent: "ada"}}, assigned, "ada", ""},
		{"declined", row{State: offered, Agent: "ada"}, event.Event{Kind: event.KindDeclined, Assigned: &event.Assigned{Agent: "ada"}}, waits, "", ""},
	} {
		tc.e.Seq, tc.e.At = 9, at
		got := apply(tc.from, tc.e)
		require.Equal(t, tc.state, got.State, tc.name)
		require.Equal(t, tc.agent, got.Agent, tc.name)
		require.Equal(t, tc.team, got.Team, tc.name)
		require.EqualValues(t, 9, got.Seq, tc.name)
	}
}
