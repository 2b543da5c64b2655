package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is a word of a text.
type Word struct {
	Text       string // lower case, without accents; two characters where the script has no spaces
	Term       string // what is counted: the stem of Text
	Start, End int    // bytes of the original text
	Stop       bool   // so frequent in the language that it says nothing
}

// Analyzer knows one language.
type Analyzer struct{ english bool }

// For returns the analyzer for a BCP 47 tag. English is stemmed and has stop
// words; for other languages words are taken as they are, and [Grams] carry
// what a stemmer would.
func For(locale string) Analyzer {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return Analyzer{english: lang == "en" || lang == ""}
}

// Stems reports whether the analyzer knows the language's word endings. Where
// it does not, character n-grams deserve more weight.
func (a Analyzer) Stems() bool { return a.english }

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
	return out
}

func (a Analyzer) word(text string, start, end int) Word {
	w := Word{Text: text, Term: text, Start: start, End: end}
	if a.english {
		w.Stop = englishStop[text]
		w.Term = stem(text)
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
	if r == 'ß' {
		return append(b, "ss"...)
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

// dense reports whether the script of r is written without spaces.
func dense(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer)
}

// englishStop are words that occur in nearly every text.
var englishStop = stopSet(`a about after all also am an and any are as at be because been before being both but by can could
	did do does doing for from had has have having he her here him his how i if in into is it its just let me more most my
	no not now of on one only or other our out over own please she should so some such than that the their them then there
	these they this those to too up us very was we were what when where which while who why will with would you your
	im ive id youre its dont cant wont doesnt didnt isnt arent whats hi hello hey thanks thank get got want need`)

func stopSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
