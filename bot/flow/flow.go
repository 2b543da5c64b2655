package flow

// Flow is a definition. JSON and YAML use the same names.
type Flow struct {
	ID          string   `json:"id" yaml:"id,omitempty"`
	Name        string   `json:"name" yaml:"name"`
	Description string   `json:"description" yaml:"description,omitempty"`
	Enabled     bool     `json:"enabled" yaml:"enabled"`               // the bot starts it, once it is published
	InboxIDs    []string `json:"inbox_ids" yaml:"inbox_ids,omitempty"` // where; empty for all inboxes
	Version     int      `json:"version" yaml:"version,omitempty"`     // counts the changes, from 1
	Trigger     Trigger  `json:"trigger" yaml:"trigger"`               // what starts it
	Start       string   `json:"start" yaml:"start"`                   // id of the first block
	Blocks      []Block  `json:"blocks" yaml:"blocks"`
}

// Trigger says what starts a flow.
type Trigger struct {
	Intents   []string   `json:"intents" yaml:"intents,omitempty"`     // names or ids of intents
	Phrases   []string   `json:"phrases" yaml:"phrases,omitempty"`     // words that a message has beside each other, in this order
	Proactive *Proactive `json:"proactive" yaml:"proactive,omitempty"` // nil: visitors are not spoken to first
}

// Proactive is when the widget speaks first on a customer's page. It is silent
// while a conversation is open, outside business hours and while the queue is
// long.
type Proactive struct {
	Pages      []string `json:"pages" yaml:"pages,omitempty"`             // patterns of paths (/pricing*) or of whole addresses; * is any text; none means all pages
	Seconds    int      `json:"seconds" yaml:"seconds,omitempty"`         // on the page before it speaks
	Visits     int      `json:"visits" yaml:"visits,omitempty"`           // from which visit of the site on; 0 and 1 are the first. A visit ends after 30 minutes without a page
	EveryHours int      `json:"every_hours" yaml:"every_hours,omitempty"` // the same browser hears it again after so many hours; 0 means 24
	MaxQueue   int      `json:"max_queue" yaml:"max_queue,omitempty"`     // silent while more conversations wait for people; 0 means 5
	AnyTime    bool     `json:"any_time" yaml:"any_time,omitempty"`       // also outside business hours
	Message    string   `json:"message" yaml:"message"`                   // what it says, plain text
	Reply      string   `json:"reply" yaml:"reply"`                       // on the button; the visitor's first message, which starts the flow
}

// Type says what a block does.
type Type string

// The types of blocks.
const (
	Say     Type = "say"     // says Text
	Ask     Type = "ask"     // asks Text and stores the answer in Attribute
	Choose  Type = "choose"  // asks Text with Options as buttons
	Branch  Type = "branch"  // goes to the first case that holds, or Else
	Set     Type = "set"     // stores Value in Attribute
	Tool    Type = "tool"    // calls Tool with Input and stores what Save names
	Search  Type = "search"  // answers Query from the articles, or goes to Else
	Handoff Type = "handoff" // hands over to a person; ends the flow
	Ticket  Type = "ticket"  // hands over with the reason ticket; ends the flow
	Rate    Type = "rate"    // asks for 1 to 5
	End     Type = "end"     // ends the flow
)

// Types lists every type.
func Types() []Type {
	return []Type{Say, Ask, Choose, Branch, Set, Tool, Search, Handoff, Ticket, Rate, End}
}

// Waits reports whether a block waits for the visitor.
func (t Type) Waits() bool { return t == Ask || t == Choose || t == Rate }

// ends reports whether a block ends the flow.
func (t Type) ends() bool { return t == Handoff || t == Ticket || t == End }

// Block is a step. Which fields it has depends on its type. Next "" ends the
// flow; Else "" hands over to a person.
type Block struct {
	ID   string `json:"id" yaml:"id"`
	Type Type   `json:"type" yaml:"type"`

	Text      string            `json:"text,omitempty" yaml:"text,omitempty"`           // Markdown with {attribute}
	Attribute string            `json:"attribute,omitempty" yaml:"attribute,omitempty"` // ask, set, rate
	Expect    *Expect           `json:"expect,omitempty" yaml:"expect,omitempty"`       // ask; nil takes any text
	Invalid   string            `json:"invalid,omitempty" yaml:"invalid,omitempty"`     // ask, choose: said to an answer that is none; "" repeats Text
	Attempts  int               `json:"attempts,omitempty" yaml:"attempts,omitempty"`   // ask, choose, rate: answers that may be none; 0 means 2
	Options   []Option          `json:"options,omitempty" yaml:"options,omitempty"`     // choose
	Cases     []Case            `json:"cases,omitempty" yaml:"cases,omitempty"`         // branch
	Value     string            `json:"value,omitempty" yaml:"value,omitempty"`         // set
	Tool      string            `json:"tool,omitempty" yaml:"tool,omitempty"`           // tool: its name
	Input     map[string]any    `json:"input,omitempty" yaml:"input,omitempty"`         // tool: texts may have {attribute}
	Save      map[string]string `json:"save,omitempty" yaml:"save,omitempty"`           // tool: field of the result → attribute
	Query     string            `json:"query,omitempty" yaml:"query,omitempty"`         // search; "" is {message}
	Reason    string            `json:"reason,omitempty" yaml:"reason,omitempty"`       // handoff
	Skills    map[string]int    `json:"skills,omitempty" yaml:"skills,omitempty"`       // handoff: skill → minimum level 1 … 5
	Subject   string            `json:"subject,omitempty" yaml:"subject,omitempty"`     // ticket
	Priority  string            `json:"priority,omitempty" yaml:"priority,omitempty"`   // ticket: low, normal, high or urgent
	Outcome   string            `json:"outcome,omitempty" yaml:"outcome,omitempty"`     // end: resolved, abandoned or ""

	Next string `json:"next,omitempty" yaml:"next,omitempty"`
	Else string `json:"else,omitempty" yaml:"else,omitempty"`
}

// Option is a button of a choose block.
type Option struct {
	ID    string `json:"id" yaml:"id"`
	Label string `json:"label" yaml:"label"`
	Next  string `json:"next,omitempty" yaml:"next,omitempty"` // "" is the block's Next
}

// Case is a way out of a branch block.
type Case struct {
	If   Condition `json:"if" yaml:"if"`
	Next string    `json:"next,omitempty" yaml:"next,omitempty"`
}

// Condition compares an attribute.
type Condition struct {
	Attribute string `json:"attribute" yaml:"attribute"`
	Is        string `json:"is" yaml:"is"` // see Comparisons
	Value     string `json:"value,omitempty" yaml:"value,omitempty"`
}

// Outcomes of an end block.
const (
	Resolved  = "resolved"  // the visitor has what they wanted
	Abandoned = "abandoned" // they have not
)

// Block returns the block of the id, or nil.
func (f *Flow) Block(id string) *Block {
	for i := range f.Blocks {
		if f.Blocks[i].ID == id {
			return &f.Blocks[i]
		}
	}
	return nil
}

// exits lists the ids a block leads to, in its order; none of them is "".
func (b *Block) exits() []string {
	if b.Type.ends() {
		return nil
	}
	out := make([]string, 0, len(b.Options)+len(b.Cases)+2)
	for _, o := range b.Options {
		out = append(out, o.Next)
	}
	for _, c := range b.Cases {
		out = append(out, c.Next)
	}
	kept := []string{}
	for _, id := range append(out, b.Next, b.Else) {
		if id != "" {
			kept = append(kept, id)
		}
	}
	return kept
}
