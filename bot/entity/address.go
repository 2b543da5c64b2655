package entity

import (
	"regexp"
	"strings"
	"time"

	"parley/internal/words"
)

var (
	email = regexp.MustCompile(`[\pL\pN][\pL\pN._%+'-]*@(?:[\pL\pN](?:[\pL\pN-]*[\pL\pN])?\.)+\pL{2,24}`)
	link  = regexp.MustCompile(`\b(?:https?://|www\.)\S+`)
	// phone is digits that spaces, brackets and the like may part.
	phone = regexp.MustCompile(`(?:\+ ?|\b00)?\(?\d(?:[ ()./-]{0,3}\d){5,16}`)
)

const longestEmail = 254 // RFC 5321, 4.5.3.1.3

// emails finds addresses. The part before the "@" stays as it was typed: whether
// its case matters is for its host to say.
func (s *source) emails() []match {
	var out []match
	for _, at := range email.FindAllStringIndex(s.folded, -1) {
		from, to := s.span(at[0], at[1])
		local, domain, _ := strings.Cut(s.text[from:to], "@")
		if to-from > longestEmail || strings.Contains(local, "..") || strings.HasSuffix(local, ".") {
			continue
		}
		out = append(out, match{at[0], at[1], local + "@" + strings.ToLower(domain), rankNamed})
	}
	return out
}

func (s *source) links() []match {
	var out []match
	for _, at := range link.FindAllStringIndex(s.folded, -1) {
		out = append(out, match{at[0], at[1], "", rankNamed})
	}
	return out
}

// Digits of a telephone number, with the country's code (ITU-T E.164).
const (
	fewestPhoneDigits = 7
	mostPhoneDigits   = 15
)

// phones finds telephone numbers. One that names no country is left as it is
// dialled there: a visitor's locale does not tell where the telephone is.
func (s *source) phones(locale string, now time.Time) []match {
	taken := append(above(s.dates(locale, now), rankBare), s.emails()...)
	taken = append(taken, s.links()...)
	var out []match
	for _, at := range phone.FindAllStringIndex(s.folded, -1) {
		from, to := at[0], at[1]
		if overlaps(taken, from, to) || isLetter(s.before(from)) || isLetter(s.after(to)) || isDigit(s.before(from)) || isDigit(s.after(to)) {
			continue
		}
		text := s.folded[from:to]
		abroad := strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00")
		if abroad {
			text = strings.Replace(text, "(0)", "", 1) // dialled only at home
		}
		digits := words.Digits(text)
		rank := rankBare
		switch {
		case abroad:
			digits = "+" + strings.TrimPrefix(digits, "00")
			rank = rankNamed
		case strings.HasPrefix(digits, "0") || strings.ContainsAny(text, " ()-/"):
			rank = rankShape
		}
		if n := len(words.Digits(digits)); n < fewestPhoneDigits || n > mostPhoneDigits {
			continue
		}
		out = append(out, match{from, to, digits, rank})
	}
	return out
}
