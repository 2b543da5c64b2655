package event

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Kind says what a durable entry of a conversation is.
type Kind string

// The kinds of protocol version 1.
const (
	KindMessage     Kind = "message"     // somebody said something
	KindOpened      Kind = "opened"      // the conversation began; always its first event
	KindBot         Kind = "bot"         // what the bot understood and did; agents only
	KindHandoff     Kind = "handoff"     // a human is wanted: reason, skills
	KindQueued      Kind = "queued"      // waits for an agent
	KindOffered     Kind = "offered"     // offered to one agent until a deadline; agents only
	KindAssigned    Kind = "assigned"    // an agent has it
	KindDeclined    Kind = "declined"    // an offer was declined or ran out; agents only
	KindTransferred Kind = "transferred" // to another agent, team or back to the queue
	KindResolved    Kind = "resolved"
	KindReopened    Kind = "reopened"
	KindSnoozed     Kind = "snoozed" // until a time; agents only
	KindTagged      Kind = "tagged"  // the whole new set of tags; agents only
	KindEscalated   Kind = "escalated"
	KindRated       Kind = "rated"
	KindCall        Kind = "call"
	KindEdited      Kind = "edited"
	KindErased      Kind = "erased"
)

// Kinds lists every kind in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		KindMessage, KindOpened, KindBot, KindHandoff, KindQueued, KindOffered, KindAssigned, KindDeclined,
		KindTransferred, KindResolved, KindReopened, KindSnoozed, KindTagged, KindEscalated, KindRated, KindCall, KindEdited, KindErased,
	}
}

// ActorKind says who acted.
type ActorKind string

// The kinds of actors. A program with a machine token acts as an agent or as
// the system, as its role allows.
const (
	ActorVisitor ActorKind = "visitor"
	ActorAgent   ActorKind = "agent"
	ActorBot     ActorKind = "bot"
	ActorSystem  ActorKind = "system"
)

// Actor is the author of an event. Name is what others may see.
type Actor struct {
	Kind    ActorKind `json:"kind"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Program bool      `json:"program,omitempty"` // of kind agent, and not a person: it takes no conversation by answering
}

// State is where a conversation stands.
type State string

// The states of a conversation.
const (
	StateBot      State = "bot"      // the bot answers
	StateQueued   State = "queued"   // waits for a human
	StateAssigned State = "assigned" // an agent has it
	StateSnoozed  State = "snoozed"  // an agent has put it aside until a time or a new message
	StateResolved State = "resolved"
)

// Event is one durable entry of a conversation, as stored in JetStream. The
// flat JSON object it encodes to is what readers receive; Seq and Prev come
// from the broker and are not part of the stored bytes.
type Event struct {
	Conv string `json:"-"`
	Seq  uint64 `json:"-"` // stream sequence: the event's place in the conversation
	Prev uint64 `json:"-"` // sequence of the entry before it that the reader may see, 0 for the first

	At   time.Time `json:"at"` // RFC 3339 UTC, milliseconds
	CID  string    `json:"cid,omitempty"`
	From Actor     `json:"from"`
	Kind Kind      `json:"kind"`

	// KindMessage
	Text        string       `json:"text,omitempty"`
	HTML        string       `json:"html,omitempty"` // sanitised; only where the author wrote Markdown (bot, agent)
	Attachments []Attachment `json:"attachments,omitempty"`
	Choices     []Choice     `json:"choices,omitempty"` // quick replies
	Choice      string       `json:"choice,omitempty"`  // id of the quick reply this message answers
	Sources     []Source     `json:"sources,omitempty"`
	Note        bool         `json:"note,omitempty"` // internal: agents only
	ReplyTo     uint64       `json:"reply_to,omitempty"`
	Signed      string       `json:"signed,omitempty"` // of a visitor: the contact that the site had proved they are when they wrote this

	Opened   *Opened   `json:"opened,omitempty"`   // KindOpened
	Bot      *BotTrace `json:"bot,omitempty"`      // KindBot
	Handoff  *Handoff  `json:"handoff,omitempty"`  // KindHandoff
	Queued   *Queued   `json:"queued,omitempty"`   // KindQueued
	Assigned *Assigned `json:"assigned,omitempty"` // KindOffered, KindAssigned, KindDeclined, KindTransferred
	Until    time.Time `json:"until,omitzero"`     // KindSnoozed: wake up; KindOffered: deadline of the offer
	Tags     []string  `json:"tags,omitempty"`     // KindTagged: the whole new set
	Rating   *Rating   `json:"rating,omitempty"`   // KindRated
	Ticket   string    `json:"ticket,omitempty"`   // KindEscalated
	Target   uint64    `json:"target,omitempty"`   // KindEdited, KindErased: sequence of the message
	Reason   string    `json:"reason,omitempty"`   // KindResolved, KindReopened, KindTransferred, KindErased
}

// Opened is the body of the first event: who and where.
type Opened struct {
	Inbox    string            `json:"inbox"`
	Visitor  string            `json:"visitor"`
	Contact  string            `json:"contact"`
	State    State             `json:"state"`              // bot, or queued when the inbox has no bot
	Verified bool              `json:"verified,omitempty"` // the site had proved who the visitor is
	Locale   string            `json:"locale,omitempty"`
	Page     *Page             `json:"page,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"` // pre-chat form
}

// Page is the page of the customer's site that the visitor is on.
type Page struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

// Attachment refers to a stored file. URLs are signed per reader and are never
// part of an event: the reader asks for one by id.
type Attachment struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"` // by content, not by name
	Size   int64  `json:"size"` // bytes
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// Choice is a quick reply.
type Choice struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Detail string `json:"detail,omitempty"` // a line about it, plain text; drawn as a card
}

