package markup

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Link is a link or a picture in a document.
type Link struct {
	Dest  string // as written, character references resolved
	Text  string // its words; of a picture the description
	Image bool
	Line  int // in the Markdown, from 1; 0 when the link has no words
}

// Links lists the links and pictures of a document in order, also those that
// rendering leaves out because their address is not safe.
func Links(markdown string) []Link {
	src := []byte(markdown)
	var out []Link
	walk(engine.Parser().Parse(text.NewReader(src)), func(n ast.Node) ast.WalkStatus {
		switch l := n.(type) {
		case *ast.Link:
			out = append(out, Link{Dest: string(l.Destination), Text: inlineText(l, src), Line: lineOf(l, src)})
		case *ast.Image:
			out = append(out, Link{Dest: string(l.Destination), Text: inlineText(l, src), Image: true, Line: lineOf(l, src)})
			return ast.WalkSkipChildren
		case *ast.AutoLink:
			if l.AutoLinkType == ast.AutoLinkURL {
				out = append(out, Link{Dest: string(l.URL(src)), Text: string(l.Label(src)), Line: lineOf(l, src)})
			}
		}
		return ast.WalkContinue
	})
	return out
}

// lineOf is the line of a node's first words, else of its block.
func lineOf(n ast.Node, src []byte) int {
	at := -1
	walk(n, func(inner ast.Node) ast.WalkStatus {
		if t, ok := inner.(*ast.Text); ok && at < 0 {
			at = t.Segment.Start
		}
		return ast.WalkContinue
	})
	for p := n.Parent(); at < 0 && p != nil; p = p.Parent() {
		if p.Type() == ast.TypeBlock && p.Lines() != nil && p.Lines().Len() > 0 {
			at = p.Lines().At(0).Start
		}
	}
	if at < 0 {
		return 0
	}
	return 1 + bytes.Count(src[:at], []byte("\n"))
}
