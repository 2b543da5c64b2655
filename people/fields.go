package people

import (
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/field"
)

// Limits of what anybody may say about a person.
const (
	maxName            = 100 // characters
	maxPhone           = 32  // characters
	maxAttributes      = 50
	maxAttributeName   = 64  // bytes
	maxAttributeString = 500 // characters
)

// check says which field of the patch cannot be stored, and why.
func (p *patch) check() error {
	if p.Name != nil && !field.Line(*p.Name, maxName) {
		return errs.Field(fieldName, "must be one line of at most %d characters", maxName)
	}
	if p.Email != nil && !emptyOr(*p.Email, field.Email) {
		return errs.Field(fieldEmail, "must be an address such as ada@example.com")
	}
	if p.Phone != nil && !emptyOr(*p.Phone, validPhone) {
		return errs.Field(fieldPhone, "must be a number such as +1 555 0100")
	}
	if p.Locale != nil && !emptyOr(*p.Locale, field.Language) {
		return errs.Field(fieldLocale, "must be a language tag such as en or pt-BR")
	}
	return checkAttributes(p.Attributes)
}

func emptyOr(s string, valid func(string) bool) bool {
	s = strings.TrimSpace(s)
	return s == "" || valid(s)
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
			if !field.Storable(v) || utf8.RuneCountInString(v) > maxAttributeString {
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
