package bot

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// orderFlow looks up an order with a tool.
func orderFlow() flow.Flow {
	return flow.Flow{
		Name: "Order status", Enabled: true, Start: "hello",
		Trigger: flow.Trigger{Phrases: []string{"where is my order"}},
		Blocks: []flow.Block{
			{ID: "hello", Type: flow.Say, Text: "Let me look that up.", Next: "ask"},
			{ID: "ask", Type: flow.Ask, Text: "What is your order number?", Attribute: "order_number", Expect: &flow.Expect{Kind: flow.KindOrder}, Invalid: "It looks like A-12345.", Next: "lookup", Else: "person"},
			{ID: "lookup", Type: flow.Tool, Tool: "order.status", Input: map[string]any{"number": "{order_number}"}, Save: map[string]string{"status": "order_status"}, Next: "tell", Else: "person"},
			{ID: "tell", Type: flow.Say, Text: "Order {order_number} is **{order_status}**.", Next: "more"},
			{ID: "more", Type: flow.Choose, Text: "What else?", Options: []flow.Option{{ID: "late", Label: "It is late", Next: "person"}, {ID: "fine", Label: "That is all", Next: "rate"}}},
			{ID: "rate", Type: flow.Rate, Text: "How did we do?", Next: "end"},
			{ID: "person", Type: flow.Handoff, Text: "A person looks at this.", Reason: "about {order_number}", Skills: map[string]int{"orders": 2}},
			{ID: "end", Type: flow.End, Outcome: flow.Resolved},
		},
	}
}

// publish makes a flow live.
func (w *world) publish(f flow.Flow) Guide {
	w.Helper()
	g, err := w.svc.CreateFlow(w.Context(), f)
	require.NoError(w, err)
	g, err = w.svc.PublishFlow(w.Context(), g.ID, "a")
	require.NoError(w, err)
	return g
}

// shop is a program that offers tools.
type shop struct {
	leave func() // ends the program
	mu    sync.Mutex
	asked []toolRequest
}

type toolRequest struct {
	Input  map[string]any
	Header map[string][]string
}

func (s *shop) requests() []toolRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// offer serves a tool in Parley's own account.
func (w *world) offer(name string, metadata map[string]string, answer func(map[string]any) (any, error)) *shop {
	w.Helper()
	s := &shop{}
	stop, err := w.bus.Service("shop", "1.0.0", "A shop", []bus.Endpoint{{
		Name: "tool", Subject: "tool." + name, Metadata: metadata,
		Handle: func(_ context.Context, _ string, header map[string][]string, data []byte) (any, error) {
			var in map[string]any
			if err := json.Unmarshal(data, &in); err != nil {
				return nil, err
			}
			s.mu.Lock()
			s.asked = append(s.asked, toolRequest{in, header})
			s.mu.Unlock()
			return answer(in)
		},
	}})
	require.NoError(w, err)
	s.leave = sync.OnceFunc(stop)
	w.Cleanup(s.leave)
	return s
}

func onItsWay(map[string]any) (any, error) { return map[string]any{"status": "on *its* way"}, nil }

// contacts stand for the module people.
type contacts struct {
	mu    sync.Mutex
	known map[string]event.Contact
	said  map[string]string
}

func (c *contacts) Contacts(context.Context, []string) (map[string]event.Contact, error) {
	return c.known, nil
}

func (c *contacts) Learn(_ context.Context, _ string, said map[string]string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.said, said)
	return nil
}

// Proved knows what the site of a contact has signed; tests put it there as the
// contact's attributes.
func (c *contacts) Proved(_ context.Context, id string) (map[string]any, error) {
	known, ok := c.known[id]
	if !ok {
		return nil, errs.New(errs.NotFound, "there is no such contact")
	}
	return known.Attributes, nil
}

