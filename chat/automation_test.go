package chat

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

func TestVisitorReopensAClosedConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	for _, tc := range []struct {
		name    string
		begin   event.State
		agent   bool
		online  bool
		state   event.State
		sticksA bool
	}{
		{"to the bot, when no person ever had it", event.StateBot, false, false, event.StateBot, false},
		{"to the queue, when its agent is away", event.StateQueued, true, false, event.StateQueued, false},
		{"to its agent, when they are there", event.StateQueued, true, true, event.StateAssigned, true},
	} {
		if tc.online {
			require.NoError(t, d.bus.SetPresence(t.Context(), event.Presence{Agent: "anna", State: event.PresenceOnline}))
			require.Eventually(t, func() bool { return d.svc.presence.there("anna") }, patience, 5*time.Millisecond)
		}
		conv := d.open(v, tc.begin)
		if tc.agent {
			d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
		}
		d.act(v, conv, event.ActResolve, "")
		d.say(v, conv, "again", "one more thing")
		d.say(v, conv, "and", "and another")
		c := d.state(conv, tc.state)
		assert.Equal(t, tc.sticksA, c.Agent == "anna", tc.name)
		reopened := 0
		for _, k := range kinds(d.all(conv)) {
			if k == event.KindReopened {
				reopened++
			}
		}
		assert.Equal(t, 1, reopened, tc.name)
	}
}

// A rule looks at the state now: what was closed after the message stays
// closed, and a message delivered twice changes nothing the second time.
func TestRulesAreIdempotent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	d.act(v, conv, event.ActResolve, "")
	d.say(v, conv, "c1", "hello?")
	message := d.deliveries(conv)[d.bus.ChatStream(conv)][2]
	require.NoError(t, d.svc.onEvent(t.Context(), message))
	require.NoError(t, d.svc.onEvent(t.Context(), message))
	assert.Equal(t, []event.Kind{event.KindOpened, event.KindResolved, event.KindMessage, event.KindReopened}, kinds(d.all(conv)))
	d.act(v, conv, event.ActResolve, "")
	require.NoError(t, d.svc.onEvent(t.Context(), message))
	assert.Len(t, d.all(conv), 5, "closed after that message: it stays closed")
}

// within are the deliveries of a conversation as one process gets them in a turn.
func (d *desk) within(turn uint64, conv string) []bus.Delivery {
	d.t.Helper()
	list := d.deliveries(conv)[d.bus.ChatStream(conv)]
	for i := range list {
		list[i].Turn = turn
	}
	return list
}

// What is remembered of a conversation answers for what people say to each
// other, and it ends with the turn: what another process has seen meanwhile
// cannot be missed.
func TestRulesRememberStatesWithinATurn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	d.say(v, conv, "c1", "hello")
	d.say(anna, conv, "c2", "hello")
	for _, m := range d.within(1, conv) {
		require.NoError(t, d.svc.onEvent(t.Context(), m))
	}
	asksNobody, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range d.within(1, conv)[2:] {
		require.NoError(t, d.svc.onEvent(asksNobody, m))
	}
	for _, m := range d.within(2, conv)[2:] {
		require.Error(t, d.svc.onEvent(asksNobody, m), "in another turn it must look")
	}
	assert.Len(t, d.all(conv), 4)

	// Another process has the stream while the conversation ends.
	d.act(anna, conv, event.ActResolve, "")
	d.say(v, conv, "c3", "one more thing")
	last := d.within(2, conv)[5]
	require.NoError(t, d.svc.onEvent(t.Context(), last))
	assert.Equal(t, event.KindReopened, d.all(conv)[6].Kind)

	// Within a turn the end is seen, and what is said after it wakes the rules.
	d.act(anna, conv, event.ActResolve, "")
	d.say(v, conv, "c4", "and another")
	for _, m := range d.within(2, conv)[6:] {
		require.NoError(t, d.svc.onEvent(t.Context(), m))
	}
	events := d.all(conv)
	require.Len(t, events, 10)
	assert.Equal(t, event.KindReopened, events[9].Kind)
}

