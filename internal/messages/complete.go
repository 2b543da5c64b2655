package messages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// counted is how far the plural rules of a language are tried: they repeat.
const counted = 200

// complete says what the language lacks, or has too much, beside English.
func (m *Messages) complete(english *Messages) error {
	for _, key := range english.Keys() {
		if !m.Has(key) {
			return fmt.Errorf("%s is missing", key)
		}
	}
	for _, key := range m.Keys() {
		if !english.Has(key) {
			return fmt.Errorf("%s is not in English", key)
		}
		if err := m.sound(key, english.texts[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// sound checks the forms of one text.
func (m *Messages) sound(key string, english text) error {
	forms := m.texts[key]
	if forms[other] == "" {
		return fmt.Errorf("the form %s is missing", other)
	}
	if _, plural := english["one"]; plural {
		for n := range counted {
			if forms[m.form(n)] == "" {
				return fmt.Errorf("the form %s is missing", m.form(n))
			}
		}
	}
	if want, got := places(english[other]), places(forms[other]); want != got {
		return fmt.Errorf("has the places %q, English has %q", got, want)
	}
	return nil
}

var place = regexp.MustCompile(`\{\w+\}`)

// places are the places of a text, sorted, each once.
func places(s string) string {
	found := place.FindAllString(s, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}
