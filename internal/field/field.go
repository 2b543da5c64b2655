// Package field checks what people type into fields: names, addresses,
// languages. It says what may be; which field and what to answer is the
// caller's.
package field

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// MaxEmail is the length of an e-mail address in bytes: RFC 5321 section
// 4.5.3.1.3 without the brackets.
const MaxEmail = 254

const maxLanguage = 35 // bytes, RFC 5646 section 4.4.1

// Line reports whether s is one line of at most limit characters; "" is one.
func Line(s string, limit int) bool {
	return utf8.RuneCountInString(s) <= limit && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Email reports whether s is an e-mail address and nothing else: no display
// name, no comment.
func Email(s string) bool {
	if len(s) > MaxEmail || !Line(s, MaxEmail) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// Language reports whether s is a language tag such as en or pt-BR (BCP 47).
func Language(s string) bool {
	if len(s) > maxLanguage {
		return false
	}
	_, err := language.Parse(s)
	return err == nil
}

// Storable reports whether PostgreSQL can keep s: it has no way to store the
// character 0.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Clip shortens s to at most limit bytes of valid UTF-8 without control
// characters: for what is nice to know and not worth a refusal.
func Clip(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
