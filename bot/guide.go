package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/ids"
)

// guided is where a talk stands in a flow.
type guided struct {
	flow.State
	Name   string `json:"name"`             // of the flow
	Run    uint64 `json:"run"`              // sequence of the message that started it
	Prompt uint64 `json:"prompt"`           // of the message after which the present question was asked
	Asides int    `json:"asides,omitempty"` // other questions answered since the last answer
}

// maxAsides bounds how many other questions are answered before an answer to the
// flow's own counts as none.
const maxAsides = 3

// choicePrefix begins the ids of a flow's quick replies: flow-<prompt>-<option>.
// So a click on an older question is told from one on the present.
const choicePrefix = "flow-"

func flowChoiceID(prompt uint64, option string) string {
	return choicePrefix + strconv.FormatUint(prompt, 10) + "-" + option
}

// picked is the option of the flow's present question that the visitor has
// clicked, "" for none.
func (t *turn) picked() string {
	if t.talk.Flow == nil || t.talk.Checking != nil {
		return ""
	}
	option, ok := strings.CutPrefix(t.last.Choice, flowChoiceID(t.talk.Flow.Prompt, ""))
	if !ok {
		return ""
	}
	return option
}

// guide goes on with the flow that the talk is in. done is false when it is in
// none.
func (t *turn) guide(ctx context.Context) (done bool, err error) {
	g := t.talk.Flow
	if g == nil {
		return false, nil
	}
	f, err := t.bot.flows.release(ctx, g.Flow, g.Version)
	if err != nil {
		return false, fmt.Errorf("read the flow: %w", err)
	}
	if f == nil { // deleted meanwhile
		t.talk.Flow, t.talk.Checking = nil, nil
		return false, nil
	}
	t.flow = f
	if t.talk.Stage == stageOffer && t.read.SmallTalk == Yes {
		t.accept()
		return true, nil
	}
	if t.read.SmallTalk == Cancel && t.picked() == "" {
		t.talk.Flow, t.talk.Checking = nil, nil
		t.phrase(actFlow, "flow_left", stageNone)
		return true, nil
	}
	if t.talk.Checking != nil {
		if t.check(ctx) {
			return true, nil
		}
		return true, t.proceed(ctx, g.State, flow.Input{}) // the call that waited for the proof
	}
	answer := flow.Answer{Text: t.text, Choice: t.picked()}
	if !t.bot.engine.Accepts(f, g.State, answer, t.language) || t.bot.engine.TakesAnything(f, g.State) {
		if done, err := t.aside(ctx); done || err != nil {
			return done, err
		}
	}
	return true, t.proceed(ctx, g.State, flow.Input{Answer: &answer})
}

// enter starts a flow with what the visitor has said.
func (t *turn) enter(ctx context.Context, f *flow.Flow) error {
	t.flow = f
	t.plan.Markdown, t.plan.Choices, t.plan.Sources, t.talk.Stage = "", nil, nil, stageNone
	t.talk.Failures, t.talk.Others, t.talk.Checking = 0, nil, nil
	state := flow.Begin(f, t.text)
	t.talk.Flow = &guided{State: state, Name: f.Name, Run: t.last.Seq}
	return t.proceed(ctx, state, flow.Input{})
}

// proceed steps until the flow waits for the visitor, ends or needs a proof of
// who they are, and plans what it says.
func (t *turn) proceed(ctx context.Context, s flow.State, in flow.Input) error {
	in.Known, in.Language = t.known(ctx), t.language
	call := t.waitingCall(s, in)
	var said []flow.Message
	for {
		if call == nil {
			out := t.bot.engine.Step(t.flow, s, in)
			s = out.State
			said = append(said, out.Messages...)
			t.take(&out)
			if call = out.Call; call == nil {
				return t.speak(&out, said)
			}
		}
		g := *t.talk.Flow // a copy: the talk that was read stays as it is
		g.State, g.Asides = s, 0
		t.talk.Flow = &g
		res, message, err := t.carry(ctx, call)
		if err != nil {
			return err
		}
		if t.plan.Handoff != nil || t.talk.Checking != nil {
			t.before(said)
			return nil
		}
		if message != "" {
			said = append(said, flow.Message{Block: call.Block, Text: message})
		}
		call, in.Answer, in.Result = nil, nil, &res
	}
}

