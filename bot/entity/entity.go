package entity

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kind is what is looked for.
type Kind string

// The kinds, with the form of their values.
const (
	OrderNumber Kind = "order_number" // capitals, without spaces and "#": "A-12345"
	Email       Kind = "email"        // the domain in lower case: "Ada@example.com"
	Date        Kind = "date"         // ISO 8601: "2026-11-24"
	Amount      Kind = "amount"       // a decimal number and, when told, ISO 4217: "1234.50 EUR", "20"
	Number      Kind = "number"       // a decimal number: "-3.5"
	Phone       Kind = "phone"        // digits, after "+" when the country's code was told: "+493012345", "03012345"
	Version     Kind = "version"      // without "v": "2.10.1-beta.2"
	YesNo       Kind = "yes_no"       // "yes" or "no"
	Product     Kind = "product"      // the product's name; see [Catalogue]
)

// Entity is a value that a text names.
type Entity struct {
	Kind     Kind
	Value    string // in the form of its kind
	From, To int    // the bytes of the text that name it
}

// Find returns what the text names of a kind, the likeliest first: a number
// beside the word "order" is an order's before one that stands alone. Text
// beyond its first 2,000 characters is not read.
//
// The locale is a BCP 47 tag, "" for English; it decides between day and month
// ("03/04"), between decimal and thousands separator ("1.234") and which dollar
// is meant. now is the visitor's time, from which "tomorrow" counts: its location
// decides the day. Of an unknown kind, and of [Product], it finds nothing.
func Find(kind Kind, text, locale string, now time.Time) []Entity {
	s := read(text)
	var found []match
	switch kind {
	case OrderNumber:
		found = s.orderNumbers(locale, now)
	case Email:
		found = s.emails()
	case Date:
		found = s.dates(locale, now)
	case Amount:
		found = s.amounts(locale, now)
	case Number:
		found = s.numbers(locale)
	case Phone:
		found = s.phones(locale, now)
	case Version:
		found = s.versions(locale, now)
	case YesNo:
		found = s.yesOrNo()
	case Product:
	}
	return s.entities(kind, found)
}

// match is a find in folded text.
type match struct {
	from, to int
	value    string
	rank     int // the higher the likelier
}

// The ranks. What is named as such comes before what only looks like it.
const (
	rankBare  = iota // could be something else
	rankShape        // looks like it
	rankNamed        // is said to be it
)

// entities keeps the best of matches that overlap, and orders them.
func (s *source) entities(kind Kind, found []match) []Entity {
	for i := range found { // two may share a character of the text, such as a fraction
		found[i].from, found[i].to = s.span(found[i].from, found[i].to)
	}
	var out []Entity
	for _, m := range apart(found) {
		out = append(out, Entity{Kind: kind, Value: m.value, From: m.from, To: m.to})
	}
	return out
}

// apart drops matches that overlap a better one: of a higher rank, else longer,
// else earlier; and orders the rest by rank and place.
func apart(found []match) []match {
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.to-b.from, a.to-a.from), cmp.Compare(a.from, b.from))
	})
	var out []match
	for _, m := range found {
		if !overlaps(out, m.from, m.to) {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.from, b.from))
	})
	return out
}

func overlaps(found []match, from, to int) bool {
	return slices.ContainsFunc(found, func(m match) bool { return m.from < to && from < m.to })
}

// language and region of a BCP 47 tag, "en" and "" by default.
func languageOf(locale string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	return cmp.Or(strings.ToLower(language), "en")
}

func regionOf(locale string) string {
	for part := range strings.SplitSeq(strings.ReplaceAll(locale, "_", "-"), "-") {
		if len(part) == 2 && part == strings.ToUpper(part) {
			return part
		}
	}
	return ""
}
