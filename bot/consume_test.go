package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
)

func TestSilentUnlessTheStateIsBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	agent := event.Actor{Kind: event.ActorAgent, ID: "a", Name: "Ann"}
	for name, before := range map[string][]event.Event{
		"queued":            {{Kind: event.KindHandoff, Handoff: &event.Handoff{Reason: "requested"}}},
		"waits for routing": {{Kind: event.KindQueued, Queued: &event.Queued{Position: 1}}},
		"assigned":          {{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: "a"}}},
		"transferred":       {{Kind: event.KindTransferred, Assigned: &event.Assigned{Team: "t"}}},
		"snoozed":           {{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: "a"}}, {Kind: event.KindSnoozed}},
		"an agent spoke":    {{Kind: event.KindMessage, From: agent, Text: "Hi, I'm Ann"}},
		"reopened to agent": {{Kind: event.KindResolved}, {Kind: event.KindReopened, Assigned: &event.Assigned{Agent: "a"}}},
		"reopened to queue": {{Kind: event.KindResolved}, {Kind: event.KindReopened, Queued: &event.Queued{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := w.open(event.StateBot, "en")
			for _, e := range before {
				c.store(e)
			}
			c.say("when do you open")
			last := c.store(event.Event{Kind: event.KindResolved})
			c.handled(last)
			assert.Zero(t, c.messages())
		})
	}
	t.Run("inbox without a bot", func(t *testing.T) {
		t.Parallel()
		c := w.open(event.StateQueued, "en")
		c.say("when do you open")
		c.handled(c.store(event.Event{Kind: event.KindResolved}))
		assert.Zero(t, c.messages())
	})
	t.Run("a program does not take over", func(t *testing.T) {
		t.Parallel()
		c := w.open(event.StateBot, "en")
		program := event.Actor{Kind: event.ActorAgent, ID: "integration-crm", Name: "crm", Program: true}
		c.store(event.Event{Kind: event.KindMessage, From: program, Text: "your order has been sent"})
		_, trace := c.ask("when do you open")
		assert.Equal(t, "intent", trace.Action)
	})
	t.Run("a note does not take over", func(t *testing.T) {
		t.Parallel()
		c := w.open(event.StateBot, "en")
		c.store(event.Event{Kind: event.KindMessage, From: agent, Text: "looks like a fraud", Note: true})
		_, trace := c.ask("when do you open")
		assert.Equal(t, "opening_hours", trace.Intent)
	})
}

func TestReopenedConversationIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	c := newWorld(t).start().open(event.StateBot, "en")
	_, _ = c.ask("when do you open")
	c.store(event.Event{Kind: event.KindResolved})
	seq := c.say("where is my parcel")
	c.handled(seq)
	assert.Nil(t, c.find("answer", seq), "it waits until chat has reopened the conversation")
	c.store(event.Event{Kind: event.KindReopened, Reason: "message"})
	answer, _ := c.answer(seq)
	assert.Contains(t, answer.Text, "My orders")
}

func TestRedeliveryNeverAnswersTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	seq := c.say("when do you open")
	c.deliverAll()
	require.Equal(t, 1, c.messages())
	c.deliverAll()
	assert.Equal(t, 1, c.messages(), "what is remembered says that it was answered")

	// As if the process had died before it could remember.
	_, err := w.db.Exec(t.Context(), `DELETE FROM bot.talks`)
	require.NoError(t, err)
	require.NoError(t, c.deliver(seq))
	assert.Equal(t, 1, c.messages(), "the log says that it was answered")

	next := c.say("where is my parcel")
	c.svc = w.service()
	require.NoError(t, c.deliver(next))
	require.NotNil(t, c.find("answer", next), "another process goes on")
}

func TestAnswerThatWasBrokenOffIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	seq := c.say("I want a human")
	talked := talk{Conv: c.id, State: event.StateBot, Inbox: "shop", Pending: []said{{Seq: seq, Text: "I want a human"}}}
	p, err := w.svc.decide(t.Context(), &talked, "Robin", nil)
	require.NoError(t, err)
	events := p.events(c.id, seq, event.Actor{Kind: event.ActorBot, ID: sender}, event.Now())
	require.Len(t, events, 3)
	for i := range events[:2] { // it died before the handoff
		_, err := w.bus.PublishEvent(t.Context(), &events[i], sender, events[i].CID, nil)
		require.NoError(t, err)
	}
	c.say("hello? are you there?") // which must not void what was promised
	require.NoError(t, c.deliver(seq))
	assert.Equal(t, "requested", c.find("handoff", seq).Handoff.Reason)
	assert.Equal(t, 1, c.messages())
	c.deliverAll()
	assert.Equal(t, 1, c.messages())
}

func TestMessageWhileTheBotThinksIsAnsweredTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	first := c.say("hello again, I wonder")
	second := c.say("my parcel: where is it?")
	c.deliverAll()
	assert.Nil(t, c.find("answer", first), "the first was overtaken")
	answer, _ := c.answer(second)
	assert.Contains(t, answer.Text, "My orders")
	assert.Equal(t, 1, c.messages())

	third := c.say("where is the other parcel")
	c.store(event.Event{Kind: event.KindTagged, Tags: []string{"x"}})
	require.NoError(t, c.deliver(third))
	assert.NotNil(t, c.find("answer", third), "a tag does not void an answer")
}

