package source

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// frame is an element that is open, with what it holds so far as Markdown.
type frame struct {
	tag
	indent string // white space before it on its line
	buf    strings.Builder
}

// untagger turns the HTML and JSX elements in a text into Markdown, or into
// the words they hold.
type untagger struct {
	stack []*frame
}

// untag replaces tags. Names that are neither HTML nor a component, such as
// <package> in a command's description, stay as they are written.
func untag(text string) string {
	u := untagger{stack: []*frame{{}}}
	for text != "" {
		i := strings.IndexByte(text, '<')
		if i < 0 {
			break
		}
		u.write(text[:i])
		t, n := readTag(text[i:])
		if n == 0 || !known(t.name) {
			n = max(n, 1)
			u.write(text[i : i+n])
		} else if skip := u.element(t, text[i+n:]); skip > 0 {
			n += skip
		}
		text = text[i+n:]
	}
	u.write(text)
	for len(u.stack) > 1 {
		u.pop()
	}
	return u.stack[0].buf.String()
}

// element handles a tag; skip is how much of the rest belongs to it and is
// dropped.
func (u *untagger) element(t tag, rest string) (skip int) {
	name := strings.ToLower(t.name)
	switch {
	case t.close:
		u.closeTag(name)
	case dropped[name] && !t.self:
		end := strings.Index(strings.ToLower(rest), "</"+name)
		if end < 0 {
			return 0
		}
		_, n := readTag(rest[end:])
		return end + n
	case name == "br":
		u.emit("\n")
	case name == "hr":
		u.emit("\n\n---\n\n")
	case t.attrs["src"] != "" && (void[name] || t.self):
		u.emit("![" + oneLine(t.attrs["alt"]) + "](" + t.attrs["src"] + ")")
	case void[name]:
	case t.self:
		u.emit(component(t))
	default:
		u.push(t, name)
	}
	return 0
}

func (u *untagger) top() *frame { return u.stack[len(u.stack)-1] }

func (u *untagger) emit(markdown string) { u.top().buf.WriteString(markdown) }

// write adds text of the source. Directly within HTML blocks the indentation
// is the page author's and would turn words into code.
func (u *untagger) write(text string) {
	if !htmlBlock[u.top().name] {
		u.emit(text)
		return
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			u.emit("\n")
			line = strings.TrimLeft(line, " \t")
		}
		u.emit(line)
	}
}

func (u *untagger) push(t tag, name string) {
	f := &frame{tag: t}
	f.name = name
	if isComponent(t.name) && callouts[name] == "" && inline[name] == "" {
		f.name = "component"
	}
	parent := u.top().buf.String()
	line := parent[strings.LastIndexByte(parent, '\n')+1:]
	if strings.TrimSpace(line) == "" {
		f.indent = line
	}
	u.stack = append(u.stack, f)
}

func (u *untagger) closeTag(name string) {
	for i := len(u.stack) - 1; i > 0; i-- {
		open := u.stack[i].name
		if open == name || open == "component" && !htmlNames[name] {
			for len(u.stack) > i {
				u.pop()
			}
			return
		}
	}
}

// pop closes the innermost element and hands its Markdown to the one around.
func (u *untagger) pop() {
	f := u.top()
	u.stack = u.stack[:len(u.stack)-1]
	body := f.buf.String()
	switch name := f.name; {
	case callouts[name] != "":
		u.emit("\n\n" + quote(callouts[name], body, f.indent) + "\n\n")
	case inline[name] != "":
		u.emit(wrap(body, inline[name]))
	case name == "a" || name == "link":
		u.emit(anchor(f.attrs["href"]+f.attrs["to"], body))
	case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
		u.emit("\n\n" + strings.Repeat("#", int(name[1]-'0')) + " " + oneLine(body) + "\n\n")
	case name == "summary" || name == "caption":
		u.emit("\n\n**" + oneLine(body) + "**\n\n")
	case name == "li":
		u.emit("\n" + item(u.marker(), body))
	case name == "tr":
		u.emit("\n- " + strings.Trim(strings.TrimSpace(oneLine(body)), "|"))
	case name == "td" || name == "th":
		u.emit(oneLine(body) + " | ")
	case name == "pre":
		u.emit("\n\n```\n" + strings.Trim(html.UnescapeString(strings.ReplaceAll(body, "`", "")), "\n") + "\n```\n\n")
	case name == "component" || name == "details":
		u.emit("\n\n" + dedent(body) + "\n\n")
	case htmlBlock[name]:
		u.emit("\n\n" + strings.TrimSpace(body) + "\n\n")
	default:
		u.emit(body)
	}
}

