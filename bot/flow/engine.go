package flow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Engine runs flows. It is immutable and safe for any number of goroutines.
type Engine struct{ reader Reader }

// NewEngine makes an engine that reads answers with the reader.
func NewEngine(reader Reader) *Engine { return &Engine{reader} }

// Step runs the flow from a state until it waits, calls or ends. The state that
// was given is not changed.
func (e *Engine) Step(f *Flow, s State, in Input) Output {
	r := &run{engine: e, flow: f, in: in, out: Output{State: s.clone(), Set: map[string]string{}}}
	switch {
	case r.out.State.Wait == ForVisitor && in.Answer == nil, r.out.State.Wait == ForResult && in.Result == nil:
		return r.out // nothing has happened
	case r.out.State.Wait == ForVisitor:
		r.answer(in.Answer)
	case r.out.State.Wait == ForResult:
		r.result(in.Result)
	}
	r.run()
	return r.out
}

// Accepts reports whether the question that the flow waits at takes the answer.
func (e *Engine) Accepts(f *Flow, s State, a Answer, language string) bool {
	b := f.Block(s.Block)
	if b == nil || s.Wait != ForVisitor {
		return false
	}
	switch b.Type {
	case Ask:
		_, ok := b.Expect.read(e.reader, a.Text, language)
		return ok
	case Choose:
		return b.pick(a) != nil
	case Rate:
		return score(a) > 0
	}
	return false
}

// TakesAnything reports whether the question that the flow waits at takes any
// text, so that nothing in it can be told from an answer by its form.
func (e *Engine) TakesAnything(f *Flow, s State) bool {
	b := f.Block(s.Block)
	return b != nil && s.Wait == ForVisitor && b.Type == Ask && b.Expect.kind() == KindText
}

// Again is the question that the flow waits at, to be asked again after
// something else was talked about. ok is false when it waits at none.
func (e *Engine) Again(f *Flow, s State, known map[string]string) (m Message, ok bool) {
	b := f.Block(s.Block)
	if b == nil || s.Wait != ForVisitor {
		return Message{}, false
	}
	r := &run{engine: e, flow: f, in: Input{Known: known}, out: Output{State: s}}
	return r.question(b, b.Text), true
}

// run is one step.
type run struct {
	engine *Engine
	flow   *Flow
	in     Input
	out    Output
}

// run goes from block to block until the flow waits, calls or ends.
func (r *run) run() {
	for r.out.Ended == "" && r.out.State.Wait == ForNothing {
		s := &r.out.State
		if s.Block == "" {
			r.end(EndedOut)
			return
		}
		b := r.flow.Block(s.Block)
		if b == nil || s.Steps >= MaxSteps {
			r.broken()
			return
		}
		s.Steps++
		r.out.Trace = append(r.out.Trace, b.ID)
		r.enter(b)
	}
}

// enter does what a block does when the flow comes to it.
func (r *run) enter(b *Block) {
	switch b.Type {
	case Say:
		r.say(b, b.Text)
		r.follow(b.Next)
	case Ask:
		if !r.fillIn(b) {
			r.ask(b)
		}
	case Choose, Rate:
		r.ask(b)
	case Branch:
		r.branch(b)
	case Set:
		r.set(b.Attribute, r.raw(b.Value))
		r.follow(b.Next)
	case Tool, Search:
		r.call(b)
	case Handoff, Ticket:
		r.handOver(b)
	case End:
		r.end(b.Outcome)
	default:
		r.broken()
	}
}

func (r *run) follow(next string) {
	s := &r.out.State
	s.Block, s.Wait, s.Tries = next, ForNothing, 0
}

// otherwise goes where a block leads that did not work out; without such a way a
// person has to help.
func (r *run) otherwise(b *Block) {
	if b.Else != "" {
		r.follow(b.Else)
		return
	}
	r.out.HandOver = &HandOver{Reason: reasonStuck}
	r.end(EndedHandoff)
}

func (r *run) say(b *Block, text string) {
	if text = r.shown(text); strings.TrimSpace(text) != "" {
		r.out.Messages = append(r.out.Messages, Message{Block: b.ID, Text: text})
	}
}

