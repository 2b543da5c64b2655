package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/event"
)

// patterns are what a guard and the citations look for.
type patterns struct{ images, links, addresses, citations *regexp.Regexp }

func newPatterns() *patterns {
	return &patterns{
		images:    regexp.MustCompile(`!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?`),
		links:     regexp.MustCompile(`\[([^\]]*)\]\(\s*<?([^)\s>]*)[^)]*\)?`),
		addresses: regexp.MustCompile(`(?i)<[a-z][a-z0-9+.-]+:[^\s<>]*>|<[^\s<>]*@[^\s<>]*>|<?\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|javascript:|data:)[^\s<>)\]]*>?|[^\s<>()@]+@[^\s<>()@]+\.[^\s<>()@]+`),
		citations: regexp.MustCompile(`\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]`),
	}
}

// guard takes out of a model's text every address that the passages do not
// have, and every image. Text is kept.
type guard struct {
	*patterns
	allowed map[string]bool
}

func newGuard(p *patterns, passages []event.Passage) *guard {
	g := &guard{patterns: p, allowed: map[string]bool{}}
	for i := range passages {
		p := &passages[i]
		g.allowed[p.URL] = true
		for _, text := range []string{p.Markdown, p.Text} {
			for _, a := range g.addresses.FindAllString(text, -1) {
				g.allowed[bare(a)] = true
			}
			for _, l := range g.links.FindAllStringSubmatch(text, -1) {
				g.allowed[l[2]] = true
			}
		}
	}
	delete(g.allowed, "")
	return g
}

func bare(address string) string { return strings.TrimRight(strings.Trim(address, "<>"), ".,;:!?") }

// clean returns the text with only allowed addresses. What is cut out may bring
// together the halves of another address, so it goes on until nothing changes;
// every round but the last makes the text shorter.
func (g *guard) clean(text string) string {
	var kept []string // allowed links, which stand as marks meanwhile
	text = strings.ReplaceAll(text, keptMark, "")
	text = g.links.ReplaceAllStringFunc(text, func(link string) string {
		if m := g.links.FindStringSubmatch(link); !g.allowed[m[2]] || strings.ContainsAny(m[1], "[]!<") {
			return link
		}
		kept = append(kept, link)
		return keptMark
	})
	for before := ""; before != text; {
		before = text
		text = g.images.ReplaceAllString(text, "$1")
		text = g.links.ReplaceAllString(text, "$1")
		text = g.addresses.ReplaceAllStringFunc(text, func(address string) string {
			if g.allowed[bare(address)] {
				return address
			}
			return ""
		})
	}
	// What is left of Markdown's syntax for links links nothing any more.
	text = strings.NewReplacer("](", "] (", "]:", "] :", "][", "] [").Replace(text)
	for _, link := range kept {
		text = strings.Replace(text, keptMark, link, 1)
	}
	return text
}

// keptMark stands for a link that is kept: a private character, as a model has
// no reason to write it.
const keptMark = "\uE010"

// cite checks the citations [1] … of a text against the passages and numbers
// those that hold anew, in the order in which they appear; cited lists their
// passages. One holds when its sentence shares a word with the passage, as far
// as both are in one language. Others are taken out.
func (u *understanding) cite(text string, passages []event.Passage, language string) (answer string, cited []*event.Passage) {
	var out strings.Builder
	sentence := 0 // where the sentence began that the next citation stands for
	last := 0
	for _, m := range u.patterns.citations.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[last:m[0]])
		statement := text[min(sentence, m[0]):m[0]]
		for number := range strings.SplitSeq(text[m[2]:m[3]], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil || n < 1 || n > len(passages) || !u.supports(&passages[n-1], statement, language) {
				continue
			}
			at := slices.Index(cited, &passages[n-1])
			if at < 0 {
				at = len(cited)
				cited = append(cited, &passages[n-1])
			}
			out.WriteString(" [" + strconv.Itoa(at+1) + "]")
		}
		last = m[1]
		if strings.TrimSpace(statement) != "" && strings.ContainsAny(text[m[1]:min(len(text), m[1]+1)], ".!?\n ") {
			sentence = m[1]
		}
	}
	out.WriteString(text[last:])
	return strings.TrimSpace(out.String()), cited
}

// supports reports whether the passage can be where a statement comes from. In
// another language than the passage's that cannot be told by words.
func (u *understanding) supports(p *event.Passage, statement, language string) bool {
	wanted := u.content(statement)
	if len(wanted) == 0 || (language != "" && p.Locale != "" && primary(p.Locale) != language) {
		return true
	}
	return u.overlap(p.Title+" "+p.Heading+" "+p.Text, wanted) > 0
}