// Two processes take turns with the log; whichever has it when a visitor writes
// into a closed conversation opens it again.
func TestReopeningIsNotLostBetweenProcesses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second := d.svc, New(d.db, d.bus, staff{{ID: anna.ID, Name: anna.Name}}, Config{Log: quiet(t), UploadDir: t.TempDir(), patience: patience})
	v := d.visitor("vera")
	stop := d.run()
	conv := d.open(v, event.StateQueued)
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	knows := func(s *Service, state event.State) {
		require.Eventually(t, func() bool {
			for turn := range uint64(100) {
				if got, ok := s.states.Recall(&bus.Delivery{Stored: bus.Stored{Subject: event.ChatSubject(conv)}, Turn: turn}); ok {
					return got == state
				}
			}
			return false
		}, patience, 5*time.Millisecond)
	}
	knows(first, event.StateAssigned)
	for i, s := range []*Service{second, first, second} {
		stop()
		d.svc = s
		stop = d.run()
		d.act(anna, conv, event.ActResolve, "")
		knows(s, event.StateResolved)
		stop()
		d.svc = map[*Service]*Service{first: second, second: first}[s] // it remembers another state
		stop = d.run()
		d.say(v, conv, cid(i), "are you still there?")
		require.NotEqual(t, event.StateResolved, d.stateAfter(conv, event.KindReopened, i+1))
	}
}

// stateAfter waits for so many events of a kind and returns the state then.
func (d *desk) stateAfter(conv string, kind event.Kind, n int) event.State {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		seen := 0
		for _, k := range kinds(d.all(conv)) {
			if k == kind {
				seen++
			}
		}
		return seen == n
	}, patience, 5*time.Millisecond)
	c, err := d.svc.Conversation(d.t.Context(), conv)
	require.NoError(d.t, err)
	return c.State
}

func TestAgentWhoAnswersGetsTheConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateBot)
	d.note(anna, conv, "n", "just looking")
	d.say(anna, conv, "m", "I can help")
	c := d.state(conv, event.StateAssigned)
	assert.Equal(t, "anna", c.Agent)

	// A program with a token answers without becoming the assignee.
	conv = d.open(v, event.StateBot)
	program := anna
	program.ID = "token"
	d.say(program, conv, "m", "your parcel is on its way")
	probe := d.open(v, event.StateBot)
	d.say(anna, probe, "m", "so that the rules have passed")
	d.state(probe, event.StateAssigned)
	got, err := d.svc.Conversation(t.Context(), conv)
	require.NoError(t, err)
	assert.Equal(t, event.StateBot, got.State)
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	until := func(in time.Duration) string {
		return `{"until":"` + time.Now().UTC().Add(in).Format(time.RFC3339Nano) + `"}`
	}
	timed, woken := d.open(v, event.StateQueued), d.open(v, event.StateQueued)
	for _, conv := range []string{timed, woken} {
		d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	}
	d.act(anna, timed, event.ActSnooze, until(300*time.Millisecond))
	d.act(anna, woken, event.ActSnooze, until(time.Hour))
	d.say(v, woken, "c", "are you there?")
	for _, conv := range []string{timed, woken} {
		c := d.state(conv, event.StateAssigned)
		assert.Equal(t, "anna", c.Agent)
		assert.True(t, c.SnoozedUntil.IsZero())
		assert.Contains(t, kinds(d.all(conv)), event.KindReopened)
	}
}

// A timer of an earlier snooze does not end a later one.
func TestSnoozeTimerIsForItsSnooze(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	later := `{"until":"` + time.Now().UTC().Add(time.Hour).Format(time.RFC3339) + `"}`
	first := d.act(anna, conv, event.ActSnooze, later)
	d.act(anna, conv, event.ActReopen, "")
	d.act(anna, conv, event.ActSnooze, later)
	seq, err := json.Marshal(first.Seq)
	require.NoError(t, err)
	require.NoError(t, d.svc.onSnoozeDue(t.Context(), conv, seq))
	require.NoError(t, d.svc.onSnoozeDue(t.Context(), ids.New(), seq), "a conversation that is gone")
	c, err := d.svc.Conversation(t.Context(), conv)
	require.NoError(t, err)
	assert.Equal(t, event.StateSnoozed, c.State)
}

