package view

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Safe is HTML that package markup has made. Nothing else may be converted.
type Safe = template.HTML

func functions() template.FuncMap {
	return template.FuncMap{
		"date":    date,
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"dir":     Direction,
		"count":   count,
		"crumbs":  func(c ...Crumb) []Crumb { return c },
		"minutes": minutes,
		"size":    size,
		"add":     func(a, b int) int { return a + b },
	}
}

// date is a day as people read it; the page's script shows it in their own way.
func date(t time.Time) string { return t.UTC().Format("2 January 2006") }

// count writes a number with its noun: "1 article", "2 articles".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// readingSpeed is in words a minute, a low estimate for text on a screen.
const readingSpeed = 220

func minutes(words int) string {
	return count(max(1, (words+readingSpeed/2)/readingSpeed), "minute", "minutes")
}

// size writes a number of bytes as people read it: "2.4 MB".
func size(bytes int64) string {
	const unit = 1000
	n, units := float64(bytes), []string{"bytes", "kB", "MB", "GB"}
	i := 0
	for n >= unit && i < len(units)-1 {
		n, i = n/unit, i+1
	}
	if i == 0 || n >= 100 {
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.1f %s", n, units[i])
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
