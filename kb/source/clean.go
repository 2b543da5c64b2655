package source

import (
	"regexp"
	"strconv"
	"strings"
)

// What site generators put between the words: Liquid and Jinja tags, attribute
// lists of kramdown, ids in braces, comments, imports of MDX.
var (
	liquidTag  = regexp.MustCompile(`(?s)\{%.*?%\}`)
	liquidVar  = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	pageList   = regexp.MustCompile(`\bpage\.([A-Za-z_]\w*)`)
	attrList   = regexp.MustCompile(`\{:[^}\n]*\}`)
	headingID  = regexp.MustCompile(`(?m)^(#{1,6} .*?)[ \t]*\{#[^}\n]*\}[ \t]*$`)
	comment    = regexp.MustCompile(`(?s)<!--.*?-->|\{/\*.*?\*/\}`)
	mdxImport  = regexp.MustCompile(`(?m)^(?:import\s+(?:[\w*{][^;\n]*\sfrom\s+)?['"][^'"\n]+['"];?|export\s+(?:const|let|default|function)\b[^\n]*)[ \t]*$`)
	blankLines = regexp.MustCompile(`\n[ \t]*\n(?:[ \t]*\n)+`)
)

// clean leaves Markdown and nothing else. Code is untouched.
func clean(text string, front matter) string {
	text, code := hideCode(text)
	text = comment.ReplaceAllString(text, "")
	text = mdxImport.ReplaceAllString(text, "")
	text = liquidTag.ReplaceAllStringFunc(text, func(tag string) string { return listOf(tag, front) })
	text = liquidVar.ReplaceAllString(text, "")
	text = attrList.ReplaceAllString(text, "")
	text = headingID.ReplaceAllString(text, "$1")
	text = untag(text)
	text = blankLines.ReplaceAllString(text, "\n\n")
	return strings.Trim(code.show(text), "\n") + "\n"
}

// listOf gives the list in the front matter that an include shows, as a
// Markdown list; any other tag gives nothing.
func listOf(tag string, front matter) string {
	m := pageList.FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	var b strings.Builder
	for _, item := range front.list(m[1]) {
		b.WriteString("- " + item + "\n")
	}
	return b.String()
}

// hidden holds pieces of a text that must not be touched. In the text each is
// replaced by its number between two NULs, which no source may contain.
type hidden []string

func (h *hidden) put(piece string) string {
	*h = append(*h, piece)
	return "\x00" + strconv.Itoa(len(*h)-1) + "\x00"
}

var hiddenMark = regexp.MustCompile("\x00([0-9]+)\x00")

func (h hidden) show(text string) string {
	return hiddenMark.ReplaceAllStringFunc(text, func(mark string) string {
		n, err := strconv.Atoi(mark[1 : len(mark)-1])
		if err != nil || n >= len(h) {
			return ""
		}
		return h[n]
	})
}

// hideCode hides fenced blocks and code spans.
func hideCode(text string) (string, hidden) {
	var code hidden
	var out, block strings.Builder
	fence := ""
	for line := range strings.SplitAfterSeq(text, "\n") {
		mark := fenceOf(line)
		switch {
		case fence == "" && mark == "":
			out.WriteString(line)
		case fence == "":
			fence = mark
			block.WriteString(line)
		default:
			block.WriteString(line)
			if mark != "" && mark[0] == fence[0] && len(mark) >= len(fence) && strings.TrimSpace(line) == mark {
				out.WriteString(code.put(strings.TrimSuffix(block.String(), "\n")) + "\n")
				block.Reset()
				fence = ""
			}
		}
	}
	if fence != "" { // never closed: it reaches to the end
		out.WriteString(code.put(block.String()))
	}
	return hideSpans(out.String(), &code), code
}

func fenceOf(line string) string {
	s := strings.TrimLeft(line, " \t")
	for _, c := range []string{"`", "~"} {
		n := len(s) - len(strings.TrimLeft(s, c))
		if n >= 3 && (c == "~" || !strings.Contains(s[n:], "`")) {
			return s[:n]
		}
	}
	return ""
}

func hideSpans(text string, code *hidden) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(text, '`')
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		n := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		end := closing(text[i+n:], n)
		if end < 0 {
			out.WriteString(text[:i+n])
			text = text[i+n:]
			continue
		}
		out.WriteString(text[:i])
		out.WriteString(code.put(text[i : i+n+end]))
		text = text[i+n+end:]
	}
}

// closing returns the offset after the next run of exactly n backticks in the
// same paragraph, or -1.
func closing(text string, n int) int {
	if p := strings.Index(text, "\n\n"); p >= 0 {
		text = text[:p]
	}
	for i := 0; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		run := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if run == n {
			return i + n
		}
		i += run
	}
	return -1
}
