package redact

import (
	"fmt"
	"strings"
)

// Vault hides what it finds behind placeholders such as {{EMAIL_1}} and puts it
// back. The same thing has the same placeholder in all texts of one vault, so
// that a model can still tell two apart. It is for one request and one
// goroutine.
type Vault struct {
	finder *Finder
	known  map[string]string // what was hidden → its placeholder
	hidden map[string]secret // placeholder → what it stands for
	counts map[Kind]int
}

type secret struct {
	value string
	own   bool
}

// NewVault makes an empty vault.
func (f *Finder) NewVault() *Vault {
	return &Vault{finder: f, known: map[string]string{}, hidden: map[string]secret{}, counts: map[Kind]int{}}
}

// Hide returns the text with placeholders. own says that it is the reader's own
// text: what is in it may be shown to them again. What looks like a placeholder
// in the text is written so that it is none.
func (v *Vault) Hide(text string, own bool) string {
	var out strings.Builder
	last := 0
	for _, f := range v.finder.Find(text) {
		out.WriteString(v.finder.unforged(text[last:f.From]))
		out.WriteString(v.placeholder(f.Kind, text[f.From:f.To], own))
		last = f.To
	}
	out.WriteString(v.finder.unforged(text[last:]))
	return out.String()
}

func (v *Vault) placeholder(kind Kind, value string, own bool) string {
	p := v.known[value]
	if p == "" {
		v.counts[kind]++
		p = fmt.Sprintf("{{%s_%d}}", kind, v.counts[kind])
		v.known[value] = p
	}
	v.hidden[p] = secret{value, own || v.hidden[p].own}
	return p
}

// Size is how many things are hidden.
func (v *Vault) Size() int { return len(v.hidden) }

// Reveal puts back what the reader may see: their own, or all of it. Other
// placeholders become an ellipsis. form prepares each value for the place it
// comes to; nil leaves it as it is.
func (v *Vault) Reveal(text string, all bool, form func(string) string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return v.finder.holder.ReplaceAllStringFunc(text, func(p string) string {
		s, ok := v.hidden[p]
		switch {
		case !ok || (!all && !s.own):
			return "…"
		case form != nil:
			return form(s.value)
		}
		return s.value
	})
}

// Strip returns the text without placeholders.
func (f *Finder) Strip(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return f.holder.ReplaceAllString(text, " ")
}

// unforged takes a brace from what would read as a placeholder.
func (f *Finder) unforged(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return f.holder.ReplaceAllStringFunc(text, func(p string) string { return p[1 : len(p)-1] })
}
