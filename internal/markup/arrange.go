package markup

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// maxDepth bounds how deep elements nest: browsers and parsers of HTML give up
// at some hundreds, and a message of 16 KiB could ask for thousands.
const maxDepth = 24

// arrange adapts the parsed document to the page: heading levels and anchors,
// link targets, callouts, bounded depth; links to unsafe addresses become
// their words and images from elsewhere become links.
func arrange(doc ast.Node, src []byte, opt options) {
	levels, taken := leveller{top: opt.top}, anchors{}
	var late []func() // changes of the tree that would confuse the walk
	walk(doc, func(n ast.Node) ast.WalkStatus {
		if n.HasChildren() && depth(n) > maxDepth {
			late = append(late, func() { flatten(n, src) })
			return ast.WalkSkipChildren
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = levels.next(n.Level)
			if opt.anchors {
				n.SetAttributeString("id", []byte(taken.next(inlineText(n, src))))
			}
		case *ast.Link:
			if !safe(string(n.Destination)) {
				late = append(late, func() { unwrap(n) })
				break
			}
			target(n, string(n.Destination), opt.newTab)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && !safe(string(n.URL(src))) {
				late = append(late, func() { n.Parent().ReplaceChild(n.Parent(), n, plain(string(n.Label(src)))) })
				break
			}
			target(n, string(n.URL(src)), opt.newTab)
		case *ast.Blockquote:
			callout(n, src)
		case *ast.Image:
			if !ownImage.Match(n.Destination) {
				late = append(late, func() { unpicture(n, opt.newTab) })
			}
		}
		return ast.WalkContinue
	})
	for _, change := range late {
		change()
	}
}

// depth counts the ancestors of a node, up to a little over maxDepth.
func depth(n ast.Node) int {
	d := 0
	for p := n.Parent(); p != nil && d <= maxDepth; p = p.Parent() {
		d++
	}
	return d
}

// flatten replaces a node by its words.
func flatten(n ast.Node, src []byte) {
	words := plain(strings.Join(strings.Fields(blockText(n, src, asText)), " "))
	if n.Type() == ast.TypeInline {
		words = plain(inlineText(n, src))
		n.Parent().ReplaceChild(n.Parent(), n, words)
		return
	}
	para := ast.NewParagraph()
	para.AppendChild(para, words)
	if n.Kind() == ast.KindList || n.Kind() == ast.KindBlockquote || n.Kind() == ast.KindParagraph {
		n.Parent().ReplaceChild(n.Parent(), n, para)
		return
	}
	n.RemoveChildren(n)
	n.AppendChild(n, words)
}

func plain(words string) ast.Node { return ast.NewString([]byte(words)) }

// unwrap replaces a node by its children.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		n.RemoveChild(n, c)
		parent.InsertBefore(parent, n, c)
	}
	parent.RemoveChild(parent, n)
}

// safe reports whether a link may lead there: relative addresses and the
// schemes that the policy lets through.
func safe(dest string) bool {
	u, err := url.Parse(strings.TrimSpace(dest))
	return err == nil && (u.Scheme == "" || slices.Contains(schemes(), strings.ToLower(u.Scheme)))
}

func schemes() []string { return []string{"http", "https", "mailto", "tel"} }

// leveller maps a document's heading levels to ones that begin at top and
// never skip a level on the way down, as screen readers expect.
type leveller struct {
	top  int
	open []int // the author's levels of the headings that enclose the next one
}

func (l *leveller) next(level int) int {
	for len(l.open) > 0 && l.open[len(l.open)-1] >= level {
		l.open = l.open[:len(l.open)-1]
	}
	l.open = append(l.open, level)
	return min(l.top+len(l.open)-1, 6)
}

// anchors hands out ids that are unique in a document. It maps each id that is
// taken to the last number that was appended to it.
type anchors map[string]int

func (a anchors) next(heading string) string {
	base := Slug(heading)
	if base == "" {
		base = "section"
	}
	id := base
	for {
		if _, taken := a[id]; !taken {
			a[id] = 1
			return id
		}
		a[base]++
		id = base + "-" + strconv.Itoa(a[base])
	}
}

func anchorOf(h *ast.Heading) string {
	id, _ := h.AttributeString("id")
	b, _ := id.([]byte)
	return string(b)
}

func target(n ast.Node, dest string, newTab bool) {
	if strings.HasPrefix(dest, "#") || !newTab && !external(dest) {
		return
	}
	n.SetAttributeString("target", []byte("_blank"))
	n.SetAttributeString("rel", []byte("noopener nofollow"))
}

func external(dest string) bool {
	u, err := url.Parse(dest)
	return err != nil || u.Host != "" || u.Scheme == "http" || u.Scheme == "https"
}

// callout gives a quotation that begins with [!NOTE] or one of its kin a class
// and its name in words, because colour alone says nothing to many readers.
func callout(quote *ast.Blockquote, src []byte) {
	para, ok := quote.FirstChild().(*ast.Paragraph)
	if !ok || para.Lines().Len() == 0 {
		return
	}
	first := para.Lines().At(0)
	marker := strings.TrimSpace(string(first.Value(src)))
	if !strings.HasPrefix(marker, "[!") || !strings.HasSuffix(marker, "]") {
		return
	}
	title, ok := calloutTitle(marker[2 : len(marker)-1])
	if !ok {
		return
	}
	for c := para.FirstChild(); c != nil; { // the marker's own line
		next := c.NextSibling()
		t, isText := c.(*ast.Text)
		if !isText || t.Segment.Start >= first.Stop {
			break
		}
		para.RemoveChild(para, c)
		c = next
	}
	quote.SetAttributeString("class", []byte("callout callout-"+strings.ToLower(title)))
	strong := ast.NewEmphasis(2)
	strong.AppendChild(strong, plain(title))
	head := ast.NewParagraph()
	head.AppendChild(head, strong)
	quote.InsertBefore(quote, para, head)
	if para.FirstChild() == nil {
		quote.RemoveChild(quote, para)
	}
}

func calloutTitle(name string) (title string, ok bool) {
	switch strings.ToUpper(name) {
	case "NOTE":
		return "Note", true
	case "TIP":
		return "Tip", true
	case "IMPORTANT":
		return "Important", true
	case "WARNING", "CAUTION":
		return "Warning", true
	}
	return "", false
}

// unpicture replaces an image by a link to it, or by its description where it
// already stands in a link.
func unpicture(img *ast.Image, newTab bool) {
	if inLink(img) || !safe(string(img.Destination)) {
		unwrap(img)
		return
	}
	link := ast.NewLink()
	link.Destination = img.Destination
	target(link, string(img.Destination), newTab)
	for c := img.FirstChild(); c != nil; c = img.FirstChild() {
		img.RemoveChild(img, c)
		link.AppendChild(link, c)
	}
	if link.FirstChild() == nil {
		link.AppendChild(link, plain("image"))
	}
	img.Parent().ReplaceChild(img.Parent(), img, link)
}

func inLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		switch p.Kind() {
		case ast.KindLink:
			return true
		case ast.KindParagraph, ast.KindHeading, extast.KindTableCell:
			return false
		}
	}
	return false
}