// Source is where an answer comes from.
type Source struct {
	Title   string `json:"title"`
	URL     string `json:"url"` // path of the public article, with the heading's anchor
	Article string `json:"article"`
	Snippet string `json:"snippet,omitempty"`
	// Audience is whom the article is for, "" for everybody: the address of any
	// other opens only for who is known to be one of them.
	Audience string `json:"audience,omitempty"`
}

// BotTrace says what the bot understood and did.
type BotTrace struct {
	Intent     string  `json:"intent,omitempty"`
	Confidence float64 `json:"confidence"` // calibrated, 0 … 1
	Action     string  `json:"action"`     // answer, intent, smalltalk, clarify, fallback, handoff, greeting, flow, verify, tool
	Sentiment  string  `json:"sentiment,omitempty"`
	Language   string  `json:"language,omitempty"`
	Micros     int64   `json:"micros"`          // time taken
	Model      int64   `json:"model,omitempty"` // version of the intents that had been learned; 0 where none were needed

	Flow   *BotFlow  `json:"flow,omitempty"`   // where the conversation stands in a guided flow after this
	Check  *BotCheck `json:"check,omitempty"`  // the visitor is asked who they are after this
	Proved *BotProof `json:"proved,omitempty"` // they have shown it just now
	Tool   *BotTool  `json:"tool,omitempty"`   // a tool was called; such an entry says nothing else
}

// BotCheck is a check by one-time code that is under way, for a personal tool.
// It is enough to go on from, by whoever has the key that codes are made of.
type BotCheck struct {
	Tool  string    `json:"tool"`
	Email string    `json:"email,omitempty"` // that the code was sent to; "" while it is asked for
	Seq   uint64    `json:"seq,omitempty"`   // sequence of the message after which the code was made
	Sent  time.Time `json:"sent,omitzero"`
	Tries int       `json:"tries,omitempty"` // wrong codes so far
}

// BotProof is an address that a visitor has read a code at.
type BotProof struct {
	Email string    `json:"email"`
	At    time.Time `json:"at"`
}

// BotFlow is the place of a conversation in a guided flow. It is enough to go on
// from.
type BotFlow struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Version int               `json:"version"`
	Block   string            `json:"block,omitempty"`  // that waits for the visitor
	Ended   string            `json:"ended,omitempty"`  // why it ended; "" while it goes on
	Values  map[string]string `json:"values,omitempty"` // attributes that were asked for or set
	Tries   int               `json:"tries,omitempty"`  // answers to the present question that were none
	Calls   int               `json:"calls,omitempty"`  // of tools and searches so far
	Run     uint64            `json:"run,omitempty"`    // sequence of the message that started it
	Prompt  uint64            `json:"prompt,omitempty"` // sequence of the message after which the question was asked
}

// BotTool is the record of a call of a tool.
type BotTool struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"` // ok, refused, failed, timeout, missing, invalid_input, invalid_output, forbidden, unverified
	By      string `json:"by"`      // flow or model
	Request string `json:"request"` // id that the tool was given
	Micros  int64  `json:"micros"`  // time taken
}

// Handoff asks for a human.
type Handoff struct {
	Reason   string         `json:"reason"` // requested, low_confidence, repeated_failure, anger, agent, error, no_bot
	Summary  string         `json:"summary,omitempty"`
	Skills   map[string]int `json:"skills,omitempty"` // skill → minimum level 1 … 5
	Language string         `json:"language,omitempty"`
	Priority int            `json:"priority,omitempty"` // higher is sooner; 0 is normal
	Team     string         `json:"team,omitempty"`
}

