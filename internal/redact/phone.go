package redact

import "strings"

// Digits of a telephone number: at most 15 with the country's (ITU-T E.164).
const (
	minPhone     = 7
	maxPhone     = 15
	minNational  = 9
	maxNational  = 12
	minMentioned = 5 // behind a word such as "phone"
)

func (f *Finder) findPhones(text string, add func(Kind, int, int)) {
	for _, n := range f.numbersIn(text) {
		to := n.ends[len(n.ends)-1]
		if wordAfter(text, to) {
			continue
		}
		if f.phone(text, n.from, string(n.digits), n.text) {
			add(Phone, n.from, to)
			continue
		}
		// Behind another number, as in "order 12 030 1234567".
		for i := 1; i < len(n.digits); i++ {
			at := n.places[i]
			if at == n.ends[i-1] {
				continue
			}
			if text[at-1] == ' ' && n.digits[i] == '0' && f.phone(text, at, string(n.digits[i:]), text[at:to]) {
				add(Phone, at, to)
			}
			break
		}
	}
}

// phone reports whether the digits, written so at the place, are a telephone's:
// with its country, with the zero before the area, as in North America, or behind
// a word that says so.
func (f *Finder) phone(text string, from int, digits, written string) bool {
	before := text[max(0, from-60):from]
	switch {
	case len(digits) > maxPhone:
		return false
	case strings.HasPrefix(written, "+"):
		return len(digits) >= minPhone
	case f.called.MatchString(before):
		return len(digits) >= minMentioned
	case wordBefore(text, from), strings.HasSuffix(before, "-"), strings.HasSuffix(before, "/"), strings.HasSuffix(before, "."), f.date.MatchString(written):
		return false
	case strings.HasPrefix(digits, "00"):
		return len(digits) >= minNational && digits[2] != '0'
	case strings.HasPrefix(digits, "0"):
		return len(digits) >= minNational && len(digits) <= maxNational && !strings.HasPrefix(written, "0.")
	}
	return f.us.MatchString(written)
}
