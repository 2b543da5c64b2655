package bot

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/bus"
)

// mailbox collects one-time codes.
type mailbox struct {
	to, text string
	sent     int
	err      error
}

func (m *mailbox) Send(_ context.Context, to, _, text string) error {
	m.to, m.text = to, text
	m.sent++
	return m.err
}

func (m *mailbox) code() string { return regexp.MustCompile(`\d{6}`).FindString(m.text) }

// account is a tool that works on the visitor's own data.
func personal() map[string]string { return map[string]string{"personal": "true"} }

func TestPersonalToolWithoutMailIsForPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool := w.offer("order.status", personal(), onItsWay)
	w.publish(orderFlow())
	c := w.start().open(event.StateBot, "en")
	seq := c.say("where is my order A-777123")
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	answer, _ := c.answer(seq)
	assert.Contains(t, answer.Text, "I have to be sure who you are, and I cannot send you a code")
	assert.Empty(t, tool.requests())
}

func TestPersonalToolForAVisitorWhomTheSiteKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool := w.offer("order.status", personal(), onItsWay)
	w.publish(orderFlow())
	c := w.start().open(event.StateBot, "en")
	v := &conversation{world: w, id: c.id + "2", svc: w.svc, turn: 1}
	v.store(event.Event{Kind: event.KindOpened, From: visitor(), Opened: &event.Opened{Inbox: "shop", Visitor: "v", Contact: "ann", Verified: true, State: event.StateBot, Locale: "en"}})
	answer, _ := v.ask("where is my order A-777123")
	assert.Equal(t, "What else?", answer.Text)
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"contact:ann"}, tool.requests()[0].Header["Parley-Verified"])
}

func TestPersonalToolAfterACode(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w := newWorld(t, func(c *Config) { c.Mailer = mail })
	tool := w.offer("order.status", personal(), onItsWay)
	w.publish(orderFlow())
	c := w.start().open(event.StateBot, "en")
	ask, _ := c.ask("where is my order A-777123")
	assert.Contains(t, ask.Text, "To which e-mail address")
	ask, _ = c.ask("it is ann@example.com")
	assert.Contains(t, ask.Text, "a…@example.com")
	assert.Equal(t, "ann@example.com", mail.to)
	require.Len(t, mail.code(), 6)
	wrong := "000000"
	if mail.code() == wrong {
		wrong = "000001"
	}
	ask, _ = c.ask(wrong)
	assert.Contains(t, ask.Text, "not the code")
	assert.Empty(t, tool.requests())
	answer, _ := c.ask("my code: " + mail.code())
	assert.Equal(t, "What else?", answer.Text)
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"email:ann@example.com"}, tool.requests()[0].Header["Parley-Verified"])
	assert.Equal(t, map[string]any{"number": "A-777123"}, tool.requests()[0].Input)
	assert.Equal(t, 1, mail.sent)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("where is my order A-777123")
	_, _ = c.ask("ann@example.com")
	var seq uint64
	for range codeTries {
		seq = c.say(wrong)
		_, _ = c.answer(seq)
	}
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	assert.Len(t, tool.requests(), 1)
}

func TestCodesEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	known := talk{Proved: &proved{"a@example.com", now}, Contact: "ann"}
	assert.Equal(t, "email:a@example.com", known.proof(now.Add(provedLife-1)).String())
	assert.False(t, known.proof(now.Add(provedLife)).holds())
	known.Verified = true
	assert.Equal(t, "contact:ann", known.proof(now.Add(provedLife)).String())
	s, other := &Service{codeKey: codeKey([]byte("x"))}, &Service{codeKey: codeKey([]byte("y"))}
	c := &checking{Email: "a@example.com", Seq: 7}
	assert.Len(t, s.code("conv", c), 6)
	again := checking{Email: "a@example.com", Seq: 7, Tries: 2}
	assert.Equal(t, s.code("conv", c), s.code("conv", &again))
	assert.NotEqual(t, s.code("conv", c)+s.code("conv2", c), other.code("conv", c)+other.code("conv2", c))
}

