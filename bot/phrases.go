package bot

import "strings"

// phrases is what the bot says in its own words, by language and key, from the
// lexicon phrases.<language>.txt.
type phrases map[string]map[string][]string

// defaultLanguage is spoken when the visitor's has no phrases.
const defaultLanguage = "en"

func newPhrases() phrases {
	p := phrases{}
	for language, file := range lexiconFiles("phrases") {
		p[language] = readLexicon(file)
	}
	return p
}

// say returns a phrase; pick chooses among several, so that the same message is
// answered the same way again. values are pairs of a name in braces and what
// stands for it.
func (p phrases) say(language, key string, pick uint64, values ...string) string {
	lines := p[language][key]
	if len(lines) == 0 {
		lines = p[defaultLanguage][key]
	}
	if len(lines) == 0 {
		panic("the lexicon has no phrase " + key) // a broken build
	}
	return strings.NewReplacer(values...).Replace(lines[pick%uint64(len(lines))])
}
