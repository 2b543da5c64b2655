package bot

import (
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/sashabaranov/go-openai"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// callsTools is a model that calls tools once and then says a text with the number
// of the last one's result.
func callsTools(m *atomic.Pointer[fakeModel], text string, names ...string) func(http.ResponseWriter, *http.Request) {
	number := regexp.MustCompile(`Cite this as (\[\d+\])`)
	return func(w http.ResponseWriter, r *http.Request) {
		asked := m.Load().last.Load().Messages
		if last := asked[len(asked)-1]; last.Role == openai.ChatMessageRoleTool {
			if cite := number.FindStringSubmatch(last.Content); cite != nil {
				says(text+" "+cite[1]+".", 10)(w, r)
			}
			return
		}
		calls := []any{}
		for i, name := range names {
			calls = append(calls, map[string]any{
				"index": i, "id": name, "type": "function", "function": map[string]any{"name": name, "arguments": `{"number":"A-777123"}`},
			})
		}
		chunk(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"tool_calls": calls}, "finish_reason": "tool_calls"}}})
	}
}

// withPersonalTool is a bot whose model wants a personal tool and one that is not.
func withPersonalTool(t *testing.T, options ...func(*Config)) (w *world, personalTool, other *shop) {
	t.Helper()
	var m atomic.Pointer[fakeModel]
	m.Store(newFakeModel(t, callsTools(&m, "It is on its way, at gate 47", "stock", "order__status")))
	w = newWorld(t, append(options, m.Load().config)...)
	other = w.offer("stock", nil, func(map[string]any) (any, error) { return map[string]any{"left": "few"}, nil })
	personalTool = w.offer("order.status", personal(), func(map[string]any) (any, error) {
		return map[string]any{"status": "It is on its way, at gate 47"}, nil
	})
	for _, name := range []string{"stock", "order.status"} {
		require.NoError(t, w.svc.AllowTool(t.Context(), name, true, true))
	}
	return w, personalTool, other
}

// takeTurn says something and lets the bot answer.
func (c *conversation) takeTurn(text string) (event.Event, event.BotTrace) {
	c.Helper()
	seq := c.say(text)
	require.NoError(c, c.deliver(seq))
	return c.answer(seq)
}

func TestModelGetsAPersonalToolAfterACode(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, tool, other := withPersonalTool(t, func(c *Config) { c.Mailer = mail })
	c := w.open(event.StateBot, "en")
	ask, trace := c.takeTurn("where is my parcel A-777123")
	assert.Contains(t, ask.Text, "To which e-mail address")
	assert.Equal(t, actVerify, trace.Action)
	assert.Empty(t, tool.requests())
	assert.Zero(t, mail.sent, "what a model wants is no reason to write to anybody")

	ask, trace = c.takeTurn("ann@example.com")
	assert.Contains(t, ask.Text, "a…@example.com")
	assert.Equal(t, actVerify, trace.Action)
	answer, trace := c.takeTurn(mail.code())
	assert.Contains(t, answer.Text, "at gate 47")
	assert.Equal(t, "answer", trace.Action)
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"email:ann@example.com"}, tool.requests()[0].Header["Parley-Verified"])
	require.Len(t, other.requests(), 2)
	assert.Equal(t, other.requests()[0].Header["Parley-Request-Id"], other.requests()[1].Header["Parley-Request-Id"], "one call, repeated")

	answer, _ = c.takeTurn("and where is my other parcel A-777123?")
	assert.Contains(t, answer.Text, "at gate 47", "the proof counts for half an hour")
}

func TestModelsCheckIsLeft(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, tool, _ := withPersonalTool(t, func(c *Config) { c.Mailer = mail })
	c := w.open(event.StateBot, "en")
	_, _ = c.takeTurn("where is my parcel A-777123")
	left, trace := c.takeTurn("no")
	assert.Equal(t, actSmallTalk, trace.Action)
	assert.Contains(t, choiceIDs(&left), choiceHuman)
	opened, _ := c.takeTurn("when do you open")
	assert.NotContains(t, opened.Text, "code", "the check is over")

	c = w.open(event.StateBot, "en")
	_, _ = c.takeTurn("where is my parcel A-777123")
	var seq uint64
	for range codeTries {
		seq = c.say("why would I tell you")
		require.NoError(t, c.deliver(seq))
	}
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	assert.Empty(t, tool.requests())
	assert.Zero(t, mail.sent)
}

func TestModelGetsNoPersonalToolWhereNoCodeCanBeSent(t *testing.T) {
	t.Parallel()
	w, tool, _ := withPersonalTool(t)
	c := w.open(event.StateBot, "en")
	answer, trace := c.takeTurn("where is my parcel A-777123")
	assert.Equal(t, "answer", trace.Action, "the articles' own words")
	assert.Contains(t, answer.Text, "My orders")
	assert.Empty(t, tool.requests())
}
