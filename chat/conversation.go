package chat

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/event"
	"parley/internal/auth"
)

// Conversation is what the events of a conversation add up to. It is a fold:
// the same events give the same Conversation, in PostgreSQL's row, in another
// process and after a rebuild.
type Conversation struct {
	ID      string            `json:"id"`
	Inbox   string            `json:"inbox"`
	Visitor string            `json:"visitor"`
	Contact string            `json:"contact"`
	Name    string            `json:"name"` // the visitor's, as last given
	Locale  string            `json:"locale"`
	Page    *event.Page       `json:"page"`
	Fields  map[string]string `json:"fields"` // of the pre-chat form

	State        event.State `json:"state"`     // "" before the first event
	StateSeq     uint64      `json:"state_seq"` // of the event that led to the present state, agent or queue
	Agent        string      `json:"agent"`     // the assignee; kept while snoozed and resolved
	AgentName    string      `json:"agent_name"`
	Team         string      `json:"team"`
	HadAgent     bool        `json:"had_agent"`              // a person had it once
	Offered      string      `json:"offered"`                // agent it is offered to
	OfferedUntil time.Time   `json:"offered_until,omitzero"` // deadline of that offer

	Tags     []string `json:"tags"`
	Priority int      `json:"priority"`
	Rating   int      `json:"rating"` // 1 … 5, 0 when the visitor has not rated

	Preview      string          `json:"preview"` // start of the last public message, one line
	PreviewFrom  event.ActorKind `json:"preview_from"`
	Unread       int             `json:"unread"`     // visitor messages after AgentRead
	AgentRead    uint64          `json:"agent_read"` // all up to here was seen by an agent
	Seq          uint64          `json:"seq"`        // of the last event
	OpenedAt     time.Time       `json:"opened_at"`
	LastAt       time.Time       `json:"last_at"`                // last public message, or the opening
	ActiveAt     time.Time       `json:"active_at"`              // last event of any kind
	WaitingSince time.Time       `json:"waiting_since,omitzero"` // since when the visitor waits for a person; zero when they do not
	SnoozedUntil time.Time       `json:"snoozed_until,omitzero"`
}

const previewRunes = 140

// Apply folds the next event in. Events come in the order of their sequence;
// one that cannot follow is folded all the same, because the log is the truth.
func (c *Conversation) Apply(e *event.Event) {
	c.Seq, c.ActiveAt = e.Seq, e.At
	switch e.Kind {
	case event.KindOpened:
		if c.State == "" { // a second opening cannot change whose the conversation is
			c.open(e)
		}
	case event.KindMessage:
		c.say(e)
	case event.KindHandoff:
		if h := e.Handoff; h != nil {
			c.Priority = h.Priority
			c.Team = h.Team
		}
		c.queue(e)
	case event.KindQueued:
		if c.State != event.StateQueued {
			c.queue(e)
		}
	case event.KindOffered:
		if e.Assigned != nil {
			c.Offered, c.OfferedUntil = e.Assigned.Agent, e.Until
		}
	case event.KindDeclined:
		c.Offered, c.OfferedUntil = "", time.Time{}
	case event.KindAssigned:
		c.assign(e)
	case event.KindTransferred:
		c.transfer(e)
	case event.KindSnoozed:
		c.enter(event.StateSnoozed, e)
		c.SnoozedUntil, c.WaitingSince = e.Until, time.Time{}
	case event.KindResolved:
		c.enter(event.StateResolved, e)
		c.WaitingSince = time.Time{}
		if e.From.Kind == event.ActorAgent {
			c.AgentRead, c.Unread = e.Seq, 0
		}
	case event.KindReopened:
		c.reopen(e)
	case event.KindTagged:
		c.Tags = slices.Clone(e.Tags)
	case event.KindRated:
		if e.Rating != nil {
			c.Rating = e.Rating.Score
		}
	}
}

