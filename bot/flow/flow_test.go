package flow

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/entity"
)

// order is a flow with every type of block.
func order() *Flow {
	return &Flow{
		ID: "flw", Name: "Order status", Enabled: true, Version: 3, Start: "hello",
		Trigger: Trigger{Intents: []string{"order_status"}, Phrases: []string{"where is my order"}},
		Blocks: []Block{
			{ID: "hello", Type: Say, Text: "Let me look that up, {name}.", Next: "ask"},
			{
				ID: "ask", Type: Ask, Text: "What is your **order number**?", Attribute: "order_number", Expect: &Expect{Kind: KindOrder},
				Invalid: "It looks like A-12345.", Next: "lookup", Else: "person",
			},
			{
				ID: "lookup", Type: Tool, Tool: "order.status", Input: map[string]any{"number": "{order_number}", "details": true},
				Save: map[string]string{"status": "order_status"}, Next: "late", Else: "person",
			},
			{ID: "late", Type: Branch, Cases: []Case{{If: Condition{Attribute: "order_status", Is: "equals", Value: "late"}, Next: "what"}}, Else: "tell"},
			{ID: "tell", Type: Say, Text: "Order {order_number} is {order_status}.", Next: "rate"},
			{ID: "what", Type: Choose, Text: "It is late. What now?", Options: []Option{
				{ID: "wait", Label: "I wait", Next: "rate"}, {ID: "back", Label: "Money back", Next: "note"}, {ID: "why", Label: "Why is it late?", Next: "why"},
			}},
			{ID: "why", Type: Search, Query: "late {order_number}", Next: "rate", Else: "person"},
			{ID: "note", Type: Set, Attribute: "topic", Value: "refund {order_number}", Next: "ticket"},
			{ID: "ticket", Type: Ticket, Subject: "Refund {order_number}", Priority: "high"},
			{ID: "rate", Type: Rate, Text: "How did we do?", Attribute: "rating", Next: "end"},
			{ID: "person", Type: Handoff, Text: "A person looks at this.", Reason: "order {order_number}", Skills: map[string]int{"billing": 1}},
			{ID: "end", Type: End, Outcome: Resolved},
		},
	}
}

// entities reads what the bot reads.
type entities struct{}

