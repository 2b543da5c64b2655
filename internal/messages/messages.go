package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// fallback is the language of those that a catalogue does not have.
const fallback = "en"

// Catalogue holds the texts of all languages. It does not change.
type Catalogue struct{ languages map[string]*Messages }

// Load reads the texts of each <language>.json of the folder. English must be
// there, and every language must have the keys that English has, no more, with
// the plural forms that it needs and the places of the English text.
func Load(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list languages: %w", err)
	}
	c := &Catalogue{languages: make(map[string]*Messages, len(names))}
	for _, name := range names {
		m, err := read(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		c.languages[m.lang] = m
	}
	english := c.languages[fallback]
	if english == nil {
		return nil, errors.New("there is no English")
	}
	for _, lang := range c.Languages() {
		if err := c.languages[lang].complete(english); err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
	}
	return c, nil
}

func read(files fs.FS, name string) (*Messages, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err //nolint:wrapcheck // Load names the file
	}
	m := &Messages{lang: strings.TrimSuffix(path.Base(name), ".json")}
	if m.tag, err = language.Parse(m.lang); err != nil {
		return nil, fmt.Errorf("the name is no language: %w", err)
	}
	// Figures are those of the articles' own text, versions and sizes: 0 to 9.
	figures, err := m.tag.SetTypeForKey("nu", "latn")
	if err != nil {
		return nil, fmt.Errorf("choose figures: %w", err)
	}
	m.printer, m.names = message.NewPrinter(figures), display.Languages(m.tag)
	return m, json.Unmarshal(raw, &m.texts)
}

// Languages lists the languages that the catalogue has, sorted.
func (c *Catalogue) Languages() []string { return slices.Sorted(maps.Keys(c.languages)) }

// In returns the texts for a language tag: those of its language, whatever the
// region, else the English ones.
func (c *Catalogue) In(tag string) *Messages {
	base, _ := language.Make(tag).Base()
	if m := c.languages[base.String()]; m != nil && tag != "" {
		return m
	}
	return c.languages[fallback]
}

// Messages are the texts of one language.
type Messages struct {
	lang    string
	tag     language.Tag
	texts   map[string]text
	printer *message.Printer
	names   display.Namer
}

// text is one message: one form, or several by their CLDR name.
type text map[string]string

const other = "other"

// UnmarshalJSON takes a string or an object of plural forms.
func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		*t = text{other: s}
		return err //nolint:wrapcheck // read names the file
	}
	return json.Unmarshal(raw, (*map[string]string)(t))
}

// Lang is the language of the texts, as a tag.
func (m *Messages) Lang() string { return m.lang }

// Has reports whether there is a text of the key.
func (m *Messages) Has(key string) bool { return m.texts[key] != nil }

// Keys lists the keys, sorted.
func (m *Messages) Keys() []string { return slices.Sorted(maps.Keys(m.texts)) }

// Say returns the text of a key with its places filled from values, which are
// names and values by turns. A place without a value stays; whole numbers are
// written as the language does, and n chooses the plural form. A key that is
// not there is said itself, so that it is found.
func (m *Messages) Say(key string, values ...any) string {
	forms := m.texts[key]
	if forms == nil {
		return key
	}
	said := forms[other]
	if n, counted := valueOf(values, "n").(int); counted && len(forms) > 1 {
		if s, ok := forms[m.form(n)]; ok {
			said = s
		}
	}
	if len(values) < 2 {
		return said
	}
	filled := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		filled = append(filled, fmt.Sprintf("{%v}", values[i]), m.show(values[i+1]))
	}
	return strings.NewReplacer(filled...).Replace(said)
}

func valueOf(values []any, name string) any {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1]
		}
	}
	return nil
}

func (m *Messages) show(value any) string {
	if n, ok := value.(int); ok {
		return m.Number(float64(n), 0)
	}
	return fmt.Sprint(value)
}

// Number writes a number with as many decimals at most.
func (m *Messages) Number(n float64, decimals int) string {
	return m.printer.Sprint(number.Decimal(n, number.MaxFractionDigits(decimals)))
}

// Date writes a day in UTC, by the texts date and month.1 to month.12.
func (m *Messages) Date(t time.Time) string {
	t = t.UTC()
	return m.Say("date", "day", strconv.Itoa(t.Day()), "month", m.Say("month."+strconv.Itoa(int(t.Month()))), "year", strconv.Itoa(t.Year()))
}

// LanguageName is what a language is called in this one; "" for tags of none.
func (m *Messages) LanguageName(tag string) string { return m.names.Name(language.Make(tag)) }

// form is the name of the plural form of a whole number (CLDR plural rules).
func (m *Messages) form(n int) string {
	return formNames()[plural.Cardinal.MatchPlural(m.tag, n, 0, 0, 0, 0)]
}

func formNames() map[plural.Form]string {
	return map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: other,
	}
}
