package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/event"
	"parley/internal/markup"
)

// What the bot did, as its trace says.
const (
	actAnswer    = "answer"    // from the articles
	actIntent    = "intent"    // an intent's own answer
	actSmallTalk = "smalltalk" // a phrase
	actGreeting  = "greeting"
	actClarify   = "clarify"  // asked which of some answers is meant
	actFallback  = "fallback" // did not know, and asked again or offered a person
	actHandoff   = "handoff"
	actFlow      = "flow"   // went on with a guided flow
	actVerify    = "verify" // asked who the visitor is, for a tool that the language model needs
	actTool      = "tool"   // called a tool; the entry is a record of that alone
)

// Reasons of a handoff.
const (
	reasonRequested = "requested"
	reasonUnsure    = "low_confidence"
	reasonFailure   = "repeated_failure"
	reasonAnger     = "anger"
	reasonError     = "error"
	reasonFlow      = "flow"         // a flow's author wants a person here
	reasonTicket    = "ticket"       // a flow wants a ticket
	reasonProof     = "verification" // the visitor could not show who they are
)

// Ids of the quick replies that the bot itself understands. Others are options
// of the message they stand under.
const (
	choiceYes   = "yes"
	choiceNo    = "no"
	choiceHuman = "human"
	choiceAgain = "again"
	choiceNone  = "none"
)

// plan is what the bot does about the messages that wait.
type plan struct {
	Trace    event.BotTrace
	Markdown string
	Choices  []event.Choice
	Sources  []event.Source
	Handoff  *event.Handoff
	After    talk // what it remembers then

	Missed    string            // question for which none of what the bot offered was right
	Before    []string          // Markdown of messages before the last one
	Rating    int               // that the visitor gave, 1 … 5; 0 for none
	Learned   map[string]string // attributes for the contact
	FlowEnded string            // why a flow ended in this turn; "" when none did
	Firm      bool              // a tool was called or a code sent: only a person voids the plan
	Answered  bool              // the last message is an answer
	Resolved  bool              // a flow ended with what the visitor wanted
	Confirmed bool              // the visitor says that they were helped
	Feedback  thumb
}

// thumb is what a visitor says of the last answer.
type thumb int

const (
	noThumb thumb = iota
	thumbUp
	thumbDown
)

// cid names an event of the answer to the message at seq: the same answer has
// the same ids, whoever gives it.
func cid(part string, seq uint64) string { return fmt.Sprintf("%s-%d", part, seq) }

// answerCID is the id of the message that answers the one at seq, and of the
// deltas before it.
func answerCID(seq uint64) string { return cid("answer", seq) }

// sender is the bot in message ids.
const sender = "bot"

// events lists what to store, in order: what was understood, what is said, and
// the handoff. seq is that of the message that is answered, at the time now.
func (p *plan) events(conv string, seq uint64, from event.Actor, at time.Time) []event.Event {
	trace := p.Trace
	out := []event.Event{{Kind: event.KindBot, CID: cid("trace", seq), Bot: &trace}}
	for i, markdown := range p.Before {
		out = append(out, event.Event{
			Kind: event.KindMessage, CID: cid(fmt.Sprintf("say%d", i+1), seq), Text: markup.Text(markdown), HTML: markup.Render(markdown),
		})
	}
	if p.Rating > 0 {
		out = append(out, event.Event{Kind: event.KindRated, CID: cid("rated", seq), Rating: &event.Rating{Score: p.Rating}})
	}
	if p.Markdown != "" {
		out = append(out, event.Event{
			Kind: event.KindMessage, CID: answerCID(seq), Text: markup.Text(p.Markdown), HTML: markup.Render(p.Markdown),
			Choices: p.Choices, Sources: p.Sources,
		})
	}
	if p.Handoff != nil {
		out = append(out, event.Event{Kind: event.KindHandoff, CID: cid("handoff", seq), Handoff: p.Handoff})
	}
	for i := range out {
		out[i].Conv, out[i].At, out[i].From = conv, at, from
	}
	return out
}

// say sets the message and what the bot has asked with it.
func (t *turn) say(action, markdown string, next stage, choices ...event.Choice) {
	t.plan.Trace.Action = action
	t.plan.Markdown, t.plan.Choices = markdown, choices
	t.talk.Stage = next
	options := make([]option, len(choices))
	for i, c := range choices {
		options[i] = option{ID: c.ID, Label: c.Label}
		if known := slices.IndexFunc(t.talk.Options, func(o option) bool { return o.ID == c.ID }); known >= 0 {
			options[i] = t.talk.Options[known]
		}
	}
	t.talk.Options = options
}

// phrase says something in the bot's own words, with a way to a person.
func (t *turn) phrase(action, key string, next stage) {
	t.say(action, t.words(key), next, t.choices(choiceHuman)...)
}

// choice asks which of the options is meant.
func (t *turn) choice(action, key string, options []option) {
	t.talk.Options = options
	var choices []event.Choice
	for _, o := range options {
		choices = append(choices, event.Choice{ID: o.ID, Label: o.Label, Detail: o.Detail})
	}
	t.say(action, t.words(key), stageChoose, append(choices, t.choices(choiceNone, choiceHuman)...)...)
}

// answered says an answer and asks whether it was one.
func (t *turn) answered(action, markdown string) {
	t.talk.Others = nil
	t.plan.Answered = true
	t.say(action, markdown+"\n\n"+t.words("feedback"), stageFeedback, t.choices(choiceYes, choiceNo, choiceHuman)...)
}

// handOff passes the conversation to people, with a word about it. What comes
// of it is said by [turn.promise].
func (t *turn) handOff(reason, key string) {
	t.say(actHandoff, t.words(key), stageNone)
	t.facts = t.talk.facts()
	t.plan.Handoff = &event.Handoff{Reason: reason, Summary: t.talk.summary(), Skills: t.talk.Skills, Language: t.language}
	if reason == reasonAnger {
		t.plan.Handoff.Priority = 1
	}
	t.talk.enter(event.StateQueued)
}

// words is a phrase in the visitor's language.
func (t *turn) words(key string) string {
	return t.bot.phrases.say(t.language, key, t.last.Seq, "{name}", t.name)
}

func (t *turn) choices(ids ...string) []event.Choice {
	out := make([]event.Choice, len(ids))
	for i, id := range ids {
		out[i] = event.Choice{ID: id, Label: t.words("label_" + id)}
	}
	return out
}

// done closes the plan.
func (t *turn) done() plan {
	t.plan.Trace.Language, t.plan.Trace.Sentiment = t.language, string(t.read.Sentiment)
	t.plan.Trace.Flow, t.plan.Trace.Check = t.flowTrace(), t.talk.Checking.logged()
	t.plan.Trace.Model = t.brain.version
	t.talk.Pending = nil
	for _, markdown := range t.plan.Before {
		t.talk.remember(true, markup.Text(markdown))
	}
	t.talk.remember(true, markup.Text(t.plan.Markdown))
	t.plan.After = t.talk
	return t.plan
}

// label makes an intent's name readable: "change_address" is "Change address".
func label(name string) string {
	name = strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	runes := []rune(name)
	if len(runes) == 0 {
		return name
	}
	return strings.ToUpper(string(runes[:1])) + string(runes[1:])
}