func (entities) Read(kind Kind, text, language string) (string, bool) {
	found := entity.Find(entity.Kind(kind), text, language, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	if len(found) == 0 {
		return "", false
	}
	return found[0].Value, true
}

func engine() *Engine { return NewEngine(entities{}) }

// say is an input of words.
func say(text string) Input { return Input{Answer: &Answer{Text: text}} }

func texts(out *Output) []string {
	list := []string{}
	for _, m := range out.Messages {
		list = append(list, m.Text)
	}
	return list
}

func TestOrderIsLookedUp(t *testing.T) {
	t.Parallel()
	e, f := engine(), order()
	require.Empty(t, Check(f))

	out := e.Step(f, Begin(f, "where is my order"), Input{Known: map[string]string{"name": "Ann*"}})
	assert.Equal(t, []string{`Let me look that up, Ann\*.`, "What is your **order number**?"}, texts(&out))
	assert.Equal(t, ForVisitor, out.State.Wait)
	assert.Equal(t, []string{"hello", "ask"}, out.Trace)
	assert.Empty(t, out.Ended)

	asked := out.State
	out = e.Step(f, asked, say("I do not know"))
	assert.Equal(t, []string{"It looks like A-12345."}, texts(&out))
	out = e.Step(f, out.State, say("it is a-12345, I think"))
	require.NotNil(t, out.Call)
	assert.Equal(t, Call{Block: "lookup", N: 1, Tool: "order.status", Input: map[string]any{"number": "A-12345", "details": true}, Save: []string{"status"}}, *out.Call)
	assert.Equal(t, map[string]string{"order_number": "A-12345"}, out.Set)
	assert.Empty(t, asked.Values, "the state that was given is not changed")

	out = e.Step(f, out.State, Input{Result: &Result{OK: true, Fields: map[string]string{"status": "on its way"}}})
	assert.Equal(t, []string{`Order A\-12345 is on its way.`, "How did we do?"}, texts(&out))
	assert.Empty(t, out.Set, "what a tool says is nothing that the contact has said")
	assert.Equal(t, []Choice{{"1", "1"}, {"2", "2"}, {"3", "3"}, {"4", "4"}, {"5", "5"}}, out.Messages[1].Choices)
	out = e.Step(f, out.State, Input{Answer: &Answer{Choice: "4", Text: "4"}})
	assert.Equal(t, 4, out.Rating)
	assert.Equal(t, Resolved, out.Ended)
	assert.Equal(t, "4", out.State.Values["rating"])
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	known := Input{Result: &Result{OK: true, Fields: map[string]string{"status": "late"}}}
	for name, c := range map[string]struct {
		at     string // block that waits for the visitor, or runs
		wait   Wait
		values map[string]string
		in     Input

		texts   []string
		block   string
		ended   string
		handoff *HandOver
		tries   int
	}{
		"say and ask":            {at: "hello", texts: []string{"Let me look that up, .", "What is your **order number**?"}, block: "ask"},
		"ask twice":              {at: "ask", wait: ForVisitor, in: say("?"), texts: []string{"It looks like A-12345."}, block: "ask", tries: 1},
		"tool answers":           {at: "lookup", wait: ForResult, in: known, texts: []string{"It is late. What now?"}, block: "what"},
		"tool fails":             {at: "lookup", wait: ForResult, in: Input{Result: &Result{}}, texts: []string{"A person looks at this."}, block: "person", ended: EndedHandoff, handoff: &HandOver{Reason: "order ", Skills: map[string]int{"billing": 1}, Message: true}},
		"choose by click":        {at: "what", wait: ForVisitor, in: Input{Answer: &Answer{Choice: "wait"}}, texts: []string{"How did we do?"}, block: "rate"},
		"choose by label":        {at: "what", wait: ForVisitor, in: say("i WAIT!"), texts: []string{"How did we do?"}, block: "rate"},
		"choose by number":       {at: "what", wait: ForVisitor, in: say("1"), texts: []string{"How did we do?"}, block: "rate"},
		"choose by words":        {at: "what", wait: ForVisitor, in: say("I want my money back please"), block: "ticket", ended: EndedTicket, texts: []string{}, handoff: &HandOver{Reason: "ticket", Ticket: &NewTicket{"Refund ", "high"}}},
		"choose unclear":         {at: "what", wait: ForVisitor, in: say("I wait or money back"), texts: []string{"It is late. What now?"}, block: "what", tries: 1},
		"search":                 {at: "why", wait: ForResult, in: Input{Result: &Result{OK: true}}, texts: []string{"How did we do?"}, block: "rate"},
		"search finds nothing":   {at: "why", wait: ForResult, in: Input{Result: &Result{}}, texts: []string{"A person looks at this."}, block: "person", ended: EndedHandoff, handoff: &HandOver{Reason: "order ", Skills: map[string]int{"billing": 1}, Message: true}},
		"set and ticket":         {at: "note", values: map[string]string{"order_number": "A-1234"}, texts: []string{}, block: "ticket", ended: EndedTicket, handoff: &HandOver{Reason: "ticket", Ticket: &NewTicket{"Refund A-1234", "high"}}},
		"no rating":              {at: "rate", wait: ForVisitor, in: say("rather not"), texts: []string{}, block: "end", ended: Resolved},
		"rate in words":          {at: "rate", wait: ForVisitor, in: say("5!"), texts: []string{}, block: "end", ended: Resolved},
		"handoff":                {at: "person", values: map[string]string{"order_number": "A-1234"}, texts: []string{"A person looks at this."}, block: "person", ended: EndedHandoff, handoff: &HandOver{Reason: "order A-1234", Skills: map[string]int{"billing": 1}, Message: true}},
		"branch else":            {at: "late", values: map[string]string{"order_status": "sent"}, texts: []string{"Order  is sent.", "How did we do?"}, block: "rate"},
		"branch, either case":    {at: "late", values: map[string]string{"order_status": "LATE"}, texts: []string{"It is late. What now?"}, block: "what"},
		"nothing has happened":   {at: "ask", wait: ForVisitor, texts: []string{}, block: "ask"},
		"nothing answered yet":   {at: "lookup", wait: ForResult, texts: []string{}, block: "lookup"},
		"block that is gone":     {at: "gone", texts: []string{}, block: "gone", ended: EndedBroken, handoff: &HandOver{Reason: "error"}},
		"waits at no question":   {at: "hello", wait: ForVisitor, in: say("x"), texts: []string{}, block: "hello", ended: EndedBroken, handoff: &HandOver{Reason: "error"}},
		"result of no call":      {at: "hello", wait: ForResult, in: known, texts: []string{}, block: "hello", ended: EndedBroken, handoff: &HandOver{Reason: "error"}},
		"end without an outcome": {at: "", texts: []string{}, ended: EndedOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := engine().Step(order(), State{Flow: "flw", Block: c.at, Wait: c.wait, Values: c.values}, c.in)
			assert.Equal(t, c.texts, texts(&out))
			assert.Equal(t, c.block, out.State.Block)
			assert.Equal(t, c.ended, out.Ended)
			assert.Equal(t, c.handoff, out.HandOver)
			assert.Equal(t, c.tries, out.State.Tries)
			assert.Nil(t, out.Call)
		})
	}
}

