package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
	"parley/event"
)

// waitingLine is a queue of a length.
type waitingLine struct {
	n   int
	err error
}

func (l *waitingLine) Waiting(context.Context, string, int) (int, error) { return l.n, l.err }

func TestProactiveRules(t *testing.T) {
	t.Parallel()
	queue := &waitingLine{}
	w := newWorld(t, func(c *Config) { c.Queue = queue })
	f := sizeFlow("Sizes")
	f.Trigger.Proactive = &flow.Proactive{Pages: []string{"/shoes*"}, Seconds: 20, Message: "Which size?", Reply: "Help me with sizes"}
	f.InboxIDs = []string{"shop", "closed"}
	w.publish(f)
	always := sizeFlow("Any")
	always.Trigger.Proactive = &flow.Proactive{AnyTime: true, Message: "Hi", Reply: "Hello there", MaxQueue: 50, EveryHours: 1}
	always.InboxIDs = []string{"closed"}
	w.publish(always)
	app := w.app()
	rules := func(inbox string) []proactiveRule {
		var out struct{ Rules []proactiveRule }
		require.Equal(t, 200, w.call(app, "visitor", "GET", "/widget/"+inbox+"/proactive", nil, &out))
		return out.Rules
	}
	got := rules("shop")
	require.Len(t, got, 1)
	assert.Equal(t, proactiveRule{Flow: got[0].Flow, Pages: []string{"/shoes*"}, Seconds: 20, EveryHours: 24, Message: "Which size?", Reply: "Help me with sizes"}, got[0])
	assert.Empty(t, rules("cinema"), "another inbox")
	require.Len(t, rules("closed"), 1, "outside hours only what is for any time")
	assert.Equal(t, "Hello there", rules("closed")[0].Reply)
	queue.n = 6
	assert.Empty(t, rules("shop"), "the queue is long")
	queue.err = errBroken
	assert.Empty(t, rules("closed"), "nobody knows")
	assert.Equal(t, 404, w.call(app, "visitor", "GET", "/widget/nothing/proactive", nil, nil))

	ask, trace := w.start().open(event.StateBot, "en").ask("Help me with sizes")
	assert.Equal(t, "flow", trace.Action)
	assert.Equal(t, "How tall are you, in cm?", ask.Text)
}
