package bot

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/words"
)

// wish recognises that somebody asks for a person, in any language that has a
// lexicon human.<language>.txt. Such a file has the sections
//
//	similar   words that are recognised with one letter wrong
//	names     name = expression, used below as {name}
//	ask       expressions of the wish
//	not       expressions that look like it; they are cut out first
//
// Expressions are regular ones whose letters are words: "." is any word, "a?"
// the word a or nothing, and spaces only keep words apart. An umlaut also
// stands for its spelling with e. Every Chinese character counts as a word.
type wish struct{ languages []wishIn }

// wishIn is a wish in one language. The words of its lexicon are numbered and
// the expressions compiled over the numbers, each as one rune: a message of
// twenty words is then twenty runes long, which is 50 times as fast as matching
// letters.
type wishIn struct {
	runes    map[string]rune
	own      map[rune]bool // words that no other language's lexicon has
	similar  []string
	ask, not *regexp.Regexp
}

// The runes that stand for words: private use, so that none means anything in
// an expression.
const (
	unknownWord = '\uE000'
	cutOut      = '\uE001'
	firstWord   = '\uE002'
)

func newWish() *wish {
	w := &wish{}
	files := lexiconFiles("human")
	for _, language := range slices.Sorted(maps.Keys(files)) {
		sections := readLexicon(files[language])
		names := expand(sections["names"])
		in := wishIn{runes: map[string]rune{}, similar: wordList(sections["similar"])}
		in.ask = in.compile(sections["ask"], names)
		in.not = in.compile(sections["not"], names)
		w.languages = append(w.languages, in)
	}
	w.part()
	return w
}

// part finds the words that tell the languages' lexicons apart.
func (w *wish) part() {
	count := map[string]int{}
	for _, in := range w.languages {
		for word := range in.runes {
			count[word]++
		}
	}
	for i, in := range w.languages {
		w.languages[i].own = map[rune]bool{}
		for word, r := range in.runes {
			if count[word] == 1 {
				w.languages[i].own[r] = true
			}
		}
	}
}

// expand resolves the names, each of which may use those before it.
func expand(lines []string) *strings.Replacer {
	var pairs []string
	replacer := strings.NewReplacer()
	for _, line := range lines {
		name, expression, _ := strings.Cut(line, "=")
		pairs = append(pairs, "{"+strings.TrimSpace(name)+"}", "(?:"+replacer.Replace(strings.TrimSpace(expression))+")")
		replacer = strings.NewReplacer(pairs...)
	}
	return replacer
}

// compile makes one expression of all lines. A mistake in an embedded lexicon
// is a broken build.
func (w *wishIn) compile(lines []string, names *strings.Replacer) *regexp.Regexp {
	alternatives := make([]string, len(lines))
	for i, line := range lines {
		alternatives[i] = w.encode(names.Replace(line))
	}
	expression, err := regexp.Compile(strings.Join(alternatives, "|"))
	if err != nil {
		panic(fmt.Errorf("embedded lexicon: %w", err))
	}
	return expression
}

// encode replaces the words of an expression by their runes.
func (w *wishIn) encode(expression string) string {
	var b strings.Builder
	for len(expression) > 0 {
		if expression[0] == '{' { // a number of repetitions
			end := strings.IndexByte(expression, '}') + 1
			b.WriteString(expression[:end])
			expression = expression[end:]
			continue
		}
		end := wordEnd(expression)
		if end > 0 {
			b.WriteRune(w.number(expression[:end]))
		} else {
			end = 1
			if expression[0] != ' ' {
				b.WriteByte(expression[0])
			}
		}
		expression = expression[end:]
	}
	return b.String()
}

// wordEnd returns how many bytes the word at the start of an expression has.
func wordEnd(expression string) int {
	for i, r := range expression {
		if unicode.Is(unicode.Han, r) {
			if i == 0 {
				return utf8.RuneLen(r)
			}
			return i
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(expression)
}

// number returns the rune of a lexicon's word and of its other spelling.
func (w *wishIn) number(word string) rune {
	forms := spellings(word)
	r, ok := w.runes[forms[0]]
	if !ok {
		r = firstWord + rune(len(w.runes)) //nolint:gosec // some hundred words
	}
	for _, form := range forms {
		w.runes[form] = r
	}
	return r
}

// wishWords bounds how much of a message is searched: that many words at its
// start and at its end. Whoever writes more and wants a person says so there.
const wishWords = 40

// in reports whether the message asks for a person. It is searched in the
// languages that it has words of which no other has; in all when it has none,
// as "agent" alone.
func (w *wish) in(n *words.Text) bool {
	var texts [8]string // more than there are languages
	var own [8]bool
	some := false
	for i := range w.languages {
		texts[i], own[i] = w.languages[i].read(n)
		some = some || own[i]
	}
	for i, in := range w.languages {
		if texts[i] != "" && (own[i] || !some) && in.ask.MatchString(in.not.ReplaceAllString(texts[i], string(cutOut))) {
			return true
		}
	}
	return false
}

// read returns the message as the runes of its words, "" when none of them is in
// the lexicon, and whether any is in no other.
func (w *wishIn) read(n *words.Text) (words string, own bool) {
	known := false
	runes := make([]rune, 0, 2*wishWords)
	add := func(word []byte) {
		r, ok := w.runes[string(word)]
		if !ok {
			r, ok = w.runes[w.nearest(word)]
		}
		if !ok {
			r = unknownWord
		}
		known, own = known || ok, own || w.own[r]
		runes = append(runes, r)
	}
	for i, run := range n.Runs {
		if i >= wishWords && i < len(n.Runs)-wishWords {
			continue
		}
		rest := n.Bytes[run.From:run.To]
		for len(rest) > 0 {
			size := len(rest)
			if r, first := utf8.DecodeRune(rest); unicode.Is(unicode.Han, r) {
				size = first
			}
			add(rest[:size])
			rest = rest[size:]
		}
	}
	if !known {
		return "", false
	}
	return string(runes), own
}

func (w *wishIn) nearest(word []byte) string {
	for _, similar := range w.similar {
		if oneEdit(word, similar) {
			return similar
		}
	}
	return ""
}

// oneEdit is edited for words of five letters and more: shorter ones are too
// alike.
func oneEdit(a []byte, b string) bool { return min(len(a), len(b)) >= 5 && edited(a, b) }
