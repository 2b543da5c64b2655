package view

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"golang.org/x/text/language"

	"parley/internal/messages"
)

// Safe is HTML that package markup has made. Nothing else may be converted.
type Safe = template.HTML

// functions are what templates call, in one language.
func functions(texts *messages.Messages) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, values ...any) (string, error) {
			if !texts.Has(key) {
				return "", fmt.Errorf("there is no text %s", key)
			}
			return texts.Say(key, values...), nil
		},
		"date":      texts.Date,
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"dir":       Direction,
		"foreign":   func(lang string) template.HTMLAttr { return foreign(lang, texts.Lang()) },
		"own":       func(lang string) template.HTMLAttr { return foreign(texts.Lang(), lang) },
		"territory": territory,
		"minutes":   minutes,
		"size":      func(bytes int64) string { return size(texts, bytes) },
		"add":       func(a, b int) int { return a + b },
	}
}

// foreign marks what is in another language than what is around it; templates
// call it own for texts of the page within an article.
func foreign(lang, around string) template.HTMLAttr {
	tag, err := language.Parse(lang)
	if err != nil || sameScript(around, lang) {
		return ""
	}
	return template.HTMLAttr(fmt.Sprintf(`lang="%s" dir="%s"`, tag, Direction(lang))) //nolint:gosec // a parsed tag has letters, digits and hyphens only
}

// territory writes a language as Open Graph does: de_DE, with the territory
// where most who speak it live when the tag names none.
func territory(lang string) string {
	tag := language.Make(lang)
	base, _ := tag.Base()
	region, _ := tag.Region()
	return base.String() + "_" + region.String()
}

// readingSpeed is in words a minute, a low estimate for text on a screen.
const readingSpeed = 220

// minutes is how long it takes to read words.
func minutes(words int) int { return max(1, (words+readingSpeed/2)/readingSpeed) }

// size writes a number of bytes as people read it: "2.4 MB".
func size(texts *messages.Messages, bytes int64) string {
	const unit, whole = 1000, 100
	n, units := float64(bytes), []string{"", "kB", "MB", "GB"}
	i := 0
	for n >= unit && i < len(units)-1 {
		n, i = n/unit, i+1
	}
	if i == 0 {
		return texts.Say("size.bytes", "n", int(bytes))
	}
	decimals := 1
	if n >= whole {
		decimals = 0
	}
	return texts.Say("size."+units[i], "size", texts.Number(n, decimals))
}

// Direction is the direction in which a language is written: ltr or rtl.
func Direction(lang string) string {
	script, _ := language.Make(lang).Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm":
		return "rtl"
	}
	return "ltr"
}

// Highlighted is a text in which some parts are marked.
type Highlighted []Part

// Part is a piece of a [Highlighted] text.
type Part struct {
	Text   string
	Marked bool
}

// String returns the text without marks.
func (h Highlighted) String() string {
	var b strings.Builder
	for _, p := range h {
		b.WriteString(p.Text)
	}
	return b.String()
}
