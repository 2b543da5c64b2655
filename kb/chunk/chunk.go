// Package chunk cuts an article into the passages that search returns and the
// bot quotes: a section each, long sections at their paragraphs.
package chunk

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/markup"
)

// Chunk is a passage of an article.
type Chunk struct {
	Path     []string // headings that enclose it, outermost first; the last is its own
	Anchor   string   // of its own heading, "" before the first one
	Markdown string   // without the heading
	Text     string   // the same without markup
}

// Heading is the chunk's own heading, or "".
func (c Chunk) Heading() string {
	if len(c.Path) == 0 {
		return ""
	}
	return c.Path[len(c.Path)-1]
}

// Context is the chunk's text with the words that say what it is about: the
// article's title and the headings. It is what gets embedded.
func (c Chunk) Context(title string) string {
	var b strings.Builder
	b.WriteString(title)
	for _, h := range c.Path {
		b.WriteString(" › ")
		b.WriteString(h)
	}
	b.WriteString("\n\n")
	b.WriteString(c.Text)
	return b.String()
}

// Sizes in characters of Markdown. A screen of text answers a question; what
// is much longer buries the answer and blurs the embedding.
const (
	target = 1000 // a long section is cut into pieces of about this
	limit  = 1400 // a section up to this stays whole
	hard   = 4000 // no chunk is longer: what has no paragraphs is cut at lines
)

// Split cuts an article. An article without text has no chunks. Passages of
// little but links to other articles, as under "Related articles", are left out
// when there are others: they are made of the words of other articles' titles,
// and would be found for those.
func Split(markdown string) []Chunk {
	all := split(markdown)
	own := slices.DeleteFunc(slices.Clone(all), func(c Chunk) bool { return navigates(c.Markdown) })
	if len(own) == 0 {
		return all
	}
	return own
}

// ownLink is a link without a scheme: it leads to a page of the same site.
var ownLink = regexp.MustCompile(`\[([^\]]*)\]\((?:[^):/?#]*[/?#][^)]*|[^):]*)\)`)

// navigates reports whether less than a third of the letters of a passage stand
// outside links to other articles.
func navigates(markdown string) bool {
	all := letters(markup.Text(markdown))
	return 3*letters(markup.Text(ownLink.ReplaceAllString(markdown, ""))) < all
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

func split(markdown string) []Chunk {
	var out []Chunk
	var open []markup.Heading
	for _, s := range markup.Sections(markdown) {
		if s.ID != "" {
			for len(open) > 0 && open[len(open)-1].Level >= s.Level {
				open = open[:len(open)-1]
			}
			open = append(open, s.Heading)
		}
		path := make([]string, len(open))
		for i, h := range open {
			path[i] = h.Text
		}
		for _, piece := range pieces(s.Markdown) {
			if text := markup.Text(piece); text != "" {
				out = append(out, Chunk{Path: path, Anchor: s.ID, Markdown: piece, Text: text})
			}
		}
	}
	return out
}

// pieces cuts a section at blank lines outside code.
func pieces(section string) []string {
	if utf8.RuneCountInString(section) <= limit {
		return []string{section}
	}
	var out []string
	var piece strings.Builder
	size := 0
	for _, block := range blocks(section) {
		n := utf8.RuneCountInString(block)
		if size > 0 && size+n > target {
			out = append(out, piece.String())
			piece.Reset()
			size = 0
		}
		if size > 0 {
			piece.WriteString("\n\n")
		}
		piece.WriteString(block)
		size += n
	}
	return append(out, piece.String())
}

// blocks returns a section's paragraphs, lists' items and code blocks. One
// that is longer than any chunk may be comes in parts.
func blocks(section string) []string {
	var c cutter
	for line := range strings.SplitSeq(section, "\n") {
		if mark := fenceOf(line); mark != "" && c.fence == "" {
			c.fence = mark
		} else if mark != "" && mark == c.fence {
			c.fence = ""
		}
		if c.fence == "" && strings.TrimSpace(line) == "" {
			c.end()
			continue
		}
		c.add(line)
	}
	c.end()
	return c.out
}

// cutter collects lines into blocks.
type cutter struct {
	out   []string
	block []string
	size  int    // characters of block
	fence string // that of the code block which is open
}

func (c *cutter) end() {
	if text := strings.Join(c.block, "\n"); strings.TrimSpace(text) != "" {
		c.out = append(c.out, text)
	}
	c.block, c.size = nil, 0
}

// add takes a line, after a cut when the block would grow too long. Code that
// is cut is closed and opened again.
func (c *cutter) add(line string) {
	n := utf8.RuneCountInString(line) + 1
	if c.size+n > hard && len(c.block) > 0 {
		if c.fence != "" {
			c.block = append(c.block, c.fence)
		}
		c.end()
		if c.fence != "" {
			c.block = append(c.block, c.fence)
		}
	}
	for runes := []rune(line); len(runes) > hard; runes = []rune(line) {
		c.block = append(c.block, string(runes[:hard]))
		c.end()
		line = string(runes[hard:])
	}
	c.block, c.size = append(c.block, line), c.size+utf8.RuneCountInString(line)+1
}

func fenceOf(line string) string {
	s := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(s, "```"):
		return "```"
	case strings.HasPrefix(s, "~~~"):
		return "~~~"
	}
	return ""
}