func TestCallTool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool := w.offer("stock", map[string]string{
		"input_schema":  `{"type":"object","required":["size"],"properties":{"size":{"type":"integer","minimum":1},"kids":{"type":"boolean"}},"additionalProperties":false}`,
		"output_schema": `{"type":"object","required":["left"],"properties":{"left":{"type":"integer"}}}`,
	}, func(in map[string]any) (any, error) {
		switch in["size"] {
		case 1.0:
			return map[string]any{"left": "many"}, nil
		case 2.0:
			return nil, errBroken
		case 3.0:
			return []int{1}, nil
		}
		return map[string]any{"left": 5}, nil
	})
	c := w.open(event.StateBot, "en")
	c.deliverAll()
	call := func(name string, input map[string]any) (map[string]any, string) {
		answer, err := w.svc.CallTool(t.Context(), c.id, name, input)
		return answer, outcomeOf(err)
	}
	_, outcome := call("stock", map[string]any{"size": 42})
	assert.Equal(t, "forbidden", outcome, "the model calls nothing that the operator has not allowed")
	require.NoError(t, w.svc.AllowTool(t.Context(), "stock", true, true))
	answer, outcome := call("stock", map[string]any{"size": 42})
	assert.Equal(t, "ok", outcome)
	assert.Equal(t, map[string]any{"left": 5.0}, answer)
	answer, outcome = call("stock", map[string]any{"size": "42", "kids": "yes"})
	assert.Equal(t, "ok", outcome, "words become what the schema wants")
	assert.NotNil(t, answer)
	n := len(tool.requests())
	for _, bad := range []map[string]any{{}, {"size": "large"}, {"size": 0}, {"size": 1, "more": 1}} {
		_, outcome = call("stock", bad)
		assert.Equal(t, "invalid_input", outcome, bad)
	}
	assert.Len(t, tool.requests(), n, "nothing of that was sent")
	for size, want := range map[int]string{1: "invalid_output", 2: "refused", 3: "invalid_output"} {
		_, outcome = call("stock", map[string]any{"size": size})
		assert.Equal(t, want, outcome)
	}
	_, outcome = call("no.such", nil)
	assert.Equal(t, "missing", outcome)

	outcomes := map[string]int{}
	for _, e := range c.log() {
		if e.Bot != nil && e.Bot.Tool != nil {
			assert.Equal(t, "model", e.Bot.Tool.By)
			assert.True(t, e.Internal())
			outcomes[e.Bot.Tool.Outcome]++
		}
	}
	assert.Equal(t, map[string]int{"forbidden": 1, "ok": 2, "invalid_input": 4, "invalid_output": 2, "refused": 1, "missing": 1}, outcomes)

	var list struct{ Tools []Tool }
	app := w.app()
	assert.Equal(t, 403, w.call(app, "supervisor", "PUT", "/tools/stock", object{"flows": false, "model": false}, nil))
	assert.Equal(t, 204, w.call(app, "admin", "PUT", "/tools/stock", object{"flows": false, "model": false}, nil))
	assert.Equal(t, 422, w.call(app, "admin", "PUT", "/tools/a%20b", object{"flows": false, "model": false}, nil))
	require.Equal(t, 200, w.call(app, "agent", "GET", "/tools", nil, &list))
	require.Len(t, list.Tools, 1)
	assert.Equal(t, "stock", list.Tools[0].Name)
	assert.Equal(t, 1, list.Tools[0].Instances)
	assert.False(t, list.Tools[0].Flows)
	assert.JSONEq(t, `{"type":"object","required":["left"],"properties":{"left":{"type":"integer"}}}`, string(list.Tools[0].OutputSchema))
}