// Queued says why the conversation waits and how long that may take.
type Queued struct {
	Position     int    `json:"position,omitempty"`      // 1 is next
	ExpectedSecs int    `json:"expected_secs,omitempty"` // seconds, 0 when unknown
	Offline      string `json:"offline,omitempty"`       // nobody_online or outside_hours: the widget shows the offline form
	OpensAt      string `json:"opens_at,omitempty"`      // RFC 3339, with outside_hours
}

// Assigned names the agent or team of an offer, assignment, decline or
// transfer.
type Assigned struct {
	Agent string `json:"agent,omitempty"`
	Name  string `json:"name,omitempty"`
	Team  string `json:"team,omitempty"`
	Auto  bool   `json:"auto,omitempty"` // decided by routing, not by a person
}

// Rating is a visitor's verdict.
type Rating struct {
	Score   int    `json:"score"` // 1 … 5
	Comment string `json:"comment,omitempty"`
}

// Internal reports whether only agents may see the event.
func (e *Event) Internal() bool { return e.Note || InternalKind(e.Kind) }

// InternalKind reports whether every event of the kind is for agents only.
func InternalKind(k Kind) bool {
	switch k {
	case KindBot, KindOffered, KindDeclined, KindSnoozed, KindTagged, KindEscalated:
		return true
	}
	return false
}

// Names of the headers on stored events, so that a reader can decide without
// decoding the body.
const (
	HeaderKind     = "Kind"     // the Kind
	HeaderActor    = "Actor"    // <kind>.<id>
	HeaderInternal = "Internal" // "1" when only agents may see it
)

// MessageID is the Nats-Msg-Id by which a sender's command is stored once:
// <conv>:<sender>:<cid>.
func MessageID(conv, sender, cid string) string { return conv + ":" + sender + ":" + cid }

// Now is the time as events carry it: UTC, whole milliseconds.
func Now() time.Time { return Stamp(time.Now()) }

// Stamp is a time as events carry it, for who has a clock of their own.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// AppendFrame appends the frame that a reader receives for a stored event:
// {"type":"event","conv":…,"seq":…,"prev":…, and the stored object's fields.
// body must be a non-empty JSON object as made by [Event.Encode].
func AppendFrame(dst []byte, conv string, seq, prev uint64, body []byte) []byte {
	dst = append(dst, `{"type":"event",`...)
	return appendPlace(dst, conv, seq, prev, body)
}

// AppendEntry appends an event as an element of a page: like [AppendFrame]
// without the type.
func AppendEntry(dst []byte, conv string, seq, prev uint64, body []byte) []byte {
	return appendPlace(append(dst, '{'), conv, seq, prev, body)
}

func appendPlace(dst []byte, conv string, seq, prev uint64, body []byte) []byte {
	dst = append(dst, `"conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"prev":`...)
	dst = strconv.AppendUint(dst, prev, 10)
	dst = append(dst, ',')
	return append(dst, body[1:]...)
}

// ActorHeader is the value of [HeaderActor].
func ActorHeader(a Actor) string { return string(a.Kind) + "." + a.ID }

// ActorHeaderKind reads the kind from a value of [HeaderActor].
func ActorHeaderKind(header string) ActorKind {
	kind, _, _ := strings.Cut(header, ".")
	return ActorKind(kind)
}

// SenderKey is the sender's part of [MessageID]: unique over all kinds.
func SenderKey(a Actor) string { return strings.ToLower(string(a.Kind)) + "-" + a.ID }

// Entry is a stored event as the log hands it to one audience: Prev is the
// sequence of the entry before it that this audience may see.
type Entry struct {
	Seq, Prev uint64
	Internal  bool
	Kind      Kind
	Body      []byte // as stored, see [Event.Encode]
}

// PublicBody is the stored object as visitors may see it: what an agent alone
// should read is taken out of kinds that visitors see too. Most bodies come
// back as they are.
func PublicBody(kind Kind, body []byte) []byte {
	if kind != KindHandoff && kind != KindResolved && kind != KindTransferred {
		return body
	}
	var e Event
	if json.Unmarshal(body, &e) != nil {
		return body
	}
	e.Reason = ""
	if e.Handoff != nil {
		e.Handoff = &Handoff{Language: e.Handoff.Language}
	}
	public, err := e.Encode()
	if err != nil {
		return body
	}
	return public
}