func TestContactsAreFollowed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	change := func(c event.Change) {
		c.At = event.Now()
		body, err := json.Marshal(c)
		require.NoError(t, err)
		_, err = d.bus.Publish(t.Context(), bus.Msg{Subject: event.PeopleSubject(c.ID), Data: body})
		require.NoError(t, err)
	}
	v := d.visitor("vera") // contact-vera
	conv := d.open(v, event.StateQueued)
	change(event.Change{Type: "contact.updated", ID: "known", Fields: map[string]any{"name": "Vera Known"}})
	change(event.Change{Type: "contact.updated", ID: "contact-vera", Fields: map[string]any{"name": "Visitor 7"}})
	shows := func(name, contact string) func() bool {
		return func() bool {
			list, err := summaries(t.Context(), d.db, []string{conv})
			return err == nil && len(list) == 1 && list[0].Name == name && list[0].Contact == contact
		}
	}
	require.Eventually(t, shows("Visitor 7", "contact-vera"), patience, 10*time.Millisecond)
	change(event.Change{Type: "contact.merged", ID: "contact-vera", Into: "known"})
	require.Eventually(t, shows("Vera Known", "known"), patience, 10*time.Millisecond)
	change(event.Change{Type: "contact.merged", ID: "known", Into: "final"})
	require.Eventually(t, shows("Visitor 7", "final"), patience, 10*time.Millisecond)

	// The contact that remains reads what was said before the merge.
	verified := d.visitor("other")
	verified.Verified, verified.Contact = true, "final"
	list, err := d.svc.Recent(t.Context(), verified)
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, conv, list[0].ID)
	_, err = d.svc.loadFor(t.Context(), verified, conv)
	require.NoError(t, err)
}

func TestPublicFacts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	facts := make(chan bus.Delivery, 50)
	v := d.visitor("vera")
	conv := d.open(v, event.StateBot)
	d.say(v, conv, "c1", "hello")
	d.note(anna, conv, "c2", "secret")
	d.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindBot, Bot: &event.BotTrace{Action: "answer"}}, "trace", nil)
	d.act(v, conv, event.ActHandoff, `{"reason":"a refund"}`)
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	d.act(anna, conv, event.ActResolve, `{"reason":"done"}`)
	d.act(v, conv, event.ActRate, `{"score":5,"comment":"great"}`)
	d.run()
	ctx := t.Context()
	go func() {
		_ = d.bus.Consume(ctx, bus.Consumer{Name: "test-facts", Streams: []string{"EVENTS"}, Handle: func(_ context.Context, m bus.Delivery) error {
			facts <- m
			return nil
		}})
	}()
	got := map[string]event.ConversationFact{}
	var order []string
	for len(order) < 6 {
		m := <-facts
		var f event.ConversationFact
		require.NoError(t, json.Unmarshal(m.Data, &f))
		assert.Equal(t, "1.0", m.Header["ce-specversion"])
		assert.Equal(t, "application/json", m.Header["ce-datacontenttype"])
		assert.Equal(t, conv, m.Header["ce-subject"])
		assert.Equal(t, m.MsgID, m.Header["ce-id"])
		assert.Equal(t, "/inboxes/"+d.in.ID, m.Header["ce-source"])
		got[m.Header["ce-type"]] = f
		order = append(order, m.Subject)
	}
	var want []string
	for _, fact := range []string{"opened", "message", "handoff", "assigned", "resolved", "rated"} {
		want = append(want, "evt.conversation."+fact+"."+d.in.ID)
	}
	assert.ElementsMatch(t, want, order, "no note, no trace")
	assert.Equal(t, "hello", got["parley.conversation.message"].Text)
	assert.Equal(t, "anna", got["parley.conversation.assigned"].Agent)
	assert.Equal(t, 5, got["parley.conversation.rated"].Rating.Score)
	assert.Equal(t, "contact-vera", got["parley.conversation.resolved"].Contact)
	for _, m := range d.deliveries(conv)[d.bus.ChatStream(conv)] { // delivered again
		require.NoError(t, d.svc.onPublic(t.Context(), m))
	}
	state, err := d.bus.StreamState(t.Context(), "EVENTS")
	require.NoError(t, err)
	assert.Equal(t, uint64(6), state.Msgs, "each fact once")
}