func TestFlowCallsATool(t *testing.T) {
	t.Parallel()
	people := &contacts{said: map[string]string{}}
	w := newWorld(t, func(c *Config) { c.People = people })
	tool := w.offer("order.status", map[string]string{"input_schema": `{"type":"object","required":["number"],"properties":{"number":{"type":"string"}},"additionalProperties":false}`}, onItsWay)
	w.publish(orderFlow())
	c := w.start().open(event.StateBot, "en")

	seq := c.say("Hello, where is my order?")
	ask, trace := c.answer(seq)
	assert.Equal(t, "What is your order number?", ask.Text)
	assert.Equal(t, "Let me look that up.", c.find("say1", seq).Text)
	assert.Equal(t, []string{"human"}, choiceIDs(&ask))
	assert.Equal(t, "flow", trace.Action)
	require.NotNil(t, trace.Flow)
	assert.Equal(t, "ask", trace.Flow.Block)

	again, _ := c.ask("hm")
	assert.Equal(t, "It looks like A-12345.", again.Text)
	seq = c.say("a-12345")
	more, trace := c.answer(seq)
	assert.Equal(t, "What else?", more.Text)
	assert.Equal(t, "Order A-12345 is on *its* way.", c.find("say1", seq).Text, "what a tool says formats nothing")
	assert.Len(t, more.Choices, 3)
	assert.Equal(t, "A-12345", trace.Flow.Values["order_number"])
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, map[string]any{"number": "A-12345"}, tool.requests()[0].Input)
	assert.Equal(t, []string{c.id}, tool.requests()[0].Header["Parley-Conversation"])

	var record *event.BotTool
	for _, e := range c.log() {
		if e.Bot != nil && e.Bot.Tool != nil {
			record = e.Bot.Tool
		}
	}
	require.NotNil(t, record, "the call is in the log")
	assert.Equal(t, "order.status", record.Name)
	assert.Equal(t, "ok", record.Outcome)
	assert.Equal(t, []string{record.Request}, tool.requests()[0].Header["Parley-Request-Id"])

	rate, _ := c.answer(c.click(more.Choices[1]))
	assert.Equal(t, "How did we do?", rate.Text)
	seq = c.click(rate.Choices[4])
	done, trace := c.answer(seq)
	assert.Contains(t, done.Text, "anything else")
	assert.Equal(t, "resolved", trace.Flow.Ended)
	assert.Equal(t, 5, c.find("rated", seq).Rating.Score)
	c.handled(done.Seq)
	people.mu.Lock()
	defer people.mu.Unlock()
	assert.Equal(t, map[string]string{"order_number": "A-12345"}, people.said)
}

func TestFlowHandsOverWithWhatItKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.offer("order.status", nil, func(map[string]any) (any, error) { return nil, errBroken })
	w.publish(orderFlow())
	c := w.start().open(event.StateBot, "en")
	seq := c.say("where is my order A-12345") // the number is in it
	h := c.handoff(seq)
	assert.Equal(t, "flow", h.Reason)
	assert.Equal(t, map[string]int{"orders": 2}, h.Skills)
	assert.Contains(t, h.Summary, "about A-12345")
	assert.Contains(t, h.Summary, "order_number: A-12345")
	answer, _ := c.answer(seq)
	assert.Contains(t, answer.Text, "A person looks at this.")
	assert.Contains(t, answer.Text, "on to the team")
	for _, e := range c.log() {
		assert.NotContains(t, e.Text, "broken", "what went wrong is nothing for visitors")
	}
}

func TestFlowIsLeftForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	free := sizeFlow("Free text")
	free.Blocks[0].Expect = nil
	w.publish(free)
	w.start()
	for text, reason := range map[string]string{"I want to talk to a human": "requested", "THIS IS FUCKING RIDICULOUS, you useless idiots!!!": "anger"} {
		c := w.open(event.StateBot, "en")
		_, _ = c.ask("which size do I need")
		h := c.handoff(c.say(text))
		assert.Equal(t, reason, h.Reason)
		assert.Contains(t, h.Summary, "Flow: Free text")
	}
	c := w.open(event.StateBot, "en")
	first, _ := c.ask("which size do I need")
	assert.Equal(t, "requested", c.handoff(c.click(choiceOf(t, &first, "human"))).Reason)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("which size do I need")
	left, trace := c.ask("never mind")
	assert.Contains(t, left.Text, "leave it there")
	assert.Equal(t, "left", trace.Flow.Ended)
	_, trace = c.ask("when do you open")
	assert.Equal(t, "intent", trace.Action)
}

