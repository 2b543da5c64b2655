package flow

import "strings"

// fill puts attributes in the place of their names in braces. Other braces stay
// as they are; an attribute that is not known is nothing.
func fill(text string, value func(name string) string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		name := text[open+1 : open+end]
		if !validName(name) { // the brace may come before another one
			b.WriteString(text[:open+1])
			text = text[open+1:]
			continue
		}
		b.WriteString(text[:open])
		b.WriteString(value(name))
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

// names lists the attributes that a text inserts.
func names(text string) []string {
	var out []string
	fill(text, func(name string) string {
		out = append(out, name)
		return ""
	})
	return out
}

// escape makes a value mean itself in Markdown: what a visitor or a tool says is
// shown, and formats nothing. A backslash before any ASCII punctuation is that
// punctuation (CommonMark 0.31, section 2.4), also in a link's destination.
func escape(value string) string {
	var b strings.Builder
	for _, r := range value {
		if r < 0x80 && strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// maxName bounds the name of an attribute.
const maxName = 64

// validName accepts names of attributes: small letters, digits and _, a letter
// first.
func validName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