// waitingCall is the call that the state waits for when there is no result of it
// yet: the conversation was interrupted by a check of who the visitor is.
func (t *turn) waitingCall(s flow.State, in flow.Input) *flow.Call {
	if s.Wait != flow.ForResult || in.Result != nil {
		return nil
	}
	back := s
	back.Wait, back.Calls, back.Asked = flow.ForNothing, s.Calls-1, max(0, s.Asked-1)
	return t.bot.engine.Step(t.flow, back, in).Call
}

// take notes what a step has changed beside the flow.
func (t *turn) take(out *flow.Output) {
	t.plan.Trace.Action = actFlow
	for name, value := range out.Set {
		if t.plan.Learned == nil {
			t.plan.Learned = map[string]string{}
		}
		t.plan.Learned[name] = value
	}
	if out.Rating > 0 {
		t.plan.Rating = out.Rating
	}
}

// before says what a flow has said before its last message.
func (t *turn) before(said []flow.Message) {
	for _, m := range said {
		t.plan.Before = append(t.plan.Before, m.Text)
	}
}

// speak plans the messages of a flow that waits or has ended.
func (t *turn) speak(out *flow.Output, said []flow.Message) error {
	g := *t.talk.Flow
	g.State, g.Asides = out.State, 0
	t.talk.Flow = &g
	t.plan.Trace.Confidence = 1
	if out.Ended == "" {
		t.before(said[:max(0, len(said)-1)])
		t.pose(&said[len(said)-1])
		return nil
	}
	t.plan.FlowEnded = out.Ended
	if h := out.HandOver; h != nil {
		t.handFlowOver(h, said)
		return nil
	}
	t.talk.Flow = nil
	last := t.words("flow_done")
	if n := len(said); n > 0 {
		t.before(said[:n-1])
		last = said[n-1].Text
	}
	t.talk.Source = "flow:" + t.flow.ID
	rates := slices.ContainsFunc(t.flow.Blocks, func(b flow.Block) bool { return b.Type == flow.Rate })
	if out.Ended == flow.Resolved && !rates {
		t.answered(actFlow, last)
		return nil
	}
	t.plan.Resolved = out.Ended == flow.Resolved
	t.say(actFlow, last, stageNone, t.choices(choiceHuman)...)
	return nil
}

// pose says the flow's question with its buttons and the way to a person.
func (t *turn) pose(m *flow.Message) {
	t.talk.Flow.Prompt = t.last.Seq
	choices := make([]event.Choice, 0, len(m.Choices)+1)
	for _, c := range m.Choices {
		choices = append(choices, event.Choice{ID: flowChoiceID(t.last.Seq, c.ID), Label: c.Label})
	}
	t.say(actFlow, m.Text, stageNone, append(choices, t.choices(choiceHuman)...)...)
	if len(m.Choices) > 0 { // the flow reads its own buttons, also when they are typed
		t.talk.Options = slices.DeleteFunc(t.talk.Options, func(o option) bool { return strings.HasPrefix(o.ID, choicePrefix) })
	}
}

// handFlowOver passes the conversation on as the flow wants it.
func (t *turn) handFlowOver(h *flow.HandOver, said []flow.Message) {
	reason, key := reasonFlow, "handover"
	switch h.Reason {
	case reasonFailure:
		reason, key = reasonFailure, "failure"
	case reasonError:
		t.bot.log.Error("a flow cannot go on; people will", "conv", t.talk.Conv, "flow", t.flow.ID, "version", t.flow.Version, "block", t.talk.Flow.Block)
		reason, key = reasonError, "error"
	case reasonTicket:
		reason = reasonTicket
	}
	if len(h.Skills) > 0 {
		t.talk.Skills = h.Skills
	}
	own := ""
	if h.Message {
		own, said = said[len(said)-1].Text, said[:len(said)-1]
	}
	t.before(said)
	note := ""
	if reason == reasonFlow && h.Reason != "" && h.Reason != reasonFlow {
		note = h.Reason
	}
	if h.Ticket != nil {
		note = "Ticket (" + h.Ticket.Priority + "): " + h.Ticket.Subject
	}
	t.talk.Note = note
	t.handOff(reason, key)
	if own != "" {
		t.plan.Markdown = own
	}
	if h.Ticket != nil && (h.Ticket.Priority == "high" || h.Ticket.Priority == "urgent") {
		t.plan.Handoff.Priority = 1
	}
}