func TestQuestionInAFlowIsAnsweredAndTheFlowTakenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(sizeFlow("Sizes"))
	c := w.start().open(event.StateBot, "en")
	_, _ = c.ask("which size do I need")

	aside, trace := c.ask("when do you open on sundays?")
	assert.Equal(t, "intent", trace.Action)
	assert.Contains(t, aside.Text, "We are open from 9 to 17.")
	assert.Contains(t, aside.Text, "How tall are you, in cm?")
	assert.NotContains(t, aside.Text, "Did that answer")
	assert.Equal(t, []string{"human"}, choiceIDs(&aside))

	aside, trace = c.ask("where is my parcel?")
	assert.Equal(t, "answer", trace.Action)
	assert.Contains(t, aside.Text, "My orders")
	require.Len(t, aside.Sources, 1)
	assert.Contains(t, aside.Text, "How tall are you, in cm?")

	aside, _ = c.ask("thanks")
	assert.Contains(t, aside.Text, "How tall are you, in cm?")
	aside, _ = c.ask("and the parcel?")
	assert.Equal(t, "A number, such as 172.", aside.Text, "not for ever")

	done, trace := c.ask("172")
	assert.Contains(t, done.Text, "With 172 cm you need S.")
	assert.Contains(t, done.Text, "Did that answer your question?")
	assert.Equal(t, "resolved", trace.Flow.Ended)
}

func TestConversationRunsTheVersionItBeganWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.publish(sizeFlow("Sizes"))
	c := w.start().open(event.StateBot, "en")
	_, _ = c.ask("which size do I need")
	g.Block("small").Text = "Size XS."
	g, err := w.svc.UpdateFlow(t.Context(), g.ID, g.Flow)
	require.NoError(t, err)
	other := w.open(event.StateBot, "en")
	_, _ = other.ask("which size do I need")
	_, err = w.svc.PublishFlow(t.Context(), g.ID, "a")
	require.NoError(t, err)
	for _, c := range []*conversation{c, other} {
		done, _ := c.ask("150")
		assert.Contains(t, done.Text, "you need S.")
	}
	c = w.open(event.StateBot, "en")
	_, _ = c.ask("which size do I need")
	done, _ := c.ask("150")
	assert.Contains(t, done.Text, "Size XS.")

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("which size do I need")
	require.NoError(t, w.svc.DeleteFlow(t.Context(), g.ID))
	w.svc.flows.releases.Purge()
	_, trace := c.ask("when do you open")
	assert.Equal(t, "intent", trace.Action, "a flow that is gone keeps nobody")
}

func TestIntentStartsAFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := sizeFlow("Hours")
	f.Trigger = flow.Trigger{Intents: []string{"Opening_Hours"}}
	f.InboxIDs = []string{"cinema"}
	w.publish(f)
	w.start()
	_, trace := w.openIn("cinema", event.StateBot, "en").ask("when do you open on sundays?")
	assert.Equal(t, "flow", trace.Action)
	assert.Equal(t, "opening_hours", trace.Intent)
	_, trace = w.open(event.StateBot, "en").ask("when do you open on sundays?")
	assert.Equal(t, "intent", trace.Action, "in the other inbox it is answered")
}

// Whoever goes on knows where the conversation stands: from the log alone.
func TestFlowIsRebuiltFromTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tool := w.offer("order.status", nil, onItsWay)
	w.publish(orderFlow())
	c := w.open(event.StateBot, "en")
	c.say("where is my order")
	c.deliverAll()
	c.say("A-777123")
	c.deliverAll()
	require.Len(t, tool.requests(), 1)
	_, err := w.db.Exec(t.Context(), `DELETE FROM bot.talks`)
	require.NoError(t, err)
	c.svc = w.service()
	seq := c.say("it is late")
	require.NoError(t, c.deliver(seq))
	h := c.handoff(seq)
	assert.Contains(t, h.Summary, "order_number: A-777123")
	assert.Len(t, tool.requests(), 1)
	n := c.messages()
	c.deliverAll()
	assert.Equal(t, n, c.messages(), "nothing is said twice")
}

// What a tool has done is told, whatever the visitor has written meanwhile; and
// that is answered after it.
func TestMessageWhileAToolIsCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	var late uint64
	once := sync.Once{}
	tool := w.offer("order.status", nil, func(map[string]any) (any, error) {
		once.Do(func() { late = c.say("That is all") })
		return map[string]any{"status": "sent"}, nil
	})
	w.publish(orderFlow())
	seq := c.say("where is my order A-777123")
	c.deliverAll()
	require.NotZero(t, late)
	require.NotNil(t, c.find("answer", seq), "the tool was called, so it is told")
	require.NoError(t, c.deliver(late))
	require.NotNil(t, c.find("answer", late))
	assert.Equal(t, "How did we do?", c.find("answer", late).Text)
	assert.Len(t, tool.requests(), 1)
	n := c.messages()
	c.deliverAll()
	assert.Equal(t, n, c.messages())
}
