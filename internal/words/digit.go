package words

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Digit returns the decimal digit that r is in any script, as ASCII: what an
// Arabic, Persian, Hindi or Thai keyboard types, and wide and mathematical forms.
// Digits are the characters of the category Nd, and nothing else is one: neither
// ² nor ① nor Ⅳ nor 四. Everything that reads numbers goes by it.
func Digit(r rune) (ascii byte, ok bool) {
	if r < utf8.RuneSelf {
		if r < '0' || r > '9' {
			return 0, false
		}
		return byte(r), true
	}
	zero, ok := zeroBefore(r)
	if !ok {
		return 0, false
	}
	return "0123456789"[(r-zero)%10], true
}

// zeroBefore returns a zero at or before the digit r. A script's ten digits
// follow each other from zero, and some sets of ten follow each other (The
// Unicode Standard, 4.6): so each range of the category begins with a zero.
func zeroBefore(r rune) (zero rune, ok bool) {
	if r <= 0xFFFF {
		list := unicode.Nd.R16
		i := sort.Search(len(list), func(i int) bool { return rune(list[i].Hi) >= r })
		if i == len(list) {
			return 0, false
		}
		zero = rune(list[i].Lo)
	} else {
		list := unicode.Nd.R32
		i := sort.Search(len(list), func(i int) bool { return rune(list[i].Hi) >= r }) //nolint:gosec // runes are below 2^21
		if i == len(list) {
			return 0, false
		}
		zero = rune(list[i].Lo) //nolint:gosec // the same
	}
	return zero, r >= zero
}

// Digits returns the digits of a text as ASCII, without anything between them.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := Digit(r); ok {
			return rune(d)
		}
		return -1
	}, text)
}
