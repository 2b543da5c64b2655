package chaos

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Key names a command: a cid is unique for its sender.
type Key struct{ Sender, CID string }

// Ack is what the server promised: the command is stored at this place.
type Ack struct {
	Conv string
	Seq  uint64
	At   string
}

// Command is something that a client said, once or several times.
type Command struct {
	Key
	Conv, Text string
	Sent       time.Time // before its first try left
	Tries      int
	Acks       []Ack     // those that differ; more than one is a violation
	Acked      time.Time // when the first one came
}

// Event is an entry of a conversation as a reader received it or a store
// holds it.
type Event struct {
	Seq, Prev uint64
	Kind      string
	Sender    string // id of its author
	CID       string
	Text      string
	Internal  bool // for agents only
}

// View is one reader's conversation, or a store's copy of it.
type View struct {
	Reader string // for messages
	Conv   string
	Public bool // without what is for agents only
	Bare   bool // a store that keeps no prev
	Events []Event
}

// Violation is a broken promise.
type Violation struct {
	Kind         ViolationKind
	Conv, Reader string
	Detail       string
}

// ViolationKind says which promise.
type ViolationKind string

// The kinds of violations.
const (
	Lost      ViolationKind = "lost"      // acknowledged and not there
	Doubled   ViolationKind = "doubled"   // one command, two events
	Reordered ViolationKind = "reordered" // seq does not grow, or contradicts what a client saw first
	Hole      ViolationKind = "hole"      // prev is not the event before
	Differs   ViolationKind = "differs"   // two readers, two stories
	Altered   ViolationKind = "altered"   // not what was said
	Broken    ViolationKind = "broken"    // the protocol was not kept: a second answer, a refusal, a goodbye for ever
)

func (v Violation) String() string {
	return fmt.Sprintf("%-9s conversation %s, %s: %s", v.Kind, v.Conv, v.Reader, v.Detail)
}

// History is what all clients of a run know. It may be used by all of them at
// once.
type History struct {
	mu       sync.Mutex
	commands map[Key]*Command
	order    []*Command
	broken   []Violation
	acks     []time.Time // when an answer to a new command came
	back     map[string][]time.Time
	refusals map[string]int // by code
}

// NewHistory returns an empty history.
func NewHistory() *History {
	return &History{commands: map[Key]*Command{}, back: map[string][]time.Time{}, refusals: map[string]int{}}
}

// Say notes what a client is about to say.
func (h *History) Say(key Key, conv, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.commands[key] != nil {
		return
	}
	c := &Command{Key: key, Conv: conv, Text: text, Sent: time.Now()}
	h.commands[key] = c
	h.order = append(h.order, c)
}

// Try notes a try of a command, before it is sent, and returns its number.
func (h *History) Try(key Key) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.commands[key]
	c.Tries++
	return c.Tries
}

// Acknowledge notes an answer.
func (h *History) Acknowledge(key Key, ack Ack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.commands[key]
	if c == nil {
		h.broken = append(h.broken, Violation{Broken, ack.Conv, key.Sender, "an answer to " + key.CID + ", which nobody said"})
		return
	}
	if c.Acked.IsZero() {
		c.Acked = time.Now()
		h.acks = append(h.acks, c.Acked)
	}
	if !slices.Contains(c.Acks, ack) {
		c.Acks = append(c.Acks, ack)
	}
}

// Refused notes an error that asks to come again later.
func (h *History) Refused(code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refusals[code]++
}

// Break notes that the server did not keep the protocol.
func (h *History) Break(v Violation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = append(h.broken, v)
}

// Back notes that a client is connected and has read all it missed.
func (h *History) Back(client string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back[client] = append(h.back[client], time.Now())
}

// Commands returns copies of all commands in the order in which they were
// said.
func (h *History) Commands() []Command {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Command, len(h.order))
	for i, c := range h.order {
		out[i] = *c
	}
	return out
}

// Broken returns what clients complained of.
func (h *History) Broken() []Violation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.broken)
}

// Refusals returns how often a command was put off, by code.
func (h *History) Refusals() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.refusals)
}

// Silence is the longest time without an answer to anybody between the two
// instants.
func (h *History) Silence(from, to time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, longest := from, time.Duration(0)
	for _, at := range h.acks {
		if at.Before(from) {
			continue
		}
		if at.After(to) {
			break
		}
		longest = max(longest, at.Sub(last))
		last = at
	}
	return max(longest, to.Sub(last))
}

// Slowest is the longest time from a command's first try to its answer, of
// those said between the two instants.
func (h *History) Slowest(from, to time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	longest := time.Duration(0)
	for _, c := range h.order {
		if !c.Sent.Before(from) && c.Sent.Before(to) && !c.Acked.IsZero() {
			longest = max(longest, c.Acked.Sub(c.Sent))
		}
	}
	return longest
}

// AllBack is when the last of the clients was back for the first time after
// the instant; ok is false while one is away.
func (h *History) AllBack(clients []string, after time.Time) (at time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range clients {
		i := slices.IndexFunc(h.back[name], func(t time.Time) bool { return t.After(after) })
		if i < 0 {
			return at, false
		}
		if h.back[name][i].After(at) {
			at = h.back[name][i]
		}
	}
	return at, true
}
