package bot

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// clock is one that tests move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return event.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) wait(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) set(cfg *Config)      { cfg.Now = c.now }
func (c *clock) day() (from, to time.Time) {
	return c.now().Add(-48 * time.Hour), c.now().Add(48 * time.Hour)
}

func TestResolutions(t *testing.T) {
	t.Parallel()
	hands := &clock{}
	w := newWorld(t, hands.set)
	counts := func() Resolutions {
		from, to := hands.day()
		r, err := w.svc.Resolutions(t.Context(), from, to)
		require.NoError(t, err)
		return r
	}
	say := func(c *conversation, text string) *event.Event {
		seq := c.say(text)
		require.NoError(t, c.deliver(seq))
		return c.find("answer", seq)
	}
	click := func(c *conversation, e *event.Event, id string) {
		require.NoError(t, c.deliver(c.click(choiceOf(t, e, id))))
	}
	begin := func() *conversation {
		c := w.open(event.StateBot, "en")
		c.deliverAll()
		return c
	}

	greeted := begin()
	say(greeted, "hello")
	assert.Equal(t, Resolutions{}, counts(), "a greeting is no answer")

	sure := begin()
	click(sure, say(sure, "when do you open"), "yes")
	assert.Equal(t, Resolutions{Confirmed: 1, Helpful: 1}, counts())

	silent := begin()
	say(silent, "when do you open")
	say(silent, "thank you")
	assert.Equal(t, 2, counts().Confirmed, "thanks after an answer confirm it")
	say(silent, "where is my parcel")
	assert.Equal(t, Resolutions{Confirmed: 1, Revoked: 1, Pending: 1, Helpful: 2}, counts(), "the visitor came again")
	say(silent, "bye")
	assert.Equal(t, 1, counts().Pending, "good-bye takes nothing back")

	asking := begin()
	click(asking, say(asking, "when do you open"), "no")
	assert.Equal(t, 1, counts().Unhelpful)
	passed := begin()
	say(passed, "when do you open")
	handed := passed.store(event.Event{Kind: event.KindHandoff, Handoff: &event.Handoff{Reason: "requested"}})
	require.NoError(t, passed.deliver(handed))
	assert.Equal(t, 1, counts().Pending, "what goes to a person is not the bot's")

	hands.wait(25 * time.Hour)
	assert.Equal(t, Resolutions{Confirmed: 1, Assumed: 1, Revoked: 1, Helpful: 2, Unhelpful: 1}, counts())
	say(silent, "blorb the fizzwidget")
	assert.Equal(t, Resolutions{Confirmed: 1, Revoked: 1, Helpful: 2, Unhelpful: 1}, counts(), "one a conversation")
	n := counts()
	silent.deliverAll()
	assert.Equal(t, n, counts(), "what is delivered twice counts once")

	var got Resolutions
	app := w.app()
	require.Equal(t, 200, w.call(app, "agent", "GET", "/bot/resolutions?from=2020-01-01&to=2021-01-01T00:00:00Z", nil, &got))
	assert.Zero(t, got.Confirmed)
	require.Equal(t, 422, w.call(app, "agent", "GET", "/bot/resolutions?from=yesterday", nil, nil))
	require.NoError(t, w.svc.Forget(t.Context(), []string{sure.id}))
	assert.Zero(t, counts().Confirmed)
}
