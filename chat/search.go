package chat

import (
	"html"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/internal/errs"
)

const (
	maxQuery = 500 // bytes
	// The marks that PostgreSQL sets around a hit: private characters, which are
	// taken out of the text before, so that text cannot forge them.
	markOpen  = "\uE000"
	markClose = "\uE001"
)

// Query is a search as typed.
type Query struct {
	Words  string    // in the syntax of web searches: words, "a phrase", or, -not
	From   string    // visitor, agent or bot
	Tag    string    // of the conversation
	Inbox  string    // name, key or id
	Before time.Time // exclusive
	After  time.Time // inclusive
}

// ParseQuery reads a search: words, and the operators from:, tag:, in:, before:
// and after:, whose value may be in quotes. Dates are 2006-01-02 in UTC. What
// looks like an operator and is none of these is a word. Without words or a tag
// it would be a list of everything, and is invalid.
func ParseQuery(text string) (Query, error) {
	if len(text) > maxQuery || !utf8.ValidString(text) {
		return Query{}, errs.Field("q", "must be UTF-8 of at most %d bytes", maxQuery)
	}
	var (
		q     Query
		words []string
	)
	for _, token := range tokens(text) {
		name, value, found := strings.Cut(token, ":")
		value = strings.TrimSpace(strings.Trim(value, `"`))
		if !found || value == "" {
			words = append(words, token)
			continue
		}
		known, err := q.operator(strings.ToLower(name), value)
		if err != nil {
			return Query{}, err
		}
		if !known {
			words = append(words, token)
		}
	}
	q.Words = strings.Join(words, " ")
	if q.Words == "" && q.Tag == "" {
		return Query{}, errs.Field("q", "needs a word to search for, or a tag:")
	}
	return q, nil
}

func (q *Query) operator(name, value string) (known bool, err error) {
	switch name {
	case "from":
		q.From = strings.ToLower(value)
		if q.From != "visitor" && q.From != "agent" && q.From != "bot" {
			return true, errs.Field("q", "has from:%s; use from:visitor, from:agent or from:bot", clip(value, 20))
		}
	case "tag":
		q.Tag = value
	case "in":
		q.Inbox = value
	case "before":
		q.Before, err = day(value)
	case "after":
		q.After, err = day(value)
	default:
		return false, nil
	}
	return true, err
}

func day(value string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, value)
	if err != nil || at.Year() < 1 {
		return time.Time{}, errs.Field("q", "has the date %q; write it as 2026-01-31", clip(value, 20))
	}
	return at, nil
}

// tokens splits at spaces outside quotes. NUL, which PostgreSQL cannot take,
// counts as a space.
func tokens(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == 0 || (!quoted && unicode.IsSpace(r))
	})
}

// snippetHTML escapes a hit's text and turns the marks into <mark>.
func snippetHTML(marked string) string {
	return strings.NewReplacer(markOpen, "<mark>", markClose, "</mark>").Replace(html.EscapeString(marked))
}
