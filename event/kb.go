package event

import (
	"slices"
	"strconv"
	"strings"
)

// Audiences of an article, and the widest one that a reader belongs to.
const (
	AudiencePublic   = "public"
	AudienceSignedIn = "signed_in" // whom the customer's own site has proved
	AudienceSegment  = "segment"   // those of them with a signed attribute
	AudienceAgents   = "agents"
)

// SearchQuery asks the knowledge base. Audience is the reader's, never the
// bot's: the bot may quote only what the visitor may read.
type SearchQuery struct {
	Text     string
	Locale   string   // BCP 47; "" means any
	Audience string   // the widest that the reader belongs to: public, signed_in, segment or agents; "" means public
	Segments []string // of a reader of the audience segment: their signed attributes as "attribute=value"
	Limit    int      // passages, at most 20; 0 means 5
}

// For returns the query as asked by a visitor whose site has proved who they
// are. The attributes are those that it has signed; their values are texts,
// numbers, true and false.
func (q SearchQuery) For(attributes map[string]any) SearchQuery {
	q.Audience, q.Segments = AudienceSignedIn, Segments(attributes)
	if len(q.Segments) > 0 {
		q.Audience = AudienceSegment
	}
	return q
}

// Segments writes signed attributes as articles name them: "attribute=value",
// in order.
func Segments(attributes map[string]any) []string {
	out := []string{}
	for name, value := range attributes {
		switch v := value.(type) {
		case string:
			out = append(out, name+"="+strings.TrimSpace(v))
		case bool:
			out = append(out, name+"="+strconv.FormatBool(v))
		case float64:
			out = append(out, name+"="+strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	slices.Sort(out)
	return out
}

// Passage is a piece of an article that may answer a query.
type Passage struct {
	Article  string  `json:"article"`
	Slug     string  `json:"slug"`
	Title    string  `json:"title"`
	Heading  string  `json:"heading,omitempty"`
	URL      string  `json:"url"` // path with the heading's anchor
	Locale   string  `json:"locale"`
	Audience string  `json:"audience,omitempty"` // whom the article is for; "" is everybody
	Markdown string  `json:"-"`                  // the passage as written
	Text     string  `json:"text"`               // the same without markup
	Snippet  string  `json:"snippet"`            // the part that matches, at most 240 characters
	Score    float64 `json:"score"`              // fused, comparable within one result
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
