package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/words"
)

// number is a run of digits with what keeps them apart, as people write cards
// and telephones.
type number struct {
	text   string
	from   int
	digits []byte // values as ASCII
	places []int  // of each digit, in bytes of the whole text
	ends   []int
}

func (f *Finder) numbersIn(text string) []number {
	var out []number
	for _, at := range f.numbers.FindAllStringIndex(text, -1) {
		n := number{text: text[at[0]:at[1]], from: at[0]}
		for i, r := range n.text {
			if v, ok := words.Digit(r); ok {
				n.digits = append(n.digits, v)
				n.places = append(n.places, at[0]+i)
				n.ends = append(n.ends, at[0]+i+utf8.RuneLen(r))
			}
		}
		if len(n.digits) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// wordBefore reports whether a letter or digit, or what joins one to the next,
// stands right before the place.
func wordBefore(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_#", r))
}

// wordAfter is wordBefore for what follows.
func wordAfter(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
