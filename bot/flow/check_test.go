package flow

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Flow)
		block  string
		code   string
		level  string
	}{
		"no name":          {func(f *Flow) { f.Name = " " }, "", CodeMissing, Error},
		"long name":        {func(f *Flow) { f.Name = strings.Repeat("x", maxTitle+1) }, "", CodeTooLong, Error},
		"no blocks":        {func(f *Flow) { f.Blocks = nil }, "", CodeMissing, Error},
		"no start":         {func(f *Flow) { f.Start = "" }, "", CodeMissing, Error},
		"start is gone":    {func(f *Flow) { f.Start = "x" }, "", CodeNoBlock, Error},
		"nothing starts":   {func(f *Flow) { f.Trigger = Trigger{} }, "", CodeMissing, Warning},
		"empty phrase":     {func(f *Flow) { f.Trigger.Phrases = []string{""} }, "", CodeInvalid, Error},
		"silent proactive": {func(f *Flow) { f.Trigger.Proactive = &Proactive{} }, "", CodeMissing, Error},
		"late proactive":   {func(f *Flow) { f.Trigger.Proactive = &Proactive{Message: "x", Reply: "y", Seconds: 9999} }, "", CodeInvalid, Error},
		"two of one id":    {func(f *Flow) { f.Blocks = append(f.Blocks, f.Blocks[0]) }, "hello", CodeDuplicate, Error},
		"no type":          {func(f *Flow) { f.Blocks[0].Type = "dance" }, "hello", CodeInvalid, Error},
		"id with a space":  {func(f *Flow) { f.Blocks[0].ID = "a b" }, "a b", CodeInvalid, Error},
		"says nothing":     {func(f *Flow) { f.Block("hello").Text = "" }, "hello", CodeMissing, Error},
		"long text":        {func(f *Flow) { f.Block("hello").Text = strings.Repeat("x", maxText+1) }, "hello", CodeTooLong, Error},
		"zero byte":        {func(f *Flow) { f.Block("hello").Text = "\x00" }, "hello", CodeInvalid, Error},
		"bad name":         {func(f *Flow) { f.Block("ask").Attribute = "Order Number" }, "ask", CodeInvalid, Error},
		"bad kind":         {func(f *Flow) { f.Block("ask").Expect = &Expect{Kind: "shoe_size"} }, "ask", CodeInvalid, Error},
		"bad pattern":      {func(f *Flow) { f.Block("ask").Expect = &Expect{kindPattern, "("} }, "ask", CodeInvalid, Error},
		"many attempts":    {func(f *Flow) { f.Block("ask").Attempts = 99 }, "ask", CodeInvalid, Error},
		"no options":       {func(f *Flow) { f.Block("what").Options = nil }, "what", CodeInvalid, Error},
		"options alike":    {func(f *Flow) { f.Block("what").Options[1].ID = "wait" }, "what", CodeDuplicate, Error},
		"empty option":     {func(f *Flow) { f.Block("what").Options[1].Label = "" }, "what", CodeInvalid, Error},
		"no cases":         {func(f *Flow) { f.Block("late").Cases = nil }, "late", CodeInvalid, Error},
		"bad comparison":   {func(f *Flow) { f.Block("late").Cases[0].If.Is = "resembles" }, "late", CodeInvalid, Error},
		"no tool":          {func(f *Flow) { f.Block("lookup").Tool = "" }, "lookup", CodeMissing, Error},
		"saved where":      {func(f *Flow) { f.Block("lookup").Save = map[string]string{"a": "B C"} }, "lookup", CodeInvalid, Error},
		"bad skill":        {func(f *Flow) { f.Block("person").Skills = map[string]int{"x": 9} }, "person", CodeInvalid, Error},
		"no subject":       {func(f *Flow) { f.Block("ticket").Subject = "" }, "ticket", CodeMissing, Error},
		"bad priority":     {func(f *Flow) { f.Block("ticket").Priority = "now" }, "ticket", CodeInvalid, Error},
		"bad outcome":      {func(f *Flow) { f.Block("end").Outcome = "great" }, "end", CodeInvalid, Error},
		"no such block":    {func(f *Flow) { f.Block("hello").Next = "x" }, "hello", CodeNoBlock, Error},
		"no such option":   {func(f *Flow) { f.Block("what").Options[0].Next = "x" }, "what", CodeNoBlock, Error},
		"unreachable":      {func(f *Flow) { f.Blocks = append(f.Blocks, Block{ID: "alone", Type: End}) }, "alone", CodeUnreachable, Warning},
		"unknown name":     {func(f *Flow) { f.Block("hello").Text = "{shoe_size}" }, "hello", CodeUnknown, Warning},
		"loop":             {func(f *Flow) { f.Block("lookup").Else = "hello"; f.Block("hello").Next = "lookup" }, "hello", CodeLoop, Error},
		"loop of one":      {func(f *Flow) { f.Block("note").Next = "note" }, "note", CodeLoop, Error},
		"loop of a branch": {func(f *Flow) { f.Block("late").Else = "late" }, "late", CodeLoop, Error},
		"too many blocks":  {func(f *Flow) { f.Blocks = make([]Block, MaxBlocks+1) }, "", CodeTooLong, Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := order()
			c.change(f)
			problems := Check(f)
			found := false
			for _, p := range problems {
				found = found || (p.Block == c.block && p.Code == c.code && p.Level == c.level && p.Message != "")
			}
			assert.True(t, found, "%+v", problems)
			assert.Equal(t, c.level == Error, Broken(problems))
		})
	}
}

