package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// Text returns the words of a document without markup: a line for each
// paragraph, heading, list item, table row and line of code, a blank line
// between blocks.
func Text(markdown string) string {
	src := []byte(markdown)
	return strings.TrimSpace(blockText(parse(src, options{top: 2}), src, asText))
}

// Excerpt returns the start of a document's first paragraph as plain text, at
// most limit runes, cut between words and then ended by "…". A document
// without a paragraph gives its first words of any kind.
func Excerpt(markdown string, limit int) string {
	src := []byte(markdown)
	doc := parse(src, options{top: 2})
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() != ast.KindParagraph {
			continue
		}
		if s := inlineText(n, src); s != "" {
			return Cut(s, limit)
		}
	}
	return Cut(strings.Join(strings.Fields(blockText(doc, src, asText)), " "), limit)
}

// Cut shortens s to at most limit runes, between words where it can, and ends
// what it cut with "…".
func Cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	if limit < 1 {
		return ""
	}
	runes := []rune(s)
	end := limit - 1
	for i := end; i > end/2; i-- {
		if unicode.IsSpace(runes[i]) {
			end = i
			break
		}
	}
	return strings.TrimRightFunc(string(runes[:end]), func(r rune) bool {
		return unicode.IsSpace(r) || r == ',' || r == ';' || r == ':'
	}) + "…"
}

func blockText(doc ast.Node, src []byte, as layout) string {
	var b strings.Builder
	walk(doc, func(n ast.Node) ast.WalkStatus {
		switch n.Kind() {
		case ast.KindParagraph, ast.KindTextBlock, ast.KindHeading:
			b.WriteString(as.inline(n, src))
			b.WriteString(ending(n))
			return ast.WalkSkipChildren
		case extast.KindTableHeader, extast.KindTableRow:
			var cells []string
			for cell := n.FirstChild(); cell != nil; cell = cell.NextSibling() {
				cells = append(cells, inlineText(cell, src))
			}
			b.WriteString(as.row(cells) + "\n")
			return ast.WalkSkipChildren
		case ast.KindCodeBlock, ast.KindFencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(src))
			}
			b.WriteString("\n")
			return ast.WalkSkipChildren
		case ast.KindListItem:
			b.WriteString("- ")
		}
		return ast.WalkContinue
	})
	return b.String()
}

// ending is what separates a block from the next: items of a list stand close.
func ending(n ast.Node) string {
	if n.Parent() != nil && n.Parent().Kind() == ast.KindListItem && n.Kind() == ast.KindTextBlock {
		if item := n.Parent(); item.NextSibling() != nil || n.NextSibling() != nil {
			return "\n"
		}
	}
	return "\n\n"
}

// inlineText returns the words within a block on one line. Images give their
// description.
func inlineText(n ast.Node, src []byte) string { return inlineOf(n, src, nil) }

// inlineOf is inlineText with code as it is to be.
func inlineOf(n ast.Node, src []byte, code func(string) string) string {
	var b strings.Builder
	walk(n, func(n ast.Node) ast.WalkStatus {
		switch n := n.(type) {
		case *ast.Text:
			words := unescape(n.Segment.Value(src), n.IsRaw())
			if code != nil && n.Parent().Kind() == ast.KindCodeSpan {
				words = []byte(code(string(words)))
			}
			b.Write(words)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(src))
		}
		return ast.WalkContinue
	})
	return strings.Join(strings.Fields(b.String()), " ")
}