// giveUp leaves the flow, or the question, for a person, because the visitor
// could not be proved to be who they are.
func (t *turn) giveUp(key string) {
	t.talk.Checking = nil
	if t.talk.Flow != nil {
		t.plan.FlowEnded = flow.EndedHandoff
	}
	t.handOff(reasonProof, key)
}

// carry does what a flow calls for. message is what a search has found.
func (t *turn) carry(ctx context.Context, c *flow.Call) (res flow.Result, message string, err error) {
	if c.Tool == "" {
		message, err := t.searchFor(ctx, c.Query)
		return flow.Result{OK: message != ""}, message, err
	}
	g := t.talk.Flow
	call := &toolCall{
		By: byFlow, Conv: t.talk.Conv, Inbox: t.talk.Inbox, Contact: t.talk.person(), Proof: t.talk.proof(t.bot.now()), Name: c.Tool, Input: c.Input,
		Request: ids.Derive(t.talk.Conv, g.Flow, strconv.FormatUint(g.Run, 10), c.Block, strconv.Itoa(c.N)),
	}
	if t.rehearsal {
		call.Conv = "" // a try-out and a replay call nothing and record nothing
		return flow.Result{}, "", nil
	}
	if t.readers != nil {
		t.readers.typing()
	}
	answer, err := t.bot.callTool(ctx, call)
	switch outcomeOf(err) {
	case "ok":
		t.plan.Firm = true
		return flow.Result{OK: true, Fields: fieldsOf(answer, c.Save)}, "", nil
	case "unverified":
		t.askForProof(ctx, c.Tool)
		return flow.Result{}, "", nil
	}
	t.plan.Firm = t.plan.Firm || outcomeOf(err) == "timeout" // it may have been done
	t.bot.log.Warn("a flow's tool did not answer", "conv", t.talk.Conv, "flow", g.Flow, "tool", c.Tool, "error", err)
	return flow.Result{}, "", ctx.Err()
}

// searchFor answers a query in the words of an article, "" when none does. The
// source is named under the flow's last message.
func (t *turn) searchFor(ctx context.Context, query string) (string, error) {
	passages, err := t.find(ctx, query)
	if err != nil {
		return "", err
	}
	for i := range passages {
		if passages[i].Answerable < t.bot.cfg.AnswerThreshold {
			continue
		}
		if text := t.bot.understanding.condense(passages[i].Markdown, query); t.bot.understanding.isProse(text) {
			t.plan.Sources = append(t.plan.Sources, sourceOf(&passages[i]))
			return text, nil
		}
	}
	return "", nil
}

// flowTrace is where the talk stands, for the log.
func (t *turn) flowTrace() *event.BotFlow {
	g := t.talk.Flow
	if g == nil {
		if t.flow == nil {
			return nil
		}
		return &event.BotFlow{ID: t.flow.ID, Name: t.flow.Name, Version: t.flow.Version, Ended: cmp.Or(t.plan.FlowEnded, "left")}
	}
	return &event.BotFlow{
		ID: g.Flow, Name: g.Name, Version: g.Version, Block: g.Block, Ended: t.plan.FlowEnded, Values: maps.Clone(g.Values),
		Tries: g.Tries, Calls: g.Calls, Run: g.Run, Prompt: g.Prompt,
	}
}

// guidedFrom is the place in a flow as the log tells it, nil when the flow has
// ended. While the visitor is asked who they are, the flow waits for the call
// that needs it; said is then what they had said before.
func guidedFrom(trace *event.BotTrace, said string) *guided {
	b := trace.Flow
	if b == nil || b.Ended != "" || b.Block == "" {
		return nil
	}
	g := &guided{
		State: flow.State{Flow: b.ID, Version: b.Version, Block: b.Block, Wait: flow.ForVisitor, Values: b.Values, Tries: b.Tries, Calls: b.Calls},
		Name:  b.Name, Run: b.Run, Prompt: b.Prompt,
	}
	if trace.Check != nil {
		g.Wait, g.Said = flow.ForResult, said
	}
	return g
}

// collected lists what the flow knows, for the summary of a handoff.
func (g *guided) collected() string {
	var b strings.Builder
	b.WriteString("Flow: " + g.Name + "\n")
	for _, name := range slices.Sorted(maps.Keys(g.Values)) {
		if v := strings.Join(strings.Fields(g.Values[name]), " "); v != "" {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	return b.String()
}