func TestAttemptsRunOut(t *testing.T) {
	t.Parallel()
	f := order()
	s := State{Block: "ask", Wait: ForVisitor}
	for range defaultAttempts - 1 {
		s = engine().Step(f, s, say("no idea")).State
	}
	out := engine().Step(f, s, say("no idea"))
	assert.Equal(t, EndedHandoff, out.Ended, "its else leads to a person")

	f.Block("ask").Else = ""
	out = engine().Step(f, s, say("no idea"))
	assert.Equal(t, &HandOver{Reason: "repeated_failure"}, out.HandOver, "without an else too")

	f.Block("ask").Attempts = 1
	out = engine().Step(f, State{Block: "ask", Wait: ForVisitor}, say("no idea"))
	assert.Equal(t, EndedHandoff, out.Ended)
}

func TestAnswerIsTakenFromTheFirstMessage(t *testing.T) {
	t.Parallel()
	f := order()
	out := engine().Step(f, Begin(f, "where is my order A-12345?"), Input{})
	require.NotNil(t, out.Call)
	assert.Equal(t, "A-12345", out.Call.Input["number"])
	assert.Equal(t, []string{"Let me look that up, ."}, texts(&out))

	// A kind that hides in any text is asked for.
	f.Block("ask").Expect = &Expect{Kind: KindNumber}
	out = engine().Step(f, Begin(f, "where are my 2 orders?"), Input{})
	assert.Nil(t, out.Call)
	assert.Equal(t, "ask", out.State.Block)
}

func TestQuestionIsAskedAgain(t *testing.T) {
	t.Parallel()
	e, f := engine(), order()
	m, ok := e.Again(f, State{Block: "what", Wait: ForVisitor}, nil)
	require.True(t, ok)
	assert.Equal(t, "It is late. What now?", m.Text)
	assert.Len(t, m.Choices, 3)
	_, ok = e.Again(f, State{Block: "lookup", Wait: ForResult}, nil)
	assert.False(t, ok)

	assert.True(t, e.Accepts(f, State{Block: "ask", Wait: ForVisitor}, Answer{Text: "A-12345"}, "en"))
	assert.False(t, e.Accepts(f, State{Block: "ask", Wait: ForVisitor}, Answer{Text: "how long does it take?"}, "en"))
	assert.True(t, e.Accepts(f, State{Block: "rate", Wait: ForVisitor}, Answer{Text: "3"}, "en"))
	assert.False(t, e.Accepts(f, State{Block: "hello", Wait: ForVisitor}, Answer{Text: "3"}, "en"))
	assert.False(t, e.TakesAnything(f, State{Block: "ask", Wait: ForVisitor}))
	f.Block("ask").Expect = nil
	assert.True(t, e.TakesAnything(f, State{Block: "ask", Wait: ForVisitor}))
}