// What is known of a tool outlasts the program that offers it; its calls are
// listed for supervisors, and both can be forgotten.
func TestToolsAreRemembered(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(c *Config) { c.Now = func() time.Time { return now } })
	schema := `{"type":"object","properties":{"z":{},"a":{}}}`
	tool := w.offer("stock", map[string]string{"description": "Counts", "input_schema": schema}, func(map[string]any) (any, error) { return map[string]any{"left": 5}, nil })
	app := w.app()
	var list struct{ Tools []Tool }
	look := func() Tool {
		require.Equal(t, 200, w.call(app, "agent", "GET", "/tools", nil, &list))
		require.Len(t, list.Tools, 1)
		return list.Tools[0]
	}
	there := look()
	assert.Equal(t, 1, there.Instances)
	assert.Equal(t, "1.0.0", there.Version)
	assert.NotEmpty(t, there.Program)
	require.NotNil(t, there.SeenAt)

	require.NoError(t, w.svc.AllowTool(t.Context(), "stock", true, true))
	c := w.open(event.StateBot, "en")
	c.deliverAll()
	_, err := w.svc.CallTool(t.Context(), c.id, "stock", map[string]any{"a": 1})
	require.NoError(t, err)
	_, err = w.svc.CallTool(t.Context(), c.id, "stock", map[string]any{"a": 1})
	require.NoError(t, err)
	var calls struct{ Calls []ToolCall }
	assert.Equal(t, 403, w.call(app, "agent", "GET", "/tools/stock/calls", nil, nil))
	require.Equal(t, 200, w.call(app, "supervisor", "GET", "/tools/stock/calls", nil, &calls))
	require.Len(t, calls.Calls, 1, "the same call again is one")
	assert.Equal(t, ToolCall{At: now, Conversation: c.id, By: byModel, Outcome: "ok", Micros: calls.Calls[0].Micros}, calls.Calls[0])
	assert.Positive(t, calls.Calls[0].Micros)
	assert.Equal(t, 422, w.call(app, "supervisor", "GET", "/tools/a%20b/calls", nil, nil))

	tool.leave()
	now = now.Add(time.Hour)
	away := look()
	assert.Zero(t, away.Instances)
	assert.Equal(t, there.SeenAt, away.SeenAt)
	assert.JSONEq(t, schema, string(away.InputSchema))
	assert.Contains(t, string(away.InputSchema), `"z":{},"a"`, "in the order of its author")
	assert.Equal(t, "Counts", away.Description)
	assert.True(t, away.Model)
	problems, err := w.svc.CheckFlow(t.Context(), &flow.Flow{Blocks: []flow.Block{{ID: "t", Type: flow.Tool, Tool: "stock"}}})
	require.NoError(t, err)
	assert.Contains(t, problems[len(problems)-1].Message, "no program offers")

	assert.Equal(t, 403, w.call(app, "supervisor", "DELETE", "/tools/stock", nil, nil))
	assert.Equal(t, 204, w.call(app, "admin", "DELETE", "/tools/stock", nil, nil))
	assert.Equal(t, 404, w.call(app, "admin", "DELETE", "/tools/stock", nil, nil))
	require.Equal(t, 200, w.call(app, "agent", "GET", "/tools", nil, &list))
	assert.Empty(t, list.Tools)
	require.NoError(t, w.svc.Forget(t.Context(), []string{c.id}))
	require.Equal(t, 200, w.call(app, "supervisor", "GET", "/tools/stock/calls", nil, &calls))
	assert.Empty(t, calls.Calls)
}

func TestOldToolsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	found := []bus.Tool{{Name: "old", Description: "a\x00b"}, {Name: "new"}}
	require.NoError(t, noteTools(t.Context(), w.db, found, now))
	require.NoError(t, noteTools(t.Context(), w.db, found[1:], now.Add(time.Hour)))
	require.NoError(t, noteTools(t.Context(), w.db, found[1:], now.Add(time.Hour+30*time.Second)), "this is not written")
	seen, err := seenTools(t.Context(), w.db)
	require.NoError(t, err)
	assert.Equal(t, "ab", seen["old"].Description)
	assert.True(t, now.Add(time.Hour).Equal(seen["new"].At), seen["new"].At)
	for i, at := range []time.Time{now, now.Add(time.Hour)} {
		require.NoError(t, saveToolCall(t.Context(), w.db, []string{"x", "y"}[i], "new", &ToolCall{At: at, Conversation: "c", Inbox: "shop", By: byFlow, Outcome: "ok"}))
	}
	require.NoError(t, deleteOldCalls(t.Context(), w.db, now.Add(time.Minute)))
	seen, err = seenTools(t.Context(), w.db)
	require.NoError(t, err)
	assert.Len(t, seen, 1)
	calls, err := w.svc.ToolCalls(t.Context(), "new", []string{"shop"})
	require.NoError(t, err)
	require.Len(t, calls, 1)
	calls, err = w.svc.ToolCalls(t.Context(), "new", []string{"cinema"})
	require.NoError(t, err)
	assert.Empty(t, calls, "calls of other inboxes are not everybody's")
}
