package kb

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"
	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
)

// Text is what a revision keeps.
type Text struct {
	Title    string   `json:"title"`
	Summary  string   `json:"summary"`
	Markdown string   `json:"markdown"`
	Aliases  []string `json:"aliases"`
}

// DiffPart is a run of words: in both texts, gone from the first, or new in the
// second.
type DiffPart struct {
	Op   string `json:"op"` // same, gone or new
	Text string `json:"text"`
}

// FieldDiff is how a field has changed.
type FieldDiff struct {
	Field string     `json:"field"` // title, summary, markdown or aliases
	Parts []DiffPart `json:"parts"`
}

const (
	partSame = "same"
	partGone = "gone"
	partNew  = "new"
)

// Compare lists the fields in which two texts differ, word by word.
func Compare(before, after Text) []FieldDiff {
	out := []FieldDiff{}
	for _, f := range []struct{ name, before, after string }{
		{"title", before.Title, after.Title},
		{"summary", before.Summary, after.Summary},
		{"aliases", strings.Join(before.Aliases, "\n"), strings.Join(after.Aliases, "\n")},
		{"markdown", before.Markdown, after.Markdown},
	} {
		if f.before != f.after {
			out = append(out, FieldDiff{f.name, diffWords(f.before, f.after)})
		}
	}
	return out
}

// diffWords compares two texts by their words, spaces and signs.
func diffWords(before, after string) []DiffPart {
	a, b := tokens(before), tokens(after)
	var out []DiffPart
	add := func(op string, list []string) {
		if len(list) == 0 {
			return
		}
		out = append(out, DiffPart{op, strings.Join(list, "")})
	}
	at := 0
	for _, d := range bridge(a, lcs.DiffLines(a, b)) {
		add(partSame, a[at:d.Start])
		add(partGone, a[d.Start:d.End])
		add(partNew, b[d.ReplStart:d.ReplEnd])
		at = d.End
	}
	add(partSame, a[at:])
	return out
}

// bridge joins changes between which only a space has stayed: a sentence that
// was written anew is read better in one piece than word after word.
func bridge(a []string, list []lcs.Diff) []lcs.Diff {
	var out []lcs.Diff
	for _, d := range list {
		if n := len(out); n > 0 && d.Start-out[n-1].End == 1 && strings.Trim(a[out[n-1].End], " ") == "" {
			out[n-1].End, out[n-1].ReplEnd = d.End, d.ReplEnd
			continue
		}
		out = append(out, d)
	}
	return out
}

// tokens cuts a text into words, runs of spaces, and single other signs. Scripts
// without spaces are cut into their letters.
func tokens(s string) []string {
	var out []string
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		kind := kindOf(r)
		for n < len(s) && kind != alone {
			next, size := utf8.DecodeRuneInString(s[n:])
			if kindOf(next) != kind {
				break
			}
			n += size
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

type runeKind int

const (
	alone runeKind = iota
	word
	space
)

func kindOf(r rune) runeKind {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return alone
	case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '_' || r == '\'' || r == '’':
		return word
	case r == ' ' || r == '\t':
		return space
	}
	return alone
}

func (s *Service) postDiff(c *fiber.Ctx) error {
	var body struct {
		Before Text `json:"before"`
		After  Text `json:"after"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if len(body.Before.Markdown) > maxMarkdown || len(body.After.Markdown) > maxMarkdown {
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	}
	return c.JSON(fiber.Map{"fields": Compare(body.Before, body.After)})
}
