package event

import "time"

// What other systems may rely on, in the stream EVENTS as CloudEvents 1.0 in
// binary mode. Fields are added, never renamed.

// ConversationFact is the data of evt.conversation.<fact>.<inbox>, see
// [PublicConversationSubject]. The facts are opened, message, handoff, queued,
// assigned, transferred, resolved, reopened, tagged and rated; notes and the
// bot's reasoning are never among them.
type ConversationFact struct {
	Conversation string    `json:"conversation"`
	Seq          uint64    `json:"seq"` // place in the conversation: order by it
	At           time.Time `json:"at"`
	Inbox        string    `json:"inbox"`
	Visitor      string    `json:"visitor"`
	Contact      string    `json:"contact"` // as the conversation was opened; evt.contact.merged says whom it was merged into
	From         Actor     `json:"from"`

	State       State             `json:"state,omitempty"` // opened: bot or queued
	Page        *Page             `json:"page,omitempty"`
	Fields      map[string]string `json:"fields,omitempty"` // of the pre-chat form
	Text        string            `json:"text,omitempty"`
	Attachments []Attachment      `json:"attachments,omitempty"`
	Agent       string            `json:"agent,omitempty"` // assigned, transferred, reopened
	AgentName   string            `json:"agent_name,omitempty"`
	Team        string            `json:"team,omitempty"`
	Reason      string            `json:"reason,omitempty"` // handoff, transferred, resolved, reopened
	Tags        []string          `json:"tags,omitempty"`
	Rating      *Rating           `json:"rating,omitempty"`
}

// ContactFact is the data of evt.contact.<fact>, see [PublicContactSubject]. The
// facts are those of [Change] on [PeopleSubject]: created, updated, merged and
// erased.
type ContactFact struct {
	Contact string    `json:"contact"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`     // who of the staff, or which program; "" is the contact's own site or page
	Into    string    `json:"into,omitempty"`   // merged: the contact that remains
	Person  *Contact  `json:"person,omitempty"` // created and updated: all that is known now
}

// PublicConversationSubject is where a public fact about a conversation goes:
// evt.conversation.<fact>.<inbox>. The inbox is in the subject so that another
// company's program can be limited to the inboxes it serves.
func PublicConversationSubject(fact, inbox string) string {
	return PublicSubject("conversation", fact+"."+inbox)
}

// PublicContactSubject is where a public fact about a contact goes:
// evt.contact.<fact>. A contact may have been in several inboxes, so these are
// for programs that may follow all of them.
func PublicContactSubject(fact string) string { return PublicSubject("contact", fact) }

// CloudEvent holds the required attributes of a CloudEvent and those that all of
// ours have. Its id is also the message id.
type CloudEvent struct {
	ID      string
	Source  string // a path: /inboxes/<inbox>, /contacts
	Type    string // parley.<domain>.<fact>
	Subject string // what it is about: a conversation, a contact
	Time    time.Time
}

// Header is the event in binary mode: NATS protocol binding 1.0.3, section 3.1.
func (c CloudEvent) Header() map[string]string {
	return map[string]string{
		"ce-specversion": "1.0", "ce-id": c.ID, "ce-source": c.Source, "ce-type": c.Type, "ce-subject": c.Subject,
		"ce-time": c.Time.Format(time.RFC3339Nano), "ce-datacontenttype": "application/json",
	}
}
