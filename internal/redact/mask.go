package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// word is what [Finder.Mask] puts in the place of a finding.
func (k Kind) word() string {
	switch k {
	case Secret:
		return "<key>"
	case IBAN:
		return "<IBAN>"
	case Card:
		return "<card number>"
	case Mail:
		return "<e-mail>"
	}
	return "<number>"
}

// manyDigits are enough to be somebody's: an order, a customer, a telephone.
const manyDigits = 6

// Mask returns the text with words such as <e-mail> for what could name a person
// or open an account, for texts that the team keeps and reads. Beside what
// [Finder.Find] is sure of it masks whatever looks like an address, and every
// number of six digits or more. There is no way back.
func (f *Finder) Mask(text string) string {
	var out strings.Builder
	last := 0
	for _, found := range f.Find(text) {
		out.WriteString(text[last:found.From])
		out.WriteString(found.Kind.word())
		last = found.To
	}
	out.WriteString(text[last:])
	return f.maskNumbers(f.address.ReplaceAllString(out.String(), Mail.word()))
}

func (f *Finder) maskNumbers(text string) string {
	var out strings.Builder
	last := 0
	for _, n := range f.numbersIn(text) {
		if len(n.digits) < manyDigits {
			continue
		}
		out.WriteString(text[last:n.from])
		out.WriteString(Phone.word())
		last = n.from + len(n.text)
	}
	out.WriteString(text[last:])
	return out.String()
}

// MaskTalk is [Finder.Mask] for what was said in a conversation. It also masks
// the names, whole and word by word, codes such as AB-1234, whatever follows
// "PIN is", and what a link carries behind its path. It masks rather too much,
// for texts that somebody reads before anybody else does.
func (f *Finder) MaskTalk(text string, names []string) string {
	text = f.query.ReplaceAllString(text, "$1") // before its parts are masked one by one
	text = f.pin.ReplaceAllString(text, "${1}"+Secret.word())
	text = f.Mask(text)
	text = f.code.ReplaceAllString(text, Phone.word())
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