// A definition that goes round, which Check refuses, ends with a person all the
// same.
func TestTurnsEnd(t *testing.T) {
	t.Parallel()
	f := &Flow{Name: "x", Start: "a", Blocks: []Block{{ID: "a", Type: Say, Text: "x", Next: "b"}, {ID: "b", Type: Set, Attribute: "x", Next: "a"}}}
	out := engine().Step(f, Begin(f, ""), Input{})
	assert.Equal(t, EndedBroken, out.Ended)
	assert.Len(t, out.Trace, MaxSteps)

	f = &Flow{Name: "x", Start: "a", Blocks: []Block{{ID: "a", Type: Tool, Tool: "x", Next: "a"}}}
	s, calls := Begin(f, ""), 0
	for in := (Input{}); ; in = (Input{Result: &Result{OK: true}}) {
		out := engine().Step(f, s, in)
		s = out.State
		if out.Call == nil {
			assert.Equal(t, EndedBroken, out.Ended)
			break
		}
		calls++
	}
	assert.Equal(t, MaxCalls, calls)
}

func TestStateSurvivesJSON(t *testing.T) {
	t.Parallel()
	f := order()
	s := engine().Step(f, Begin(f, "where is my order"), Input{}).State
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	var back State
	require.NoError(t, json.Unmarshal(raw, &back))
	assert.Equal(t, s, back)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, is, with string
		want            bool
	}{
		{"pro", "equals", "Pro", true},
		{"pro", "equals", "free", false},
		{"10", "equals", "10.0", true},
		{"", "equals", "", true},
		{"pro", "not_equals", "free", true},
		{"the Pro plan", "contains", "pro", true},
		{"x", "contains", "", false},
		{"x", "exists", "", true},
		{" ", "exists", "", false},
		{"", "missing", "", true},
		{"9", "greater", "10", false},
		{"10", "greater", "9", true},
		{"2026-02-01", "greater", "2026-01-31", true},
		{"", "less", "1", false},
		{"1", "less", "2.5", true},
		{"A-12", "matches", `^[A-Z]-\d+$`, true},
		{"a-12", "matches", `^[A-Z]-\d+$`, false},
		{"x", "matches", `(`, false},
		{"x", "unheard of", "x", false},
	} {
		cond := Condition{Is: c.is, Value: c.with}
		assert.Equal(t, c.want, cond.holds(c.value, c.with), "%q %s %q", c.value, c.is, c.with)
	}
}

func TestPatternsAndTexts(t *testing.T) {
	t.Parallel()
	value, ok := (&Expect{kindPattern, `(?i)ticket (\d+)`}).read(nil, "it is Ticket 77", "en")
	assert.True(t, ok)
	assert.Equal(t, "77", value)
	_, ok = (&Expect{kindPattern, `(`}).read(nil, "(", "en")
	assert.False(t, ok)
	value, ok = (*Expect)(nil).read(nil, " words ", "en")
	assert.True(t, ok)
	assert.Equal(t, "words", value)
	_, ok = (&Expect{Kind: KindText}).read(nil, " ", "en")
	assert.False(t, ok)
}

func TestFill(t *testing.T) {
	t.Parallel()
	value := func(name string) string { return map[string]string{"a": "1", "long_name2": "{a}"}[name] }
	for text, want := range map[string]string{
		"":                          "",
		"plain":                     "plain",
		"{a}":                       "1",
		"x{a}y{a}z":                 "x1y1z",
		"{missing}.":                ".",
		"{long_name2}":              "{a}",
		"{ a}, {A}, {1a}, {}, {a":   "{ a}, {A}, {1a}, {}, {a",
		`{"json": {a}}`:             `{"json": 1}`,
		"{{a}}":                     "{1}",
		"a closing } and {an open ": "a closing } and {an open ",
	} {
		assert.Equal(t, want, fill(text, value), text)
	}
	assert.Equal(t, []string{"a", "b_2"}, names("{a} {B} {b_2}"))
	assert.Equal(t, `\[x\]\(javascript\:1\) ü`, escape("[x](javascript:1) ü"))
}
