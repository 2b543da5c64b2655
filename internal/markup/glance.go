package markup

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// Glance is [Text] for a line or two of a list of results: a row of a table reads
// as an item of a list with its cells after commas, without bars and rules. That
// also holds for rows that lost their table, when the document is a part of one.
// Code keeps its bars.
func Glance(markdown string) string {
	src := []byte(markdown)
	return strings.TrimSpace(blockText(parse(src, options{top: 2}), src, atGlance))
}

// layout is how rows of tables and the words of blocks become lines.
type layout int

const (
	asText layout = iota
	atGlance
)

func (l layout) row(cells []string) string {
	if l == asText {
		return strings.Join(cells, " | ")
	}
	if words := sentenceOf(cells); words != "" {
		return "- " + words
	}
	return ""
}

func (l layout) inline(n ast.Node, src []byte) string {
	if l == asText {
		return inlineText(n, src)
	}
	return unbarred(n, src)
}

// sentenceOf joins the cells that say something.
func sentenceOf(cells []string) string {
	var b strings.Builder
	for _, cell := range cells {
		if cell = strings.TrimSpace(cell); cell == "" || rule.MatchString(cell) {
			continue
		}
		if s := b.String(); s != "" {
			if !strings.ContainsAny(s[len(s)-1:], ".!?:;,") {
				b.WriteByte(',')
			}
			b.WriteByte(' ')
		}
		b.WriteString(cell)
	}
	return b.String()
}

// rule is a cell of the line below the head of a table.
var rule = regexp.MustCompile(`^:?-{2,}:?$`)

// kept stands for a bar in code (a rune that Unicode leaves to private use).
const kept = "\uE07C"

// unbarred is inlineText of what may be rows without their table.
func unbarred(n ast.Node, src []byte) string {
	text := inlineOf(n, src, func(code string) string { return strings.ReplaceAll(code, "|", kept) })
	if strings.Contains(text, " | ") || strings.HasPrefix(text, "| ") {
		text = sentenceOf(strings.Split(text, "|"))
	}
	return strings.ReplaceAll(text, kept, "|")
}
