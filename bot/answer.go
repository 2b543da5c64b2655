package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/event"
	"parley/internal/words"
)

// answerRunes is how long a quoted answer may be. A chat window shows about
// that much without scrolling; the source leads to the rest.
const answerRunes = 700

// condense returns the part of an article's passage that answers the question:
// all of a short one, else whole paragraphs, lists and code blocks around the
// one that has most of the question's words. Nothing is rewritten.
func (u *understanding) condense(markdown, question string) string {
	blocks := splitBlocks(markdown)
	if len(blocks) == 0 {
		return ""
	}
	if total(blocks) <= answerRunes {
		return join(blocks)
	}
	best, score := 0, -1
	wanted := u.content(question)
	for i, b := range blocks {
		if s := u.overlap(b.text, wanted); s > score {
			best, score = i, s
		}
	}
	from, to := best, best+1
	if from > 0 && blocks[from].continues() {
		from--
	}
	for to < len(blocks) {
		limit := answerRunes
		if blocks[to].continues() {
			limit = 2 * answerRunes
		} else if u.overlap(blocks[to].text, wanted) == 0 {
			break
		}
		if total(blocks[from:to+1]) > limit {
			break
		}
		to++
	}
	return shorten(blocks[from:to])
}

// block is a paragraph, list, quotation, table or code block.
type block struct {
	text string
	kind blockKind
}

type blockKind int

const (
	paragraph blockKind = iota
	list
	code
)

// continues reports whether a block says little without the one before it: a
// list, a table or a sample is always introduced.
func (b *block) continues() bool { return b.kind != paragraph }

// splitBlocks cuts Markdown at blank lines outside fences. Headings are left
// out: the answer is shown under its article's title.
func splitBlocks(markdown string) []block {
	var blocks []block
	var current []string
	fence, inItem := "", false
	flush := func() {
		if text := strings.TrimRight(strings.Join(current, "\n"), " \n"); strings.TrimSpace(text) != "" {
			blocks = append(blocks, block{text, kindOf(current[0])})
		}
		current = nil
	}
	for l := range strings.Lines(markdown) {
		l = strings.TrimRight(l, "\r\n")
		trimmed := strings.TrimSpace(l)
		switch {
		case fence != "":
			current = append(current, l)
			if strings.HasPrefix(trimmed, fence) {
				if fence = ""; !inItem {
					flush()
				}
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			if inItem = strings.HasPrefix(l, " "); !inItem {
				flush()
			}
			fence = trimmed[:3]
			current = append(current, l)
		case trimmed == "":
			flush()
		case strings.HasPrefix(l, "#"):
			flush()
		default:
			current = append(current, l)
		}
	}
	flush()
	return joinLists(blocks)
}

func kindOf(first string) blockKind {
	trimmed := strings.TrimSpace(first)
	switch {
	case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
		return code
	case strings.HasPrefix(trimmed, "- "), strings.HasPrefix(trimmed, "* "), strings.HasPrefix(trimmed, "+ "), strings.HasPrefix(trimmed, "|"):
		return list
	}
	digits := strings.TrimLeft(trimmed, "0123456789")
	if digits != trimmed && (strings.HasPrefix(digits, ". ") || strings.HasPrefix(digits, ") ")) {
		return list
	}
	return paragraph
}

// joinLists puts the items of a loose list, and what is indented below them,
// into one block.
func joinLists(blocks []block) []block {
	var out []block
	for _, b := range blocks {
		last := len(out) - 1
		indented := strings.HasPrefix(b.text, "  ") || strings.HasPrefix(b.text, "\t")
		if last >= 0 && out[last].kind == list && (b.kind == list || indented) {
			out[last].text += "\n\n" + b.text
			continue
		}
		out = append(out, b)
	}
	return out
}

func total(blocks []block) int {
	n := 0
	for _, b := range blocks {
		n += utf8.RuneCountInString(b.text)
	}
	return n
}

func join(blocks []block) string {
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.text
	}
	return strings.Join(texts, "\n\n")
}

// shorten drops whole lines from the end of what is still too long, and says
// so. A fence that is cut open is closed again.
func shorten(blocks []block) string {
	text := join(blocks)
	if utf8.RuneCountInString(text) <= 2*answerRunes {
		return text
	}
	var kept strings.Builder
	open := false
	for l := range strings.Lines(text) {
		if utf8.RuneCountInString(kept.String())+utf8.RuneCountInString(l) > 2*answerRunes {
			break
		}
		if strings.HasPrefix(strings.TrimSpace(l), "```") {
			open = !open
		}
		kept.WriteString(l)
	}
	if kept.Len() == 0 { // one endless line
		kept.WriteString(string([]rune(text)[:2*answerRunes]))
	}
	if open {
		kept.WriteString("```\n")
	}
	return strings.TrimRight(kept.String(), " \n") + "\n\n…"
}

// content lists the words of a question that carry its meaning, cut to stems
// of five letters.
func (u *understanding) content(text string) map[string]bool {
	var n words.Text
	n.Set(text)
	words := map[string]bool{}
	for i := range n.Words {
		if w := n.Word(i); !u.languages.empty[string(w)] {
			words[stem(w)] = true
		}
	}
	return words
}

// overlap counts the wanted words that a text has.
func (u *understanding) overlap(text string, wanted map[string]bool) int {
	var n words.Text
	n.Set(text)
	seen := map[string]bool{}
	for i := range n.Words {
		if s := stem(n.Word(i)); wanted[s] {
			seen[s] = true
		}
	}
	return len(seen)
}

// stem is the beginning of a word: enough to compare inflected forms inside one
// passage.
func stem(word []byte) string {
	const length = 5
	for i, n := 0, 0; i < len(word); n++ {
		if n == length {
			return string(word[:i])
		}
		_, size := utf8.DecodeRune(word[i:])
		i += size
	}
	return string(word)
}

// sources lists the articles an answer comes from and those worth reading
// beside it: the answering passage first, then others that are as good.
func sources(passages []event.Passage, atLeast float64) []event.Source {
	const most = 3
	out := []event.Source{}
	seen := map[string]bool{}
	for i := range passages {
		p := &passages[i]
		if seen[p.URL] || len(out) == most || (i > 0 && p.Answerable < atLeast) {
			continue
		}
		seen[p.URL] = true
		out = append(out, sourceOf(p))
	}
	return out
}

func sourceOf(p *event.Passage) event.Source {
	return event.Source{Title: p.Title, URL: p.URL, Article: p.Article, Snippet: p.Snippet, Audience: p.Audience}
}

// isProse reports whether a text says something itself: at least a third of its
// letters stand outside links.
func (u *understanding) isProse(markdown string) bool {
	all, own := letters(markdown), letters(u.patterns.links.ReplaceAllString(markdown, ""))
	return own > 0 && 3*own >= all
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