func (c *Conversation) open(e *event.Event) {
	c.ID, c.OpenedAt, c.LastAt = e.Conv, e.At, e.At
	if e.From.Kind == event.ActorVisitor {
		c.Name = e.From.Name
	}
	if o := e.Opened; o != nil {
		c.Inbox, c.Visitor, c.Contact = o.Inbox, o.Visitor, o.Contact
		c.Locale, c.Page, c.Fields = o.Locale, o.Page, o.Fields
		if o.State == event.StateBot {
			c.enter(event.StateBot, e)
			return
		}
	}
	c.queue(e)
}

func (c *Conversation) say(e *event.Event) {
	if e.Note {
		return
	}
	c.LastAt, c.Preview, c.PreviewFrom = e.At, preview(e), e.From.Kind
	switch e.From.Kind {
	case event.ActorVisitor:
		if e.From.Name != "" {
			c.Name = e.From.Name
		}
		if e.Seq > c.AgentRead {
			c.Unread++
		}
		if c.WaitingSince.IsZero() && c.State != event.StateBot && c.State != event.StateResolved {
			c.WaitingSince = e.At
		}
	case event.ActorAgent:
		// Who answers has read.
		c.AgentRead, c.Unread, c.WaitingSince = e.Seq, 0, time.Time{}
	}
}

// enter begins a state. What belonged to the one before ends.
func (c *Conversation) enter(s event.State, e *event.Event) {
	c.State, c.StateSeq = s, e.Seq
	c.Offered, c.OfferedUntil, c.SnoozedUntil = "", time.Time{}, time.Time{}
}

func (c *Conversation) queue(e *event.Event) {
	c.enter(event.StateQueued, e)
	c.Agent, c.AgentName = "", ""
	if c.WaitingSince.IsZero() {
		c.WaitingSince = e.At
	}
}

func (c *Conversation) assign(e *event.Event) {
	c.enter(event.StateAssigned, e)
	if a := e.Assigned; a != nil {
		c.Agent, c.AgentName, c.HadAgent = a.Agent, a.Name, true
		if a.Team != "" {
			c.Team = a.Team
		}
	}
}

func (c *Conversation) transfer(e *event.Event) {
	if e.Assigned != nil && e.Assigned.Agent != "" {
		c.assign(e)
		return
	}
	c.Team = ""
	if e.Assigned != nil {
		c.Team = e.Assigned.Team
	}
	c.queue(e)
}

// reopen reads where the conversation goes from the event itself: to an agent,
// to the queue, or back to the bot.
func (c *Conversation) reopen(e *event.Event) {
	switch {
	case e.Assigned != nil && e.Assigned.Agent != "":
		c.assign(e)
	case e.Queued != nil:
		c.queue(e)
	default:
		c.enter(event.StateBot, e)
		c.Agent, c.AgentName, c.WaitingSince = "", "", time.Time{}
	}
}

// reopened is the event that brings a closed or snoozed conversation back: to
// the agent who had it when keep says they are there, to the bot when no person
// ever had it and the inbox has one, else to the queue.
func (c *Conversation) reopened(inbox *event.Inbox, keep bool) event.Event {
	e := event.Event{Conv: c.ID, Kind: event.KindReopened}
	switch {
	case c.Agent != "" && keep:
		e.Assigned = &event.Assigned{Agent: c.Agent, Name: c.AgentName, Team: c.Team}
	case !c.HadAgent && inbox.Bot:
	default:
		e.Queued = &event.Queued{}
		if c.Team != "" {
			e.Assigned = &event.Assigned{Team: c.Team}
		}
	}
	return e
}

// Subject is what authorisation needs to know of the conversation.
func (c *Conversation) Subject() auth.Subject {
	return auth.Subject{Conv: c.ID, Inbox: c.Inbox, Visitor: c.Visitor, Contact: c.Contact, Agent: c.Agent, Team: c.Team}
}

// preview is the first line that a list shows of a message.
func preview(e *event.Event) string {
	text := strings.Join(strings.Fields(e.Text), " ")
	if text == "" && len(e.Attachments) > 0 {
		text = e.Attachments[0].Name
	}
	return clip(text, previewRunes)
}

// clip cuts text after n runes.
func clip(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:n-1]) + "…"
}
