package kind

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Guide is a troubleshooting guide: a tree of questions. The first node is
// where it begins.
type Guide struct {
	Intro Part
	Nodes []Node
}

// Node is a question with the answers to choose from, or, without answers, what
// to do.
type Node struct {
	Part
	Answers []Answer
}

// Answer leads to another node of the guide.
type Answer struct {
	Label string
	To    string // id of a node; "" when the text has no such heading
}

// GuideOf reads an article as a tree: each heading of the top level is a node,
// and a list of nothing but links to headings of the article at its end are the
// answers. So the article is a guide of its own where kinds are not known.
func GuideOf(article string) Guide {
	var g Guide
	cut := cutNodes(article)
	top := topOf(cut)
	for i := 0; i < len(cut); {
		end := i + 1
		for end < len(cut) && cut[end].level > top {
			end++
		}
		if cut[i].level == 0 {
			g.Intro, i = cut[i].part(), i+1
			continue
		}
		s := cut[i]
		s.nodes = append([]*html.Node{}, s.nodes...)
		for _, below := range cut[i+1 : end] {
			s.nodes = append(s.nodes, below.whole()...)
		}
		rest, answers := takeAnswers(s.nodes)
		s.nodes = rest
		g.Nodes = append(g.Nodes, Node{Part: s.part(), Answers: answers})
		i = end
	}
	for i := range g.Nodes {
		for j := range g.Nodes[i].Answers {
			if a := &g.Nodes[i].Answers[j]; g.Node(a.To) == nil {
				a.To = ""
			}
		}
	}
	return g
}

// Node returns the node with the id, nil when there is none.
func (g *Guide) Node(id string) *Node {
	at := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.ID == id && id != "" })
	if at < 0 {
		return nil
	}
	return &g.Nodes[at]
}

// Broken returns the label of the first answer that leads nowhere.
func (g *Guide) Broken() (label string, ok bool) {
	for _, n := range g.Nodes {
		for _, a := range n.Answers {
			if a.To == "" {
				return a.Label, true
			}
		}
	}
	return "", false
}

// Before returns the node from which the shortest way leads to a node; "" for
// the first node and for one that no answer leads to.
func (g *Guide) Before(id string) string {
	if len(g.Nodes) == 0 {
		return ""
	}
	first := g.Nodes[0].ID
	from := map[string]string{first: ""}
	for queue := []string{first}; len(queue) > 0; queue = queue[1:] {
		for _, a := range g.Node(queue[0]).Answers {
			if _, seen := from[a.To]; !seen && a.To != "" {
				from[a.To] = queue[0]
				queue = append(queue, a.To)
			}
		}
	}
	return from[id]
}

// takeAnswers splits off a list of answers at the end.
func takeAnswers(nodes []*html.Node) (rest []*html.Node, answers []Answer) {
	last := len(nodes) - 1
	for last >= 0 && nodes[last].Type == html.TextNode && strings.TrimSpace(nodes[last].Data) == "" {
		last--
	}
	if last < 0 || nodes[last].DataAtom != atom.Ul && nodes[last].DataAtom != atom.Ol {
		return nodes, nil
	}
	for item := range nodes[last].ChildNodes() {
		if item.DataAtom != atom.Li {
			continue
		}
		a, ok := answerOf(item)
		if !ok {
			return nodes, nil
		}
		answers = append(answers, a)
	}
	if len(answers) == 0 {
		return nodes, nil
	}
	return nodes[:last], answers
}

// answerOf reads an item that is nothing but a link to a heading.
func answerOf(item *html.Node) (Answer, bool) {
	var link *html.Node
	for n := range item.Descendants() {
		if n.DataAtom == atom.A && link == nil {
			link = n
		}
	}
	if link == nil || plain([]*html.Node{item}) != plain([]*html.Node{link}) {
		return Answer{}, false
	}
	anchor, ok := strings.CutPrefix(attr(link, "href"), "#")
	if !ok {
		return Answer{}, false
	}
	if id, err := url.PathUnescape(anchor); err == nil {
		anchor = id
	}
	return Answer{Label: plain([]*html.Node{link}), To: anchor}, true
}
