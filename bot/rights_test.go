package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// restricted puts articles that are not for everybody on the shelf.
func (w *world) restricted() {
	of := func(audience string, p event.Passage) event.Passage {
		p.Audience = audience
		return p
	}
	w.library.passages = map[string][]event.Passage{
		"discount": {of(event.AudienceSignedIn, passage("Your discount", 0.9, "You get **ten percent** off each order."))},
		"lounge":   {of(event.AudienceSegment, passage("The lounge", 0.9, "Members find it on the **second floor**."))},
		"goodwill": {of(event.AudienceAgents, passage("Goodwill refunds", 0.9, "Up to 50 euro may be refunded without asking."))},
	}
}

// signed are people whose site has signed a plan.
func signed(plan string) *contacts {
	return &contacts{known: map[string]event.Contact{"ann": {ID: "ann", Attributes: map[string]any{"plan": plan}}}}
}

func opened(verified bool) event.Opened {
	return event.Opened{Inbox: "shop", Visitor: "v", Contact: "ann", Verified: verified, State: event.StateBot, Locale: "en"}
}

// The same words of two visitors: who is signed in gets what is for them.
func TestBotReadsAsTheVisitor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, plan string
		verified         bool
		want             string // in the answer; "" for no article
	}{
		{"signed in", "is there a discount", "free", true, "ten percent"},
		{"not signed in, the contact is known", "is there a discount", "free", false, ""},
		{"of the segment", "where is the lounge", "pro", true, "second floor"},
		{"of another segment", "where is the lounge", "free", true, ""},
		{"of the segment, not signed in", "where is the lounge", "pro", false, ""},
		{"for agents", "is there a goodwill payment", "pro", true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.People = signed(test.plan) })
			w.restricted()
			c := w.openAs(opened(test.verified))
			seq := c.say(test.text)
			c.deliverAll()
			got := c.find("answer", seq)
			require.NotNil(t, got)
			if test.want == "" {
				assert.Empty(t, got.Sources)
				assert.NotContains(t, got.Text, "off each order")
				assert.NotContains(t, got.Text, "floor")
				assert.NotContains(t, got.Text, "euro")
				return
			}
			assert.Contains(t, got.Text, test.want)
			require.NotEmpty(t, got.Sources)
			assert.NotEmpty(t, got.Sources[0].Audience, "the widget opens it where the visitor is known")
		})
	}
}

// One after the other through the same process: nothing of an answer is kept for
// the next visitor.
func TestAnswersAreNotSharedAmongVisitors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.People = signed("pro") })
	w.restricted()
	for i, verified := range []bool{true, false, true, false} {
		c := w.openAs(opened(verified))
		seq := c.say("is there a discount")
		c.deliverAll()
		got := c.find("answer", seq)
		require.NotNil(t, got)
		assert.Equal(t, verified, len(got.Sources) > 0, "visitor %d", i)
	}
}

// oblivious are people who cannot be asked.
type oblivious struct{ contacts }

func (*oblivious) Proved(context.Context, string) (map[string]any, error) { return nil, errBroken }

func TestBotReadsAsAnybodyWhenNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, people := range map[string]People{"people are away": &oblivious{}, "the contact is erased": &contacts{}, "there are none": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.People = people })
			w.restricted()
			c := w.openAs(opened(true))
			seq := c.say("is there a discount")
			c.deliverAll()
			got := c.find("answer", seq)
			require.NotNil(t, got)
			assert.Empty(t, got.Sources)
		})
	}
}

// The model gets no passage that the visitor may not read.
func TestModelReadsAsTheVisitor(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, says("You get ten percent off each order [1].", 10))
	w := newWorld(t, m.config, func(c *Config) { c.People = signed("pro") })
	w.restricted()
	stranger := w.openAs(opened(false))
	stranger.say("is there a discount")
	stranger.deliverAll()
	assert.Zero(t, m.calls.Load(), "there is nothing to compose from")
	c := w.openAs(opened(true))
	seq := c.say("is there a discount")
	c.deliverAll()
	got := c.find("answer", seq)
	require.NotNil(t, got)
	assert.Contains(t, got.Text, "ten percent off each order")
	for _, message := range m.last.Load().Messages {
		assert.NotContains(t, message.Content, "50 euro")
	}
}

func TestCopilotReadsAsTheVisitorAndPointsAgentsFurther(t *testing.T) {
	t.Parallel()
	w := withTalks(t, func(c *Config) { c.People = signed("pro") })
	w.restricted()
	app := w.app()
	known := w.openAs(opened(true))
	known.say("is there a discount")
	_, out, fail := known.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Contains(t, out.Text, "ten percent")
	assert.Empty(t, out.ForAgents)

	stranger := w.openAs(opened(false))
	stranger.say("is there a discount")
	_, _, fail = stranger.help(app, "draft", map[string]any{})
	require.NotNil(t, fail, "a reply would tell what the visitor may not read")

	w.library.passages["goodwill"] = append(w.library.passages["goodwill"], passage("Refunds", 0.8, "We refund within 30 days."))
	stranger.reply("No.", false)
	stranger.say("a goodwill refund, please")
	_, out, fail = stranger.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Equal(t, "We refund within 30 days.", out.Text)
	require.Len(t, out.ForAgents, 1)
	assert.Equal(t, "Goodwill refunds", out.ForAgents[0].Title)

	w.library.passages["goodwill"] = w.library.passages["goodwill"][:1]
	_, _, fail = stranger.help(app, "draft", map[string]any{})
	require.NotNil(t, fail)
	assert.Contains(t, fail.Message, "Goodwill refunds")
}
