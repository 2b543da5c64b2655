package bot

import (
	"cmp"
	"strings"

	"parley/event"
	"parley/internal/markup"
)

// talk is what the bot remembers of a conversation. It is a fold of the
// conversation's events, with what the bot decided kept beside.
type talk struct {
	Conv string `json:"-"`
	Seq  uint64 `json:"-"` // events up to here are dealt with
	// Editions were those when this was read: what answers must know them.
	Editions editions `json:"-"`

	State    event.State `json:"state"`
	Inbox    string      `json:"inbox,omitempty"`
	Locale   string      `json:"locale,omitempty"`   // of the visitor's browser, BCP 47
	Language string      `json:"language,omitempty"` // of their last message that told one

	Pending  []said         `json:"pending,omitempty"`  // what the visitor said and nobody has answered
	Stage    stage          `json:"stage,omitempty"`    // what the bot asked last
	Failures int            `json:"failures,omitempty"` // times in a row that it could not help
	Upset    int            `json:"upset,omitempty"`    // messages that showed frustration
	Options  []option       `json:"options,omitempty"`  // quick replies that mean something
	Others   []option       `json:"others,omitempty"`   // what else might have answered the last question
	Skills   map[string]int `json:"skills,omitempty"`   // of the last intent, for a handoff
	Question string         `json:"question,omitempty"` // last one that was searched for
	Searched string         `json:"searched,omitempty"` // id under which that search was recorded
	Lines    []line         `json:"lines,omitempty"`    // the end of the dialogue
	Tokens   int            `json:"tokens,omitempty"`   // of the language model, used so far

	Contact  string    `json:"contact,omitempty"`
	Verified bool      `json:"verified,omitempty"` // the site had proved who the visitor is when they opened it
	Signed   string    `json:"signed,omitempty"`   // contact that the writer of the last message was proved to be; "" for none
	Flow     *guided   `json:"flow,omitempty"`     // that is gone through
	Checking *checking `json:"checking,omitempty"` // the visitor is asked for a one-time code
	Proved   *proved   `json:"proved,omitempty"`   // by such a code
	Source   string    `json:"source,omitempty"`   // of the last answer: intent:, article: or flow: and an id
	Note     string    `json:"note,omitempty"`     // of a flow, for the handoff's summary
}

// said is a visitor's message.
type said struct {
	Seq    uint64 `json:"seq"`
	Text   string `json:"text,omitempty"`
	Choice string `json:"choice,omitempty"` // id of the quick reply it answers
	Files  int    `json:"files,omitempty"`
}

// stage is what the bot's last message asked.
type stage string

const (
	stageNone     stage = ""
	stageFeedback stage = "feedback" // did that answer your question?
	stageRephrase stage = "rephrase" // could you say it in other words?
	stageChoose   stage = "choose"   // did you mean one of these?
	stageOffer    stage = "offer"    // do you want a person?
)

// option is a quick reply with what it stands for.
type option struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Intent string `json:"intent,omitempty"` // answer of this intent
	Query  string `json:"query,omitempty"`  // answer of Article to this question
	URL    string `json:"url,omitempty"`
	Detail string `json:"detail,omitempty"` // under the label, when it is offered
}

// line is a message of the dialogue, shortened.
type line struct {
	Bot   bool   `json:"bot,omitempty"`
	Agent bool   `json:"agent,omitempty"` // only where a whole conversation is read
	Note  bool   `json:"note,omitempty"`  // an agent's, for agents
	Text  string `json:"text"`
}

// who names the author to the language model.
func (l *line) who() string {
	switch {
	case l.Note:
		return "note of an agent"
	case l.Agent:
		return "agent"
	case l.Bot:
		return "assistant"
	}
	return "visitor"
}

const (
	maxLines   = 8
	maxLine    = 400 // runes
	maxPending = 10  // messages; of more, the last ones are read
)