// question is a block's question with its buttons.
func (r *run) question(b *Block, text string) Message {
	m := Message{Block: b.ID, Text: r.shown(text)}
	switch b.Type {
	case Choose:
		for _, o := range b.Options {
			m.Choices = append(m.Choices, Choice{o.ID, o.Label})
		}
	case Rate:
		for n := 1; n <= 5; n++ {
			m.Choices = append(m.Choices, Choice{strconv.Itoa(n), strconv.Itoa(n)})
		}
	}
	return m
}

func (r *run) ask(b *Block) {
	s := &r.out.State
	s.Wait, s.Tries, s.Opening = ForVisitor, 0, ""
	r.out.Messages = append(r.out.Messages, r.question(b, b.Text))
}

// fillIn answers a question from the message that started the flow: whoever
// asks "where is A-1234?" is not asked for the number.
func (r *run) fillIn(b *Block) bool {
	s := &r.out.State
	if s.Opening == "" || !b.Expect.telling() {
		return false
	}
	value, ok := b.Expect.read(r.engine.reader, s.Opening, r.in.Language)
	if !ok {
		return false
	}
	r.set(b.Attribute, value)
	r.follow(b.Next)
	return true
}

func (r *run) branch(b *Block) {
	for i := range b.Cases {
		c := &b.Cases[i]
		if c.If.holds(r.value(c.If.Attribute), r.raw(c.If.Value)) {
			r.follow(orNext(c.Next, b.Next))
			return
		}
	}
	r.follow(orNext(b.Else, b.Next))
}

func orNext(first, next string) string {
	if first != "" {
		return first
	}
	return next
}

func (r *run) call(b *Block) {
	s := &r.out.State
	if s.Asked >= MaxCalls {
		r.broken()
		return
	}
	s.Asked++
	s.Calls++
	s.Wait = ForResult
	c := &Call{Block: b.ID, N: s.Calls}
	if b.Type == Search {
		if c.Query = r.raw(b.Query); c.Query == "" {
			c.Query = s.Said
		}
		r.out.Call = c
		return
	}
	c.Tool, c.Input, c.Save = b.Tool, map[string]any{}, slices.Sorted(maps.Keys(b.Save))
	for name, value := range b.Input {
		if text, ok := value.(string); ok {
			value = r.raw(text)
		}
		c.Input[name] = value
	}
	r.out.Call = c
}

func (r *run) handOver(b *Block) {
	r.say(b, b.Text)
	r.out.HandOver = &HandOver{Reason: reasonFlow, Skills: b.Skills, Message: len(r.out.Messages) > 0 && b.Text != ""}
	if reason := r.raw(b.Reason); reason != "" {
		r.out.HandOver.Reason = reason
	}
	if b.Type == Handoff {
		r.end(EndedHandoff)
		return
	}
	priority := b.Priority
	if priority == "" {
		priority = "normal"
	}
	r.out.HandOver.Reason, r.out.HandOver.Ticket = reasonTicket, &NewTicket{Subject: r.raw(b.Subject), Priority: priority}
	r.end(EndedTicket)
}

func (r *run) end(how string) {
	if how == "" {
		how = EndedOut
	}
	r.out.Ended, r.out.State.Wait = how, ForNothing
}

// broken hands over because the definition cannot go on.
func (r *run) broken() {
	r.out.HandOver = &HandOver{Reason: reasonBroken}
	r.end(EndedBroken)
}

func (r *run) set(name, value string) {
	value = cut(value)
	if r.out.State.Values == nil {
		r.out.State.Values = map[string]string{}
	}
	r.out.State.Values[name] = value
	r.out.Set[name] = value
}

// value is an attribute: what the flow has set, else what is known of the
// contact.
func (r *run) value(name string) string {
	if name == "message" {
		return r.out.State.Said
	}
	if v, ok := r.out.State.Values[name]; ok {
		return v
	}
	return r.in.Known[name]
}

// raw fills a text that is not shown.
func (r *run) raw(text string) string { return cut(fill(text, r.value)) }

// shown fills a text that is read as Markdown.
func (r *run) shown(text string) string {
	return fill(text, func(name string) string { return escape(r.value(name)) })
}

// cut bounds a value and makes it storable.
func cut(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if utf8.RuneCountInString(s) <= maxValue {
		return s
	}
	return string([]rune(s)[:maxValue])
}
