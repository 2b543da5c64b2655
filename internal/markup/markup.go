package markup

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Version names the rules by which HTML is made. Who stores rendered HTML
// stores it too and renders again when it has changed.
const Version = 1

// Heading is a heading of an article.
type Heading struct {
	ID    string `json:"id"`    // the anchor, unique in the article
	Level int    `json:"level"` // 2 … 6; 1 is the page's own title
	Text  string `json:"text"`
}

// Render returns the HTML of a message. Every link opens a new tab, because a
// message is read in a frame; headings begin at level 3 and have no anchors,
// because many messages share a page.
func Render(markdown string) string {
	return render(markdown, options{top: 3, newTab: true})
}

// RenderArticle returns the HTML of an article: headings begin at level 2, skip
// no level and carry the anchors that [Headings] lists. Links within the site
// stay in the tab.
func RenderArticle(markdown string) string {
	return render(markdown, options{top: 2, anchors: true})
}

// Headings lists an article's headings in order, with the anchors and levels
// they have in the output of [RenderArticle].
func Headings(markdown string) []Heading {
	src := []byte(markdown)
	doc := parse(src, options{top: 2, anchors: true})
	out := []Heading{}
	walk(doc, func(n ast.Node) ast.WalkStatus {
		if h, ok := n.(*ast.Heading); ok {
			out = append(out, Heading{ID: anchorOf(h), Level: h.Level, Text: inlineText(h, src)})
			return ast.WalkSkipChildren
		}
		return ast.WalkContinue
	})
	return out
}

// options of one rendering.
type options struct {
	top     int  // level of the topmost heading
	anchors bool // headings carry ids
	newTab  bool // every link opens a new tab, not only those to other sites
}

func parse(src []byte, opt options) ast.Node {
	doc := engine.Parser().Parse(text.NewReader(src))
	arrange(doc, src, opt)
	return doc
}

func render(markdown string, opt options) string {
	src := []byte(markdown)
	var buf bytes.Buffer
	if err := engine.Renderer().Render(&buf, src, parse(src, opt)); err != nil {
		panic(fmt.Errorf("render markdown into memory: %w", err)) // a bytes.Buffer never refuses a write
	}
	return policy.SanitizeReader(&buf).String()
}

// walk visits the nodes on entering.
func walk(root ast.Node, visit func(ast.Node) ast.WalkStatus) {
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // visit returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		return visit(n), nil
	})
}