func TestWishForAPersonWinsOverWhatIsReadWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, texts := range map[string][]string{ //nolint:paralleltest // one world
		"first":               {"I want a person", "when do you open?"},
		"last":                {"when do you open?", "I want a person"},
		"in the middle":       {"hello", "agent please", "where is my parcel?"},
		"then thanks":         {"let me talk to a human", "thanks"},
		"in another language": {"Ich möchte mit einem Menschen sprechen", "when do you open?"},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.open(event.StateBot, "en")
			var last uint64
			for _, text := range texts {
				last = c.say(text)
			}
			c.deliverAll()
			require.NotNil(t, c.find("handoff", last))
			assert.Equal(t, "requested", c.handoff(last).Reason)
			assert.Equal(t, 1, c.messages())
		})
	}
	c := w.open(event.StateBot, "en")
	seq := c.say("hello")
	c.deliverAll()
	hello, _ := c.answer(seq)
	c.click(hello.Choices[len(hello.Choices)-1])
	last := c.say("when do you open?")
	c.deliverAll()
	require.NotNil(t, c.find("handoff", last), "a click counts as well")
	assert.Equal(t, "requested", c.handoff(last).Reason)
}

func TestPersonWhoJoinsSilencesTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	seq := c.say("when do you open")
	c.store(event.Event{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: "a"}})
	c.deliverAll()
	assert.Zero(t, c.messages())
	assert.Nil(t, c.find("answer", seq))
}

func TestOwnErrorsBecomeHandoffs(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(*world){
		"search fails":  func(w *world) { w.library.err = errBroken },
		"search panics": func(w *world) { w.library.panics = true },
		"database away": func(w *world) { w.db.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.open(event.StateBot, "en")
			seq := c.say("where is my parcel")
			breakIt(w)
			require.NoError(t, c.deliver(seq))
			require.NotNil(t, c.find("handoff", seq))
			assert.Equal(t, "error", c.find("handoff", seq).Handoff.Reason)
			assert.Contains(t, c.find("answer", seq).Text, "on to the team")
		})
	}
}

func TestTalkAmongPeopleCostsNoQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	c.store(event.Event{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: "a"}})
	c.deliverAll()
	next := c.say("are you there?")
	w.db.Close()
	require.NoError(t, c.deliver(next))
	c.turn++
	require.NoError(t, c.deliver(next), "another process may have seen what this one has not: it looks, and finds the database closed; the log says that people lead")
	message := bus.Delivery{Stored: bus.Stored{Subject: event.ChatSubject(c.id), Kind: event.KindMessage}, Turn: c.turn}
	assert.False(t, w.svc.quiet.stays(&message))
	w.svc.quiet.note(&message)
	assert.True(t, w.svc.quiet.stays(&message))
	back := c.store(event.Event{Kind: event.KindReopened})
	require.NoError(t, c.deliver(back), "it looks at the log")
	assert.False(t, w.svc.quiet.stays(&message), "a change of state ends it")
}

// A person who writes into a closed conversation does not make what the visitor
// says next theirs: it opens the conversation again, to the bot.
func TestMessageAfterTheEndIsNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	c.store(event.Event{Kind: event.KindResolved})
	c.store(event.Event{Kind: event.KindMessage, From: event.Actor{Kind: event.ActorAgent, ID: "a", Name: "Ann"}, Text: "All the best!"})
	seq := c.say("where is my parcel")
	c.store(event.Event{Kind: event.KindReopened, Reason: "message"})
	c.deliverAll()
	assert.NotNil(t, c.find("answer", seq))
}

func TestDatabaseAwayDoesNotDisturbWhatWasAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	seq := c.say("when do you open")
	c.deliverAll()
	w.db.Close()
	require.NoError(t, c.deliver(seq))
	assert.Nil(t, c.find("handoff", seq))
}

func TestUnreadableEventsAreDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	c := w.open(event.StateBot, "en")
	_, err := w.bus.Publish(t.Context(), unreadable(c.id))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		letters, err := w.bus.DeadLetters(t.Context(), "bot", 1)
		return err == nil && len(letters) == 1
	}, patience, testTick)
	_, trace := c.ask("when do you open")
	assert.Equal(t, "opening_hours", trace.Intent, "the conversation goes on")
}

func TestRememberedTalksAreForgottenOneDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := talk{Conv: "old", Seq: 1}
	require.NoError(t, saveTalk(t.Context(), w.db, &old, w.svc.now().Add(-keepTalks-forgetEvery)))
	fresh := talk{Conv: "fresh", Seq: 1}
	require.NoError(t, saveTalk(t.Context(), w.db, &fresh, w.svc.now()))
	w.start()
	require.Eventually(t, func() bool {
		_, found, err := findTalk(context.WithoutCancel(t.Context()), w.db, "old")
		return err == nil && !found
	}, patience, testTick)
	_, found, err := findTalk(t.Context(), w.db, "fresh")
	require.NoError(t, err)
	assert.True(t, found)
}

func TestTalkIsNeverOverwrittenByAnOlderOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	newer := talk{Conv: "c", Seq: 7, State: event.StateQueued}
	require.NoError(t, saveTalk(t.Context(), w.db, &newer, w.svc.now()))
	older := talk{Conv: "c", Seq: 5, State: event.StateBot}
	require.NoError(t, saveTalk(t.Context(), w.db, &older, w.svc.now()))
	got, _, err := findTalk(t.Context(), w.db, "c")
	require.NoError(t, err)
	assert.Equal(t, event.StateQueued, got.State)
}
