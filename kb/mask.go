package kb

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What could name a person or open an account, in the order in which it is
// masked: longer patterns first, so that none is cut in two.
var masks = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`\b(?:sk|pk|rk|ghp|gho|xox[bp]|AKIA|eyJ)[-_A-Za-z0-9.]{12,}`), "<key>"},
	{regexp.MustCompile(`(?i)\b(password|passwort|passcode|pin|token)(\s*(?:is|ist|:|=)\s*)\S+`), "$1$2<secret>"},
	{regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`), "<e-mail>"},
	{regexp.MustCompile(`\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b`), "<IBAN>"},
	{regexp.MustCompile(`\b(?:\d[ -]?){13,19}\b`), "<card number>"},
	{regexp.MustCompile(`[+]?\(?\d[\d ()./-]{6,}\d`), "<number>"},
	{regexp.MustCompile(`\b(?:[A-Z]{1,4}-?)\d{4,}\b`), "<number>"},
	{regexp.MustCompile(`(https?://[^\s?#]+)[?#]\S*`), "$1"},
}

// depersonalise takes out of a text what could name a person: addresses,
// numbers, keys, and the names that are known from the conversation. It masks
// rather too much; the author reads the draft before anybody else does.
func depersonalise(text string, names []string) string {
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.word)
	}
	for _, name := range nameParts(names) {
		text = nameIn(name).ReplaceAllString(text, "${1}<name>${2}")
	}
	return text
}

// nameIn finds a whole name, in scripts with and without spaces around words.
func nameIn(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(name) + `($|[^\pL\pN])`)
}

// nameParts are the names in full and their words, the longest first. Words of
// fewer than three letters are too often something else.
func nameParts(names []string) []string {
	var out []string
	for _, name := range names {
		name = strings.TrimSpace(name)
		for _, part := range append([]string{name}, strings.Fields(name)...) {
			if utf8.RuneCountInString(part) >= 3 && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}
