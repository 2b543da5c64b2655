package bot

import "unicode/utf8"

// edited reports whether a differs from b by one letter that is added, missing,
// wrong or swapped with its neighbour.
func edited(a []byte, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && i < len(a) && !utf8.RuneStart(a[i]) || i > 0 && i < len(b) && !utf8.RuneStart(b[i]) {
		i-- // the letters differ within their bytes
	}
	a, b = a[i:], b[i:]
	firstA, sizeA := utf8.DecodeRune(a)
	firstB, sizeB := utf8.DecodeRuneInString(b)
	switch {
	case len(a) == 0 && len(b) == 0:
		return false
	case string(a) == b[sizeB:], string(a[sizeA:]) == b:
		return true
	case string(a[sizeA:]) == b[sizeB:]:
		return true
	}
	secondA, nextA := utf8.DecodeRune(a[sizeA:])
	secondB, nextB := utf8.DecodeRuneInString(b[sizeB:])
	return firstA == secondB && secondA == firstB && string(a[sizeA+nextA:]) == b[sizeB+nextB:]
}
