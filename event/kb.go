package event

// SearchQuery asks the knowledge base. Audience is the reader's, never the
// bot's: the bot may quote only what the visitor may read.
type SearchQuery struct {
	Text     string
	Locale   string   // BCP 47; "" means any
	Audience string   // the widest that the reader belongs to: public, signed_in, segment or agents; "" means public
	Segments []string // of a reader of the audience segment: their signed attributes as "attribute=value"
	Limit    int      // passages, at most 20; 0 means 5
}

// Passage is a piece of an article that may answer a query.
type Passage struct {
	Article  string  `json:"article"`
	Slug     string  `json:"slug"`
	Title    string  `json:"title"`
	Heading  string  `json:"heading,omitempty"`
	URL      string  `json:"url"` // path with the heading's anchor
	Locale   string  `json:"locale"`
	Markdown string  `json:"-"`       // the passage as written
	Text     string  `json:"text"`    // the same without markup
	Snippet  string  `json:"snippet"` // the part that matches, at most 240 characters
	Score    float64 `json:"score"`   // fused, comparable within one result
	// Answerable estimates, 0 … 1, whether the passage answers the query. It is
	// comparable over queries.
	Answerable float64 `json:"answerable"`
}

// SearchOutcome is a search and what came of it, for those who write the
// articles. It names nobody.
type SearchOutcome struct {
	ID      string // the same one is recorded once; "" makes one
	Text    string
	Locale  string // "" when it is not known
	Source  string // where it was made, such as bot
	Results int
	Outcome string // one of those below
	Article string // that answered or was opened
	Conv    string // in which the bot was asked, so that it can be erased; "" elsewhere
}

// What came of a search.
const (
	SearchShown      = "shown" // results, or that there are none
	SearchClicked    = "clicked"
	SearchAnswered   = "answered"    // by the bot
	SearchHandedOver = "handed_over" // by the bot to a person
)
