package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// Section is a part of an article: what stands between two headings.
type Section struct {
	Heading  // the zero Heading for what stands before the first one
	Markdown string
}

// Sections cuts an article at its headings. Headings within quotations and
// lists do not cut. The first section is there only when it holds something.
func Sections(markdown string) []Section {
	src := []byte(markdown)
	doc := parse(src, options{top: 2, anchors: true})
	var out []Section
	var open Heading
	from := 0
	end := func(at int) {
		if body := strings.Trim(markdown[from:at], "\n"); open.ID != "" || strings.TrimSpace(body) != "" {
			out = append(out, Section{Heading: open, Markdown: body})
		}
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || h.Lines().Len() == 0 {
			continue
		}
		lines := h.Lines()
		end(bytes.LastIndexByte(src[:lines.At(0).Start], '\n') + 1)
		open = Heading{ID: anchorOf(h), Level: h.Level, Text: inlineText(h, src)}
		from = afterHeading(src, lines.At(lines.Len()-1).Stop)
	}
	end(len(src))
	return out
}

// afterHeading returns where the text after a heading begins: behind the line
// of the heading, and behind the underline of the other style of headings.
func afterHeading(src []byte, at int) int {
	if at > 0 && src[at-1] != '\n' {
		at = lineEnd(src, at)
	}
	next := lineEnd(src, at)
	if line := bytes.TrimSpace(src[at:next]); len(line) > 0 && (len(bytes.Trim(line, "=")) == 0 || len(bytes.Trim(line, "-")) == 0) {
		return next
	}
	return at
}

func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}
