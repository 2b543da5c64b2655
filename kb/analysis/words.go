package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/internal/words"
)

// Word is a word of a text.
type Word struct {
	Text       string // lower case, without accents; two characters where the script has no spaces
	Term       string // what is counted: the stem of Text
	Start, End int    // bytes of the original text
	Stop       bool   // so frequent in the language that it says nothing
	Joined     bool   // a verb put together from its pieces; it stands where the last of them does
}

// Analyzer knows one language. It is immutable.
type Analyzer struct {
	stop  map[string]bool
	stem  func(string) string // nil for a language whose endings are not known
	verbs *separable          // nil for a language that does not tear them apart
}

// For returns the analyzer for a BCP 47 tag; "" is English. Words of languages
// without rules are taken as they are, and [Grams] carry what a stemmer would.
func For(locale string) Analyzer {
	lang := Language(locale)
	if lang == "" {
		lang = "en"
	}
	return Analyzer{stop: stopWords[lang], stem: stemmers[lang], verbs: separables[lang]}
}

// Language is the language of a BCP 47 tag, in lower case.
func Language(locale string) string {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return lang
}

// Stems reports whether the analyzer knows the language's word endings. Where
// it does not, character n-grams deserve more weight.
func (a Analyzer) Stems() bool { return a.stem != nil }

// maxWord bounds a word in bytes, so that a pasted key or a page of base64
// does not become a term.
const maxWord = 64

// Words returns the words of a text in order. Apostrophes within words are
// dropped (don't → dont). Runs of Han, kana, Hangul and Thai give overlapping
// pairs of characters.
func (a Analyzer) Words(text string) []Word {
	out := make([]Word, 0, len(text)/6)
	var b []byte
	start, prevDense := -1, -1
	var denseRune rune
	flush := func(end int) {
		if start >= 0 && len(b) > 0 && len(b) <= maxWord {
			out = append(out, a.word(string(b), start, end))
		}
		start, b = -1, b[:0]
	}
	for i, r := range text {
		switch {
		case dense(r):
			flush(i)
			if prevDense >= 0 {
				pair := string([]rune{denseRune, r})
				out = append(out, Word{Text: pair, Term: pair, Start: prevDense, End: i + utf8.RuneLen(r)})
			} else if next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):]); !dense(next) {
				one := string(r) // a character that stands alone
				out = append(out, Word{Text: one, Term: one, Start: i, End: i + utf8.RuneLen(r)})
			}
			prevDense, denseRune = i, r
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r):
			if start < 0 {
				start = i
			}
			b = appendFolded(b, r)
		case (r == '\'' || r == '’') && start >= 0:
			// within a word: nothing
		default:
			flush(i)
		}
		prevDense = -1
	}
	flush(len(text))
	if a.verbs != nil {
		a.verbs.join(text, out)
	}
	return out
}

func (a Analyzer) word(text string, start, end int) Word {
	w := Word{Text: text, Term: text, Start: start, End: end, Stop: a.stop[text]}
	if a.stem != nil {
		w.Term = a.stem(text)
	}
	return w
}

// appendFolded appends r in lower case; Latin letters lose their accents.
func appendFolded(b []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(b, byte(r)) //nolint:gosec // it is ASCII
	}
	if digit, ok := words.Digit(r); ok {
		return append(b, digit)
	}
	switch {
	case r == 'ß':
		return append(b, "ss"...)
	case r >= 0x0600 && r <= 0x06ff:
		return appendArabic(b, r)
	}
	if unicode.Is(unicode.Latin, r) || r == 'ё' || r == 'Ё' || r >= 0xff00 {
		for _, d := range norm.NFKD.String(string(r)) {
			if !unicode.Is(unicode.Mn, d) {
				b = utf8.AppendRune(b, unicode.ToLower(d))
			}
		}
		return b
	}
	if unicode.Is(unicode.Mn, r) && len(b) > 0 && b[len(b)-1] < utf8.RuneSelf {
		return b // an accent typed apart from its Latin letter
	}
	return utf8.AppendRune(b, unicode.ToLower(r))
}

// appendArabic folds the letters that are typed one way or the other, and
// leaves out vowel points and the stretching line.
func appendArabic(b []byte, r rune) []byte {
	switch {
	case r >= 0x064b && r <= 0x065f, r == 0x0670, r == 0x0640:
		return b
	case r == 'أ', r == 'إ', r == 'آ':
		r = 'ا'
	case r == 'ى':
		r = 'ي'
	case r == 'ة':
		r = 'ه'
	}
	return utf8.AppendRune(b, r)
}

// dense reports whether the script of r is written without spaces. Its digits
// are a number's like those of any other.
func dense(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	if _, digit := words.Digit(r); digit {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer)
}
