package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/testkit"
)

// deaf is another process's module that hears no notice and looks for nothing by
// itself: it has learned the intents as they are now and is not running.
func (w *world) deaf() *Service {
	svc := w.service()
	_, err := svc.trainer.get(w.Context())
	require.NoError(w, err)
	return svc
}

// A correction counts from the next message on, also where nobody was told.
func TestWorkerThatMissedTheNoticeAnswersWithTheNewestIntents(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	other := w.deaf()
	before, err := intentVersion(t.Context(), w.db)
	require.NoError(t, err)

	c := w.open(event.StateBot, "en")
	c.svc = other
	seq := c.say("when do you open")
	require.NoError(t, c.deliver(seq))
	answer, trace := c.answer(seq)
	assert.Contains(t, answer.Text, "from 9 to 17")
	assert.Equal(t, before, trace.Model)

	hours := intentNamed(t, w.svc, "opening_hours")
	_, err = w.svc.UpdateIntent(t.Context(), "Ada", hours.ID, func(i *Intent) error {
		i.Answer = "We are open from 10 to 18."
		return nil
	})
	require.NoError(t, err)
	for _, svc := range []*Service{other, w.svc} {
		c := w.open(event.StateBot, "en")
		c.svc = svc
		seq := c.say("when do you open")
		require.NoError(t, c.deliver(seq))
		answer, trace := c.answer(seq)
		assert.Contains(t, answer.Text, "from 10 to 18")
		assert.Equal(t, before+1, trace.Model)
	}
	assert.Equal(t, before+1, other.trainer.current.Load().version)
}

// So it is with flows and with the products that they ask for.
func TestWorkerThatMissedTheNoticeKnowsTheNewestFlowsAndProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	other := w.deaf()
	ask := func(text string) (event.Event, event.BotTrace) {
		t.Helper()
		c := w.open(event.StateBot, "en")
		c.svc = other
		seq := c.say(text)
		require.NoError(t, c.deliver(seq))
		return c.answer(seq)
	}
	_, trace := ask("my lamp is broken")
	require.Nil(t, trace.Flow, "there is none yet")

	f := w.publish(flow.Flow{
		Name: "Repair", Enabled: true, Start: "ask", Trigger: flow.Trigger{Phrases: []string{"is broken"}},
		Blocks: []flow.Block{
			{ID: "ask", Type: flow.Ask, Text: "Which product?", Attribute: "product", Expect: &flow.Expect{Kind: flow.KindProduct}, Next: "tell"},
			{ID: "tell", Type: flow.Choose, Text: "About {product}.", Options: []flow.Option{{ID: "ok", Label: "Go on", Next: "end"}}},
			{ID: "end", Type: flow.End},
		},
	})
	asked, _ := ask("my lamp is broken")
	assert.Equal(t, "Which product?", asked.Text)

	made, err := w.svc.CreateProduct(t.Context(), "Ada", Product{Name: "Lamp"})
	require.NoError(t, err)
	known, _ := ask("my lamp is broken")
	assert.Equal(t, "About Lamp.", known.Text)
	require.NoError(t, w.svc.DeleteProduct(t.Context(), made.ID))
	asked, _ = ask("my lamp is broken")
	assert.Equal(t, "Which product?", asked.Text)

	require.NoError(t, w.svc.DeleteFlow(t.Context(), f.ID))
	_, trace = ask("my lamp is broken")
	assert.Nil(t, trace.Flow)
}

// What is remembered nowhere is read from the log, and answered no older.
func TestConversationReadFromTheLogIsAnsweredWithTheNewestIntents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	c.svc = w.deaf()
	hours := intentNamed(t, w.svc, "opening_hours")
	require.NoError(t, w.svc.DeleteIntent(t.Context(), "Ada", hours.ID))
	seq := c.say("when do you open")
	require.NoError(t, c.deliver(seq))
	_, trace := c.answer(seq)
	assert.NotEqual(t, "opening_hours", trace.Intent)
	assert.Equal(t, c.svc.trainer.current.Load().version, trace.Model)
}

// The box in the console tries what was saved a moment ago.
func TestTryOutReadsTheNewestIntents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.deaf()
	in, err := w.svc.CreateIntent(t.Context(), "Ada", Intent{Name: "parking", Answer: "Behind the house.", Enabled: true, Examples: []string{
		"where can I park", "is there a car park", "parking spaces", "parking for my car", "do you have parking", "can I leave the car there",
	}})
	require.NoError(t, err)
	w.svc = other
	var got tried
	require.Equal(t, 200, w.call(w.app(), "agent", "POST", "/bot/try", tryBody{Text: "where can I park"}, &got))
	assert.Equal(t, in.Name, got.Intent)
	assert.Contains(t, got.Text, "Behind the house")
}

// The last model answers when the changed intents cannot be learned.
func TestAnswerDoesNotDependOnLearning(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, testkit.Schema{Name: "bot", Files: (*Service)(nil).Migrations()})
	trainer := New(db, nil, nil, inboxes{}, Config{}).trainer
	first, err := trainer.get(t.Context())
	require.NoError(t, err)
	db.Close()
	got, err := trainer.atLeast(t.Context(), first.version+1)
	require.NoError(t, err)
	assert.Same(t, first, got)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = trainer.atLeast(ended, first.version+1)
	require.ErrorIs(t, err, context.Canceled)
	got, err = trainer.atLeast(ended, first.version)
	require.NoError(t, err, "there is nothing to wait for")
	assert.Same(t, first, got)
}

func intentNamed(t *testing.T, s *Service, name string) Intent {
	t.Helper()
	list, err := s.Intents(t.Context())
	require.NoError(t, err)
	for _, i := range list {
		if i.Name == name {
			return i
		}
	}
	require.Fail(t, "there is no such intent", name)
	return Intent{}
}