// apply folds the next event in. The bot's own messages are folded by the
// decision that made them, except when the talk is rebuilt from the log.
func (t *talk) apply(e *event.Event) {
	t.Seq = e.Seq
	switch e.Kind {
	case event.KindOpened:
		if o := e.Opened; o != nil && t.State == "" {
			t.Inbox, t.Locale = o.Inbox, o.Locale
			t.Contact, t.Verified = o.Contact, o.Verified
			t.enter(o.State)
		}
	case event.KindMessage:
		t.say(e)
	case event.KindBot:
		if e.Bot != nil && e.Bot.Tool == nil && e.From.Kind == event.ActorBot {
			t.resume(e.Bot)
		}
	case event.KindHandoff, event.KindQueued:
		t.enter(event.StateQueued)
	case event.KindAssigned:
		t.enter(event.StateAssigned)
	case event.KindTransferred:
		t.enter(event.StateQueued)
		if e.Assigned != nil && e.Assigned.Agent != "" {
			t.enter(event.StateAssigned)
		}
	case event.KindSnoozed:
		t.enter(event.StateSnoozed)
	case event.KindResolved:
		t.enter(event.StateResolved)
	case event.KindReopened:
		switch {
		case e.Assigned != nil && e.Assigned.Agent != "":
			t.enter(event.StateAssigned)
		case e.Queued != nil:
			t.enter(event.StateQueued)
		default:
			t.enter(event.StateBot)
		}
	}
}

func (t *talk) say(e *event.Event) {
	if e.Note {
		return
	}
	text := strings.ReplaceAll(e.Text, "\x00", "") // PostgreSQL's JSON cannot hold it
	switch e.From.Kind {
	case event.ActorVisitor:
		t.remember(false, text)
		t.Signed = e.Signed
		if t.State == event.StateBot || t.State == event.StateResolved {
			t.Pending = append(t.Pending, said{Seq: e.Seq, Text: text, Choice: strings.ReplaceAll(e.Choice, "\x00", ""), Files: len(e.Attachments)})
			t.Pending = t.Pending[max(0, len(t.Pending)-maxPending):]
		}
	case event.ActorBot:
		t.remember(true, text)
		t.Pending = nil
	case event.ActorAgent:
		if !e.From.Program && (t.State == event.StateBot || t.State == event.StateQueued) {
			t.enter(event.StateAssigned) // chat assigns it to them at this moment
		}
	}
}

// enter begins a state. A message that waits for an answer waits for the bot
// only: in a closed conversation it is what reopens it.
func (t *talk) enter(state event.State) {
	if state != event.StateBot && state != event.StateResolved {
		t.Pending = nil
	}
	if state != t.State {
		t.Stage, t.Failures, t.Upset, t.Options, t.Others = stageNone, 0, 0, nil, nil
		t.Flow, t.Checking, t.Note = nil, nil, ""
	}
	t.State = state
}

func (t *talk) remember(bot bool, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	t.Lines = append(t.Lines, line{Bot: bot, Text: markup.Cut(text, maxLine)})
	t.Lines = t.Lines[max(0, len(t.Lines)-maxLines):]
}

// signedIn is the contact that the visitor's site has proved them to be, ""
// while it has not. It goes by who wrote the last message: who signs in in the
// middle of a conversation is known from then on, and who shares the browser
// with them and has not signed in is not. A conversation that was opened signed
// in belongs to that contact whatever is written in it.
func (t *talk) signedIn() string {
	switch {
	case t.Signed != "":
		return t.Signed
	case t.Verified:
		return t.Contact
	}
	return ""
}

// person is the contact of whoever writes.
func (t *talk) person() string { return cmp.Or(t.Signed, t.Contact) }

// waits reports whether a message waits for the bot's answer.
func (t *talk) waits() bool { return t.State == event.StateBot && len(t.Pending) > 0 }

// ledByPeople reports whether what the visitor says is for people. In a closed
// conversation it reopens it, which may be to the bot.
func (t *talk) ledByPeople() bool {
	return t.State == event.StateQueued || t.State == event.StateAssigned || t.State == event.StateSnoozed
}

// language returns the language to answer in.
func (t *talk) language() string {
	if t.Language != "" {
		return t.Language
	}
	return primary(t.Locale)
}

// facts is what a flow has noted and asked for, in lines.
func (t *talk) facts() string {
	facts := ""
	if t.Note != "" {
		facts = t.Note + "\n"
	}
	if t.Flow != nil {
		facts += t.Flow.collected()
	}
	return facts
}

// summary tells an agent in a few lines what was said.
func (t *talk) summary() string {
	const lines = 4
	var b strings.Builder
	b.WriteString(t.facts())
	for _, l := range t.Lines[max(0, len(t.Lines)-lines):] {
		who := "Visitor: "
		if l.Bot {
			who = "Bot: "
		}
		b.WriteString(who + markup.Cut(strings.Join(strings.Fields(l.Text), " "), 160) + "\n")
	}
	return strings.TrimSpace(b.String())
}
