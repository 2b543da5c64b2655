package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/event"
)

// patterns are what a guard and the citations look for.
type patterns struct{ images, tags, links, addresses, hosts, blobs, citations, clusters, numbers, items *regexp.Regexp }

func newPatterns() *patterns {
	return &patterns{
		images:    regexp.MustCompile(`!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?`),
		tags:      regexp.MustCompile(`(?i)</?(?:script|img|image|a|iframe|frame|svg|math|object|embed|applet|form|input|button|select|textarea|style|link|meta|base|video|audio|source|track|picture|html|head|body|details|template|portal)\b[^>]*>?`),
		links:     regexp.MustCompile(`\[([^\]]*)\]\(\s*<?([^)\s>]*)[^)]*\)?`),
		addresses: regexp.MustCompile(`(?i)<[a-z][a-z0-9+.-]+:[^\s<>]*>|<[^\s<>]*@[^\s<>]*>|<?\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|tel:|javascript:|data:)[^\s<>)\]]*>?|[^\s<>()@]+@[^\s<>()@]+\.[^\s<>()@]+`),
		hosts:     regexp.MustCompile(`(?i)\b(?:[a-z0-9-]+\.)+(?:[a-z]{2,18}|xn--[a-z0-9-]+)(?::[0-9]{1,5})?(?:/[^\s<>)\]]*)?`),
		blobs:     regexp.MustCompile(`[A-Za-z0-9+/=_-]{40,}`),
		citations: regexp.MustCompile(`[ \t]*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]`),
		clusters:  regexp.MustCompile(`(?:[ \t]*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])+["'”»)*_]*[.!?,;:。！？؟]*["'”»)*_]*`),
		numbers:   regexp.MustCompile(`\p{Nd}+(?:[.,:]\p{Nd}+)*`),
		items:     regexp.MustCompile(`(?m)^\s*(?:[-*+]|\p{Nd}{1,3}[.)])\s+`),
	}
}

// guard takes out of a model's text every image, every element of HTML that is
// more than words, and every address but those of the articles it was given. Text
// is kept.
type guard struct {
	*patterns
	allowed map[string]bool
	given   string // all text that the model was given of the articles
	cut     bool   // an address was taken out that an article has: something is missing now
}

func newGuard(p *patterns, passages []event.Passage) *guard {
	g := &guard{patterns: p, allowed: map[string]bool{}}
	for i := range passages {
		g.know(&passages[i])
	}
	return g
}

// know adds a passage.
func (g *guard) know(p *event.Passage) {
	if p.URL != "" {
		g.allowed[p.URL] = true
		g.allowed[bare(g.hosts.FindString(p.URL))] = true
	}
	delete(g.allowed, "")
	g.given += p.Title + "\n" + p.Heading + "\n" + p.Text + "\n" + p.Markdown + "\n"
}

// allow lets the addresses of a text through: of its own author.
func (g *guard) allow(text string) {
	g.given += text
	for _, a := range g.addresses.FindAllString(text, -1) {
		g.allowed[bare(a)] = true
	}
	for _, h := range g.hosts.FindAllString(text, -1) {
		g.allowed[bare(h)] = true
	}
	for _, l := range g.links.FindAllStringSubmatch(text, -1) {
		g.allowed[l[2]] = true
	}
	delete(g.allowed, "")
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
		text = g.tags.ReplaceAllString(text, "")
		text = g.images.ReplaceAllString(text, "$1")
		text = g.links.ReplaceAllString(text, "$1")
		text = g.addresses.ReplaceAllStringFunc(text, g.address)
		text = g.hosts.ReplaceAllStringFunc(text, g.host)
		text = g.blobs.ReplaceAllStringFunc(text, func(blob string) string {
			if strings.Contains(g.given, blob) {
				return blob
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

// address keeps an own article's and cuts any other.
func (g *guard) address(address string) string {
	address, plain := bare(address), address
	if g.allowed[address] {
		return plain
	}
	g.cut = g.cut || strings.Contains(g.given, address)
	return ""
}

// host keeps the name of a file, a program or a site that the articles have, as
// words; a page of another site is an address.
func (g *guard) host(host string) string {
	name, _, _ := strings.Cut(host, "/")
	name, _, _ = strings.Cut(name, ":")
	if top := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]); slices.Contains(fileEndings(), top) || (len(top) > 2 && !slices.Contains(domains(), top)) {
		return host
	}
	known := strings.Contains(g.given, strings.TrimRight(bare(host), "/"))
	if g.allowed[bare(host)] || (known && !strings.Contains(host, "/")) {
		return host
	}
	g.cut = g.cut || known
	return ""
}

// fileEndings are the endings of two letters that stand in answers more often as
// a file's than as a country's domain.
func fileEndings() []string { return strings.Fields("go js ts md py rb rs db gz xz") }

// domains are the usual top-level domains of more than two letters; a missing
// space after a full stop makes no address.
func domains() []string {
	return strings.Fields("com net org info biz edu gov mil int io dev app xyz site online shop store tech cloud page link click live top club website space " +
		"blog wiki zip mov support help email chat bank pro mobi name tel asia example test invalid localhost onion")
}

// keptMark stands for a link that is kept: a private character, as a model has
// no reason to write it.
const keptMark = "\uE010"

// supports reports whether the passage can be where a statement comes from: it
// has a quarter of its words, and its numbers. In another language than the
// passage's words tell nothing.
func (u *understanding) supports(p *event.Passage, statement, language, asked string) bool {
	text := p.Title + " " + p.Heading + " " + p.Text + " " + p.Markdown
	if !u.hasNumbers(text+" "+asked, statement) {
		return false
	}
	wanted := u.content(statement)
	if len(wanted) == 0 || (language != "" && p.Locale != "" && primary(p.Locale) != language) {
		return true
	}
	const share = 4
	return u.overlap(text, wanted)*share >= min(len(wanted), 4*share)
}

// hasNumbers reports whether a text has the numbers of a statement that have more
// than one digit: a model that words an answer has no reason to make one.
func (u *understanding) hasNumbers(text, statement string) bool {
	statement = u.patterns.items.ReplaceAllString(statement, "")
	for _, number := range u.patterns.numbers.FindAllString(statement, -1) {
		if len(number) > 1 && !strings.Contains(text, number) && !strings.Contains(text, strings.NewReplacer(",", "", ".", "").Replace(number)) {
			return false
		}
	}
	return true
}

// numbersOf reads the numbers of a cluster of citations.
func (u *understanding) numbersOf(cluster string) []int {
	var out []int
	for _, m := range u.patterns.citations.FindAllStringSubmatch(cluster, -1) {
		for number := range strings.SplitSeq(m[1], ",") {
			if n, err := strconv.Atoi(strings.TrimSpace(number)); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}