func TestQuestionInACircleIsNoLoop(t *testing.T) {
	t.Parallel()
	f := order()
	f.Block("tell").Next = "ask"
	assert.False(t, Broken(Check(f)))
}

func TestYAML(t *testing.T) {
	t.Parallel()
	f := order()
	f.Trigger.Proactive = &Proactive{Pages: []string{"/pricing*"}, Seconds: 20, Message: "Hi", Reply: "Yes"}
	f.Block("ask").Expect = &Expect{kindPattern, `[A-Z]-\d+`}
	text, err := f.YAML()
	require.NoError(t, err)
	back, err := ParseYAML(text)
	require.NoError(t, err)
	assert.Equal(t, f, back)

	asJSON, err := json.Marshal(f)
	require.NoError(t, err)
	var other Flow
	require.NoError(t, json.Unmarshal(asJSON, &other))
	assert.Equal(t, f, &other)

	hand, err := ParseYAML([]byte("name: Size\nenabled: true\nstart: a\ntrigger: {phrases: [what size]}\nblocks:\n  - {id: a, type: ask, text: 'Which?', attribute: size, expect: number, next: b}\n  - {id: b, type: branch, cases: [{if: {attribute: size, is: greater, value: 42}}]}\n"))
	require.NoError(t, err)
	assert.Equal(t, KindNumber, hand.Blocks[0].Expect.Kind)
	assert.Equal(t, "42", hand.Blocks[1].Cases[0].If.Value)
	assert.False(t, Broken(Check(hand)), "%+v", Check(hand))

	for _, bad := range []string{"", "- 1", "name: x\nblocks: {}", "name: x\ncolour: red", "name: a\n---\nname: b", "blocks: [{expect: [1]}]"} {
		_, err := ParseYAML([]byte(bad))
		assert.Error(t, err, bad)
	}
}

// Whatever a definition says, a turn ends; one that Check finds nothing wrong
// with never breaks.
func FuzzFlow(f *testing.F) {
	whole, err := json.Marshal(order())
	require.NoError(f, err)
	f.Add(string(whole), "where is A-12345", "1", true)
	f.Add(`{"name":"x","start":"a","blocks":[{"id":"a","type":"say","text":"{a","next":"a"}]}`, "x", "", false)
	f.Add(`{"name":"x","start":"a","blocks":[{"id":"a","type":"choose","text":"?","options":[{"id":"x","label":"x","next":"a"}]}]}`, "x", "x", true)
	f.Add(`{"name":"x","start":"a","blocks":[{"id":"a","type":"ask","attribute":"a","text":"?","expect":{"pattern":"("},"else":"a"}]}`, "x", "", true)
	f.Fuzz(func(t *testing.T, definition, text, choice string, ok bool) {
		var d Flow
		if json.Unmarshal([]byte(definition), &d) != nil {
			return
		}
		sound := !Broken(Check(&d))
		e := engine()
		s := Begin(&d, text)
		in := Input{}
		for range 20 {
			out := e.Step(&d, s, in)
			require.LessOrEqual(t, len(out.Trace), MaxSteps+1)
			require.LessOrEqual(t, out.State.Asked, MaxCalls)
			if sound && !dense(&d) {
				require.NotEqual(t, EndedBroken, out.Ended)
			}
			s = out.State
			switch {
			case out.Ended != "":
				return
			case out.Call != nil:
				in = Input{Result: &Result{OK: ok, Fields: map[string]string{"status": text}}}
			default:
				require.Equal(t, ForVisitor, s.Wait)
				_, again := e.Again(&d, s, nil)
				require.True(t, again)
				in = Input{Answer: &Answer{Text: text, Choice: choice}}
			}
		}
	})
}

// dense reports whether a definition has so many blocks or calls in a row that a
// turn may run into its bounds.
func dense(f *Flow) bool {
	calls := 0
	for i := range f.Blocks {
		if f.Blocks[i].Type == Tool || f.Blocks[i].Type == Search {
			calls++
		}
	}
	return len(f.Blocks) > MaxSteps || calls > MaxCalls
}
