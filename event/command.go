package event

import (
	"encoding/json"
	"time"
)

// Command is an action on a conversation: the protocol's act.
type Command struct {
	CID    string          `json:"cid"`
	Conv   string          `json:"conv"`
	Action string          `json:"action"`
	Args   json.RawMessage `json:"args,omitempty"` // by action, see ActArgs
}

// Actions of a Command.
const (
	ActAssign   = "assign"   // args.agent or args.team; "" unassigns to the queue
	ActTransfer = "transfer" // args.agent or args.team, args.reason
	ActAccept   = "accept"   // an offer
	ActDecline  = "decline"  // an offer
	ActResolve  = "resolve"  // args.reason
	ActReopen   = "reopen"
	ActSnooze   = "snooze"  // args.until
	ActTag      = "tag"     // args.tags: the whole new set
	ActHandoff  = "handoff" // args.reason, args.team, args.skills
	ActRate     = "rate"    // args.score, args.comment
	ActEscalate = "escalate"
)

// ActArgs are the arguments of all actions in one flat object.
type ActArgs struct {
	Agent   string    `json:"agent,omitempty"`
	Team    string    `json:"team,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Tags    []string  `json:"tags,omitempty"`
	Score   int       `json:"score,omitempty"`
	Comment string    `json:"comment,omitempty"`

	Skills map[string]int `json:"skills,omitempty"` // skill → minimum level 1 … 5
}

// Receipt is the answer to a stored command: the protocol's ack.
type Receipt struct {
	CID  string    `json:"cid"`
	Conv string    `json:"conv"`
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`
}
