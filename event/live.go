package event

import "time"

// Ephemeral is a fact about a conversation that is never stored. Type is
// typing, read, delta or queue.
type Ephemeral struct {
	Type    string `json:"type"`
	Conv    string `json:"conv"`
	From    *Actor `json:"from,omitempty"`
	On      bool   `json:"on,omitempty"`      // typing
	Preview string `json:"preview,omitempty"` // typing: what the visitor has typed so far; agents only
	Seq     uint64 `json:"seq,omitempty"`     // read: all up to here was seen
	CID     string `json:"cid,omitempty"`     // delta: cid of the event that will replace it
	Text    string `json:"text,omitempty"`    // delta: the text to append

	Position     int `json:"position,omitempty"`      // queue
	ExpectedSecs int `json:"expected_secs,omitempty"` // queue
}

// Notice is a personal message to one agent's sockets. Type is offer,
// assigned, revoked, rights, article or presence.
type Notice struct {
	Type  string    `json:"type"`
	Agent string    `json:"agent"`
	Conv  string    `json:"conv,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Session limits NoticeRevoked to the sockets of one session or API token
	// (the viewer's Session); "" means every socket of the agent.
	Session string `json:"session,omitempty"`
	// What a NoticeArticle is about: the article's id and title, and the step of
	// its workflow, such as ask, return or approve; due when it should be read again.
	Article string `json:"article,omitempty"`
	Title   string `json:"title,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Types of [Notice].
const (
	NoticeRevoked  = "revoked"  // sessions or rights changed: sockets must authenticate again, at once
	NoticeRights   = "rights"   // rights were added: sockets should come back and have them read again; the session stands
	NoticeOffer    = "offer"    // a conversation is offered until Until
	NoticeAssigned = "assigned" // a conversation was assigned
	NoticeArticle  = "article"  // an article needs the agent, or goes on
)

// Presence is an agent's state, the value under the agent's id in the KV
// bucket presence. It expires 45 s after the last refresh.
type Presence struct {
	Agent    string    `json:"agent"`
	State    string    `json:"state"`              // online, away, busy, offline
	Capacity int       `json:"capacity,omitempty"` // 0: the account's own
	Since    time.Time `json:"since"`              // start of this state
}

// Presence states.
const (
	PresenceOnline  = "online"
	PresenceAway    = "away"
	PresenceBusy    = "busy"
	PresenceOffline = "offline"
)

// ConversationSummary is a row of an agent's list. It is projected, so it may
// be some milliseconds behind the log; Seq says up to where.
type ConversationSummary struct {
	ID           string     `json:"id"`
	Inbox        string     `json:"inbox"`
	State        State      `json:"state"`
	Contact      string     `json:"contact"`
	Visitor      string     `json:"visitor"`
	Name         string     `json:"name"` // of the contact
	Agent        string     `json:"agent,omitempty"`
	AgentName    string     `json:"agent_name,omitempty"`
	Team         string     `json:"team,omitempty"`
	Tags         []string   `json:"tags,omitempty"`
	Priority     int        `json:"priority,omitempty"`
	Preview      string     `json:"preview,omitempty"`      // start of the last message
	PreviewFrom  ActorKind  `json:"preview_from,omitempty"` // its author's kind
	Unread       int        `json:"unread"`                 // visitor messages after the agent's read mark
	Seq          uint64     `json:"seq"`
	OpenedAt     time.Time  `json:"opened_at"`
	LastAt       time.Time  `json:"last_at"`                 // last public message
	WaitingSince *time.Time `json:"waiting_since,omitempty"` // since when the visitor waits for a human
	SnoozedUntil *time.Time `json:"snoozed_until,omitempty"`
	Rating       int        `json:"rating,omitempty"`
}
