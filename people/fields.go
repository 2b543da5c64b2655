package people

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/internal/errs"
)

// Limits of what anybody may say about a person.
const (
	maxName            = 100 // characters
	maxEmail           = 254 // bytes, RFC 5321 section 4.5.3.1.3 without the brackets
	maxPhone           = 32  // characters
	maxLocale          = 35  // bytes, RFC 5646 section 4.4.1
	maxAttributes      = 50
	maxAttributeName   = 64  // bytes
	maxAttributeString = 500 // characters
)

// check says which field of the patch cannot be stored, and why.
func (p *patch) check() error {
	if p.Name != nil && !plainText(*p.Name, maxName) {
		return errs.Field(fieldName, "must be one line of at most %d characters", maxName)
	}
	if p.Email != nil && !emptyOr(*p.Email, validEmail) {
		return errs.Field(fieldEmail, "must be an address such as ada@example.com")
	}
	if p.Phone != nil && !emptyOr(*p.Phone, validPhone) {
		return errs.Field(fieldPhone, "must be a number such as +1 555 0100")
	}
	if p.Locale != nil && !emptyOr(*p.Locale, validLocale) {
		return errs.Field(fieldLocale, "must be a language tag such as en or pt-BR")
	}
	return checkAttributes(p.Attributes)
}

func emptyOr(s string, valid func(string) bool) bool {
	s = strings.TrimSpace(s)
	return s == "" || valid(s)
}

func validEmail(s string) bool {
	if len(s) > maxEmail || !plainText(s, maxEmail) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s // no display name, no comment
}

func validPhone(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+ ()-./", r):
			return false
		}
	}
	return digits >= 3 && len(s) <= maxPhone
}

func validLocale(s string) bool {
	if len(s) > maxLocale {
		return false
	}
	_, err := language.Parse(s)
	return err == nil
}

func checkAttributes(attributes map[string]any) error {
	if len(attributes) > maxAttributes {
		return errs.Field("attributes", "may have at most %d entries", maxAttributes)
	}
	for name, value := range attributes {
		if !validAttributeName(name) {
			return errs.Field("attributes", "must have names of letters, digits and _ . - with at most %d characters", maxAttributeName)
		}
		switch v := value.(type) {
		case nil, bool, float64:
		case string:
			if !storable(v) || utf8.RuneCountInString(v) > maxAttributeString {
				return errs.Field(attributePrefix+name, "must be text of at most %d characters", maxAttributeString)
			}
		default:
			return errs.Field(attributePrefix+name, "must be a text, a number, true, false or null")
		}
	}
	return nil
}

func validAttributeName(name string) bool {
	return name != "" && len(name) <= maxAttributeName && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.-", r)
	})
}

// plainText reports whether s is one line of at most limit characters.
func plainText(s string, limit int) bool {
	return utf8.RuneCountInString(s) <= limit && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// storable reports whether PostgreSQL can keep s: it has no way to store the
// character 0.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// clip shortens s to at most limit bytes of valid UTF-8 without control
// characters: for what is nice to know and not worth a refusal.
func clip(s string, limit int) string {
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
