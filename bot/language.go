package bot

import (
	"strings"
	"unicode"

	"parley/internal/words"
)

// detector tells the language of a message: by its script where that settles
// it, by common words and letters among English, German, Spanish and French.
// Three words are mostly enough.
type detector struct {
	words map[string][]string // folded word → languages that have it
	empty map[string]bool     // words that say nothing about what a message is about
}

// The languages that are told apart by words, in order of preference.
func wordLanguages() []string { return []string{"en", "de", "es", "fr"} }

func newDetector() *detector {
	d := &detector{words: map[string][]string{}, empty: map[string]bool{}}
	sections := readLexicon("language.txt")
	for _, language := range wordLanguages() {
		for _, word := range wordList(sections[language]) {
			d.words[word] = append(d.words[word], language)
			d.empty[word] = true
		}
		for _, word := range wordList(sections[language+" topics"]) {
			d.words[word] = append(d.words[word], language)
		}
	}
	return d
}

// scripts that name a language by themselves.
func scripts() []struct {
	language string
	table    *unicode.RangeTable
} {
	return []struct {
		language string
		table    *unicode.RangeTable
	}{
		{"ja", unicode.Hiragana},
		{"ja", unicode.Katakana},
		{"zh", unicode.Han},
		{"ar", unicode.Arabic},
		{"ru", unicode.Cyrillic},
		{"ko", unicode.Hangul},
		{"el", unicode.Greek},
		{"he", unicode.Hebrew},
		{"th", unicode.Thai},
	}
}

// detect returns the language's code, or "" when the message does not tell:
// too short, or a language it does not know. sure means that it is enough to
// leave the language spoken so far: two words of lead, and a good part of the
// message, as names and product terms are often words of another language.
func (d *detector) detect(text string, n *words.Text) (language string, sure bool) {
	if language := byScript(text); language != "" {
		return language, true
	}
	scores := map[string]float64{}
	for i := range n.Words {
		languages := d.words[string(n.Word(i))]
		for _, l := range languages {
			scores[l] += 1 / float64(len(languages))
		}
	}
	byLetters(text, scores)
	best, second := "", 0.0
	for _, l := range wordLanguages() {
		switch s := scores[l]; {
		case s > scores[best]:
			best, second = l, scores[best]
		case s > second:
			second = s
		}
	}
	if scores[best] < 1 || scores[best] < second+0.5 {
		return "", false
	}
	lead, words := scores[best]-second, float64(len(n.Words))
	return best, lead >= 2 && (2*scores[best] > words || (lead >= 3 && 4*scores[best] > words))
}

// byScript returns the language of the script that a third or more of the
// letters have. Japanese mixes kana with Han and is asked first.
func byScript(text string) string {
	var letters int
	counts := map[string]int{}
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if r < 0x0370 {
			continue
		}
		for _, s := range scripts() {
			if unicode.Is(s.table, r) {
				counts[s.language]++
				break
			}
		}
	}
	if counts["ja"] > 0 && 3*(counts["ja"]+counts["zh"]) > letters {
		return "ja"
	}
	for _, s := range scripts() {
		if c := counts[s.language]; c > 0 && 3*c > letters {
			return s.language
		}
	}
	return ""
}

// byLetters adds what accents tell.
func byLetters(text string, scores map[string]float64) {
	for _, r := range text {
		switch unicode.ToLower(r) {
		case 'ß', 'ä', 'ö', 'ü':
			scores["de"]++
		case 'ñ', '¿', '¡':
			scores["es"]++
		case 'á', 'í', 'ó', 'ú':
			scores["es"] += 0.5
		case 'ç', 'œ', 'ê', 'è', 'à', 'ù', 'î', 'ô':
			scores["fr"]++
		case 'é':
			scores["fr"] += 0.5
			scores["es"] += 0.3
		}
	}
}

// primary returns the language of a BCP 47 tag: "de" of "de-AT".
func primary(tag string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(language)
}
