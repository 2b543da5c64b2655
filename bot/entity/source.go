package entity

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/internal/words"
)

// source is a text and what the expressions search: lower case without accents,
// digits and punctuation of other scripts in their simple form.
type source struct {
	text   string
	folded string
	at     []int32 // a byte of folded: where in text its character begins; one more for the end
	days   []match // what dates has found
	dated  bool    // whether it has looked
}

// read folds a text.
func read(text string) *source {
	s := &source{text: text}
	folded := make([]byte, 0, len(text))
	count, end := 0, len(text)
	for i, r := range text {
		if count++; count > words.MaxRunes {
			end = i
			break
		}
		before := len(folded)
		folded = appendFolded(folded, r)
		for range len(folded) - before {
			s.at = append(s.at, int32(i)) //nolint:gosec // at most words.MaxRunes runes
		}
	}
	s.at = append(s.at, int32(end)) //nolint:gosec // the same
	s.folded = string(folded)
	return s
}

func appendFolded(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		return append(dst, byte(unicode.ToLower(r))) //nolint:gosec // ASCII stays ASCII
	}
	switch r {
	case '€', '£', '¥', '￥', '₹':
		return utf8.AppendRune(dst, r)
	case 'ß':
		return append(dst, "ss"...)
	case '’', '‘', '´', 'ʼ':
		return append(dst, '\'')
	case '‐', '‑', '‒', '–', '—', '−':
		return append(dst, '-')
	case '，', '،', '٬':
		return append(dst, ',')
	case '٫':
		return append(dst, '.')
	}
	if digit, ok := words.Digit(r); ok {
		return append(dst, digit)
	}
	for _, d := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, d), unicode.Is(unicode.Cf, d):
		case unicode.IsSpace(d):
			dst = append(dst, ' ')
		default:
			dst = utf8.AppendRune(dst, unicode.ToLower(d))
		}
	}
	return dst
}

// span returns the bytes of the text behind those of folded.
func (s *source) span(from, to int) (int, int) {
	start, end := int(s.at[from]), int(s.at[to])
	if to > from && s.at[to] == s.at[to-1] { // within a character that folds to several
		_, size := utf8.DecodeRuneInString(s.text[end:])
		end += size
	}
	return start, end
}

// before and after are the bytes beside a place, 0 at the ends.
func (s *source) before(i int) byte {
	if i <= 0 {
		return 0
	}
	return s.folded[i-1]
}

func (s *source) after(i int) byte {
	if i >= len(s.folded) {
		return 0
	}
	return s.folded[i]
}

// lead is the text before a place, as far as words there tell what follows.
func (s *source) lead(i int) string {
	const enough = 48 // bytes
	return s.folded[max(0, i-enough):i]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// alone reports whether no larger number or word surrounds the bytes.
func (s *source) alone(from, to int) bool {
	b, a := s.before(from), s.after(to)
	if isDigit(b) || isLetter(b) || isDigit(a) || isLetter(a) {
		return false
	}
	joins := func(c byte) bool { return c == '.' || c == ',' || c == '/' || c == '-' || c == ':' || c == '_' }
	return (!joins(b) || !isDigit(s.before(from-1))) && (!joins(a) || !isDigit(s.after(to+1)))
}
