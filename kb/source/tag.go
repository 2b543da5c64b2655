package source

import (
	"html"
	"strings"
)

// tag is an HTML or JSX tag.
type tag struct {
	name  string
	close bool // </name>
	self  bool // <name />
	attrs map[string]string
}

const maxTag = 64 << 10 // bytes: a table in a component's attributes is long

// readTag reads the tag that text begins with; n is its length, 0 when text
// begins with no tag but with a mere "<".
func readTag(text string) (t tag, n int) {
	i := 1
	if i < len(text) && text[i] == '/' {
		t.close = true
		i++
	}
	start := i
	for i < len(text) && isNameByte(text[i], i == start) {
		i++
	}
	t.name = text[start:i]
	if t.name == "" || i == len(text) || !strings.ContainsRune(" \t\n/>", rune(text[i])) {
		return tag{}, 0
	}
	t.attrs = map[string]string{}
	for i < len(text) && i < maxTag {
		switch c := text[i]; {
		case c == '>':
			return t, i + 1
		case c == '/':
			t.self = true
			i++
		case isSpace(c):
			i++
		case c == '<':
			return tag{}, 0
		default:
			t.self = false
			key, value, size := readAttr(text[i:])
			if size == 0 {
				return tag{}, 0
			}
			t.attrs[strings.ToLower(key)] = value
			i += size
		}
	}
	return tag{}, 0
}

// readAttr reads name, name=value, name="value" or name={value}.
func readAttr(text string) (key, value string, n int) {
	for n < len(text) && !isSpace(text[n]) && !strings.ContainsRune("=/>{\"'", rune(text[n])) {
		n++
	}
	key = text[:n]
	if n < len(text) && text[n] == '{' && key == "" { // {...props}
		size := braces(text)
		return "", "", size
	}
	if key == "" {
		return "", "", 0
	}
	if n == len(text) || text[n] != '=' {
		return key, "", n
	}
	n++
	if n == len(text) {
		return "", "", 0
	}
	switch text[n] {
	case '"', '\'':
		end := strings.IndexByte(text[n+1:], text[n])
		if end < 0 {
			return "", "", 0
		}
		return key, html.UnescapeString(text[n+1 : n+1+end]), n + end + 2
	case '{':
		size := braces(text[n:])
		if size == 0 {
			return "", "", 0
		}
		return key, text[n : n+size], n + size
	}
	start := n
	for n < len(text) && !isSpace(text[n]) && text[n] != '>' {
		n++
	}
	return key, html.UnescapeString(text[start:n]), n
}

// braces returns the length of the {…} that text begins with, strings within
// skipped; 0 when it does not end.
func braces(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{':
			depth++
		case '}':
			depth--
			if depth == 0 {
				return i + 1
			}
		case '"', '\'', '`':
			if end := quoted(text[i:]); end > 0 {
				i += end - 1
			}
		}
	}
	return 0
}

// quoted returns the length of the string literal that text begins with, 0
// when it does not end on its line.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			return 0
		case text[0]:
			return i + 1
		}
	}
	return 0
}

func isNameByte(c byte, first bool) bool {
	letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	return letter || !first && ('0' <= c && c <= '9' || c == '-' || c == '.')
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// words returns what a reader would see of a JSX expression: its strings and
// the text between its tags; a line for each innermost list.
func words(expr string) []string {
	var w wordReader
	for i := 0; i < len(expr); {
		i += w.step(expr[i:])
	}
	w.endRow()
	return w.rows
}

// wordReader collects the words of an expression.
type wordReader struct {
	rows      []string
	row, cell []string
	elements  int // that are open
}

// step reads what rest begins with and returns its length.
func (w *wordReader) step(rest string) int {
	switch c := rest[0]; {
	case c == '<':
		t, n := readTag(rest)
		if t.close {
			w.elements--
		} else if n > 0 && !t.self {
			w.elements++
		}
		return max(n, 1)
	case w.elements > 0:
		text, _, _ := strings.Cut(rest, "<")
		w.cell = append(w.cell, text)
		return len(text)
	case c == '"' || c == '\'' || c == '`':
		n := quoted(rest)
		if n > 0 {
			w.cell = append(w.cell, rest[1:n-1])
		}
		return max(n, 1)
	case c == ',':
		w.endCell()
	case c == '[' || c == ']':
		w.endRow()
	}
	return 1
}

func (w *wordReader) endCell() {
	if s := oneLine(strings.Join(w.cell, " ")); s != "" {
		w.row = append(w.row, s)
	}
	w.cell = nil
}

func (w *wordReader) endRow() {
	w.endCell()
	if len(w.row) > 0 {
		w.rows = append(w.rows, strings.Join(w.row, " — "))
	}
	w.row = nil
}
