package analysis

import "unicode"

// Bounds of [Detect].
const (
	detectRunes = 4000 // of a text that are looked at
	stopShare   = 0.12 // of a text's words that a language must explain
)

// Detect returns the language of a text, such as "de", and "" when it cannot
// tell: by its script, and for Latin script by the words that every text of a
// language has. A sentence is enough, a word is not.
func Detect(text string) string {
	runes := 0
	for i := range text {
		if runes++; runes > detectRunes {
			text = text[:i]
			break
		}
	}
	if lang := byScript(text); lang != "latin" {
		return lang
	}
	count, words := map[string]int{}, 0
	for _, w := range (Analyzer{}).Words(text) {
		words++
		for lang, set := range stopWords {
			if set[w.Text] {
				count[lang]++
			}
		}
	}
	best, second := "", 0
	for lang, n := range count {
		switch {
		case best == "" || n > count[best] || n == count[best] && lang < best:
			if best != "" {
				second = max(second, count[best])
			}
			best = lang
		default:
			second = max(second, n)
		}
	}
	if best == "" || float64(count[best]) < stopShare*float64(words) || count[best] == second || count[best] < 2 {
		return ""
	}
	return best
}

// byScript tells a language by the script of most of the letters: "latin" when
// several languages share it, "" when there are no letters.
func byScript(text string) string {
	count := map[string]int{}
	for _, r := range text {
		if r < 0x80 {
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
				count["latin"]++
			}
			continue
		}
		switch {
		case unicode.Is(unicode.Han, r):
			count["zh"] += 2 // a character is worth more than a letter
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			count["ja"] += 8 // among Han characters, a few tell Japanese
		case unicode.Is(unicode.Hangul, r):
			count["ko"] += 2
		case unicode.Is(unicode.Thai, r):
			count["th"]++
		case unicode.Is(unicode.Cyrillic, r):
			count["ru"]++
		case unicode.Is(unicode.Arabic, r):
			count["ar"]++
		case unicode.Is(unicode.Hebrew, r):
			count["he"]++
		case unicode.Is(unicode.Greek, r):
			count["el"]++
		case unicode.Is(unicode.Devanagari, r):
			count["hi"]++
		case unicode.Is(unicode.Latin, r):
			count["latin"]++
		}
	}
	best := ""
	for lang, n := range count {
		if best == "" || n > count[best] || n == count[best] && lang < best {
			best = lang
		}
	}
	return best
}
