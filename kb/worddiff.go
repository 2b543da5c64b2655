package kb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"
	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
)

// DiffPart is a run of words: in both texts, gone from the first, or new in the
// second.
type DiffPart struct {
	Op   string `json:"op"` // same, gone or new
	Text string `json:"text"`
}

// FieldDiff is how a field has changed. Texts are compared word by word, lists
// line by line, and values such as the kind as a whole.
type FieldDiff struct {
	Field string     `json:"field"` // as in [Version], or minutes, video and files of its Extra
	Parts []DiffPart `json:"parts"`
}

const (
	partSame = "same"
	partGone = "gone"
	partNew  = "new"
)

// Compare lists the fields in which two versions differ.
func Compare(before, after Version) []FieldDiff {
	out := []FieldDiff{}
	for _, f := range []struct {
		name, before, after string
		diff                func(before, after string) []DiffPart
	}{
		{"title", before.Title, after.Title, diffWords},
		{"summary", before.Summary, after.Summary, diffWords},
		{"kind", before.Kind, after.Kind, diffValues},
		{"minutes", minutes(&before), minutes(&after), diffValues},
		{"video", before.Extra.Video.lines(), after.Extra.Video.lines(), diffWords},
		{"files", fileLines(before.Extra.Files), fileLines(after.Extra.Files), diffWords},
		{"audience", before.Audience, after.Audience, diffValues},
		{"segments", strings.Join(before.Segments, "\n"), strings.Join(after.Segments, "\n"), diffWords},
		{"collection", before.Collection, after.Collection, diffValues},
		{"aliases", strings.Join(before.Aliases, "\n"), strings.Join(after.Aliases, "\n"), diffWords},
		{"markdown", before.Markdown, after.Markdown, diffWords},
	} {
		if f.before != f.after {
			out = append(out, FieldDiff{f.name, f.diff(f.before, f.after)})
		}
	}
	return out
}

// diffValues compares what has no parts.
func diffValues(before, after string) []DiffPart {
	var out []DiffPart
	if before != "" {
		out = append(out, DiffPart{partGone, before})
	}
	if after != "" {
		out = append(out, DiffPart{partNew, after})
	}
	return out
}

func minutes(v *Version) string {
	if v.Extra.Minutes == 0 {
		return ""
	}
	return strconv.Itoa(v.Extra.Minutes)
}

// lines tell a film to people; "" for none.
func (v *Video) lines() string {
	if v == nil {
		return ""
	}
	out := []string{v.URL}
	if v.Poster != "" {
		out = append(out, "poster: "+v.Poster)
	}
	for _, lang := range slices.Sorted(maps.Keys(v.Captions)) {
		out = append(out, "captions "+lang+": "+v.Captions[lang])
	}
	if v.Transcript != "" {
		out = append(out, "transcript: #"+v.Transcript)
	}
	if v.Seconds > 0 {
		out = append(out, strconv.Itoa(v.Seconds)+" s")
	}
	if v.Width > 0 {
		out = append(out, strconv.Itoa(v.Width)+" × "+strconv.Itoa(v.Height))
	}
	return strings.Join(out, "\n")
}

func fileLines(files []File) string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = orElse(f.Name, f.URL)
		if f.Note != "" {
			out[i] += " (" + f.Note + ")"
		}
		out[i] += ": " + f.URL
	}
	return strings.Join(out, "\n")
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
		Before Version `json:"before"`
		After  Version `json:"after"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if len(body.Before.Markdown) > maxMarkdown || len(body.After.Markdown) > maxMarkdown {
		return errs.Field("markdown", "may have %d bytes at most", maxMarkdown)
	}
	return c.JSON(fiber.Map{"fields": Compare(body.Before, body.After)})
}
