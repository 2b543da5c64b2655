package kind

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"parley/internal/view"
)

// Part is what stands below a heading of an article, up to the next one.
type Part struct {
	ID    string    // the anchor; "" for what stands before the first heading
	Title string    // without markup
	Level int       // of the heading, 2 … 6; 0 before the first one
	HTML  view.Safe // without the heading
	Text  string    // the same without markup
}

// Cut cuts an article at its headings. Headings within quotations and lists do
// not cut. The first part is there only when it holds something.
func Cut(article string) []Part {
	cut := cutNodes(article)
	out := make([]Part, len(cut))
	for i, c := range cut {
		out[i] = c.part()
	}
	return out
}

// section is a part before it is written.
type section struct {
	id, title string
	level     int
	nodes     []*html.Node
}

func cutNodes(article string) []section {
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(article), body)
	if err != nil {
		panic(err) // only a reader fails, and a string does not
	}
	var out []section
	open := section{}
	end := func() {
		if open.level > 0 || strings.TrimSpace(textOf(open.nodes...)) != "" {
			out = append(out, open)
		}
	}
	for _, n := range nodes {
		if level := headingLevel(n); level > 0 {
			end()
			open = section{id: attr(n, "id"), title: strings.Join(strings.Fields(textOf(n)), " "), level: level}
			continue
		}
		open.nodes = append(open.nodes, n)
	}
	end()
	return out
}

func (s *section) part() Part {
	return Part{ID: s.id, Title: s.title, Level: s.level, HTML: write(s.nodes), Text: plain(s.nodes)}
}

// heading writes a section with its heading.
func (s *section) whole() []*html.Node {
	h := &html.Node{Type: html.ElementNode, Data: "h" + strconv.Itoa(s.level), Attr: []html.Attribute{{Key: "id", Val: s.id}}}
	h.AppendChild(&html.Node{Type: html.TextNode, Data: s.title})
	return append([]*html.Node{h}, s.nodes...)
}

// write is safe because the nodes are those of safe HTML.
func write(nodes []*html.Node) view.Safe {
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			panic(err) // a strings.Builder never refuses a write, and the nodes come from a parser
		}
	}
	return view.Safe(strings.TrimSpace(b.String()))
}

func plain(nodes []*html.Node) string { return strings.Join(strings.Fields(textOf(nodes...)), " ") }

func textOf(nodes ...*html.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
			}
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(n.Data[1] - '0')
	}
	return 0
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