// marker is that of the list which is open.
func (u *untagger) marker() string {
	for i := len(u.stack) - 1; i > 0; i-- {
		switch u.stack[i].name {
		case "ol":
			return "1. "
		case "ul":
			return "- "
		}
	}
	return "- "
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func wrap(body, mark string) string {
	words := oneLine(body)
	if words == "" {
		return ""
	}
	lead, trail := "", ""
	if unicode.IsSpace(rune(body[0])) {
		lead = " "
	}
	if unicode.IsSpace(rune(body[len(body)-1])) {
		trail = " "
	}
	return lead + mark + words + mark + trail
}

func anchor(href, body string) string {
	words := oneLine(body)
	if words == "" || href == "" || strings.ContainsAny(href, " {}") {
		return words
	}
	return "[" + words + "](" + href + ")"
}

// item indents what follows an item's first line, so that it stays part of it.
func item(marker, body string) string {
	lines := strings.Split(strings.TrimSpace(body), "\n")
	for i, line := range lines {
		if i > 0 && strings.TrimSpace(line) != "" {
			lines[i] = strings.Repeat(" ", len(marker)) + line
		}
	}
	return marker + strings.Join(lines, "\n")
}

// boldName is a callout's name as its first words.
var boldName = regexp.MustCompile(`^\*\*([A-Za-z]+)(?::\*\*|\*\*:)\s*`)

// quote writes a callout. A name that its text begins with wins over the
// element's, and is not said twice.
func quote(name, body, indent string) string {
	body = strings.TrimSpace(dedent(body))
	if m := boldName.FindStringSubmatch(body); m != nil && callouts[strings.ToLower(m[1])] != "" {
		name, body = callouts[strings.ToLower(m[1])], body[len(m[0]):]
	}
	var b strings.Builder
	b.WriteString(indent + "> [!" + name + "]")
	for line := range strings.SplitSeq(body, "\n") {
		b.WriteString("\n" + indent + strings.TrimRight("> "+line, " "))
	}
	return b.String()
}

// dedent removes the indentation that all lines share.
func dedent(s string) string {
	lines := strings.Split(s, "\n")
	least := -1
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if n := len(line) - len(strings.TrimLeft(line, " \t")); least < 0 || n < least {
			least = n
		}
	}
	for i, line := range lines {
		lines[i] = line[min(max(least, 0), len(line)-len(strings.TrimLeft(line, " \t"))):]
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// component gives the words in the attributes of a component without content.
func component(t tag) string {
	if id := t.attrs["id"]; strings.EqualFold(t.name, "youtube") && id != "" {
		return "[Video](https://www.youtube.com/watch?v=" + id + ")"
	}
	var b strings.Builder
	for _, key := range []string{"title", "label", "header", "text", "description"} {
		if v := t.attrs[key]; v != "" && v[0] != '{' {
			b.WriteString("\n\n" + oneLine(v) + "\n\n")
		}
	}
	for _, key := range []string{"headers", "rows", "items", "data", "content"} {
		if v := t.attrs[key]; strings.HasPrefix(v, "{") {
			for _, row := range words(v) {
				b.WriteString("\n- " + row)
			}
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n\n")
	}
	return b.String()
}
