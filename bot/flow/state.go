package flow

import "maps"

const (
	// MaxSteps bounds the blocks that run between two messages of the visitor.
	MaxSteps = 50
	// MaxCalls bounds the tools and searches between two messages.
	MaxCalls = 6

	defaultAttempts = 2
	maxValue        = 2000 // characters of an attribute
)

// Wait says what a flow waits for.
type Wait string

// What a flow waits for.
const (
	ForNothing Wait = ""        // it is to run on
	ForVisitor Wait = "visitor" // an answer
	ForResult  Wait = "result"  // of the Call
)

// State is where a conversation stands in a flow. It is small, encodes to JSON
// and is all that is kept.
type State struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"`
	Block   string `json:"block"`
	Wait    Wait   `json:"wait,omitempty"`

	Values  map[string]string `json:"values,omitempty"`  // attributes set so far
	Said    string            `json:"said,omitempty"`    // {message}: what the visitor said last
	Opening string            `json:"opening,omitempty"` // the message that started the flow, until something was asked
	Tries   int               `json:"tries,omitempty"`   // answers to the present question that were none
	Steps   int               `json:"steps,omitempty"`   // blocks run since the visitor spoke
	Asked   int               `json:"asked,omitempty"`   // calls since then
	Calls   int               `json:"calls,omitempty"`   // calls in all
}

// Begin is the state of a conversation that starts the flow with a message.
func Begin(f *Flow, message string) State {
	message = cut(message)
	return State{Flow: f.ID, Version: f.Version, Block: f.Start, Said: message, Opening: message}
}

func (s State) clone() State {
	s.Values = maps.Clone(s.Values)
	return s
}

// Input is what happened since the last step: the visitor said something, a call
// was answered, or neither (the flow begins).
type Input struct {
	Answer   *Answer
	Result   *Result
	Known    map[string]string // attributes from outside the flow: of the contact
	Language string            // of the visitor
}

// Answer is what the visitor said.
type Answer struct {
	Text   string
	Choice string // id of the option that was clicked; "" for words
}

// Result answers a [Call].
type Result struct {
	OK     bool
	Fields map[string]string // of a tool, by the names that Call.Save has
}

// Message is something to say.
type Message struct {
	Block   string
	Text    string // Markdown
	Choices []Choice
}

// Choice is a button under a message.
type Choice struct {
	ID    string // of the option
	Label string
}

// Call is something that the caller does for the flow.
type Call struct {
	Block string
	N     int            // counts the calls of this conversation's flow, from 1
	Tool  string         // its name; "" for a search
	Input map[string]any // of the tool
	Save  []string       // fields of its result that are wanted
	Query string         // of the search; its answer is said by the caller
}

// HandOver asks for a person.
type HandOver struct {
	Reason  string
	Skills  map[string]int
	Ticket  *NewTicket // nil for none
	Message bool       // the flow has said why itself
}

// NewTicket is what a ticket block asks for.
type NewTicket struct {
	Subject  string
	Priority string // low, normal, high or urgent
}

// Why a flow ended, beside the outcomes of end blocks.
const (
	EndedHandoff = "handoff"
	EndedTicket  = "ticket"
	EndedOut     = "ended" // ran out of blocks, or an end block without an outcome
	EndedBroken  = "error" // the definition cannot go on; a person must
)

// Output of a step. Exactly one of Call, Ended and a state that waits for the
// visitor says how it goes on.
type Output struct {
	State    State
	Messages []Message
	Call     *Call
	Set      map[string]string // attributes that were asked for or set in this step
	Rating   int               // 1 … 5; 0 for none
	HandOver *HandOver
	Ended    string
	Trace    []string // ids of the blocks that ran
}

// Reasons of a hand-over that the author has not given.
const (
	reasonFlow   = "flow"
	reasonTicket = "ticket"
	reasonStuck  = "repeated_failure" // a question was not answered
	reasonBroken = "error"
)
