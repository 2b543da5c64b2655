package analysis

import "strings"

// stem strips the endings of an English word by the algorithm of M. F. Porter,
// "An algorithm for suffix stripping", Program 14(3), 1980. Words with
// anything but a-z are returned as they are.
func stem(word string) string {
	if len(word) < 3 {
		return word
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	s := plural(word)
	s = pastAndGerund(s)
	if strings.HasSuffix(s, "y") && hasVowel(s[:len(s)-1]) {
		s = s[:len(s)-1] + "i"
	}
	s = replaceFirst(s, 0, doubleSuffixes)
	s = replaceFirst(s, 0, iciSuffixes)
	s = residual(s)
	return finalE(s)
}

type suffix struct{ from, to string }

// The tables of steps 2 and 3; longer suffixes stand before those they end in.
var (
	doubleSuffixes = []suffix{
		{"ational", "ate"},
		{"tional", "tion"},
		{"enci", "ence"},
		{"anci", "ance"},
		{"izer", "ize"},
		{"abli", "able"},
		{"alli", "al"},
		{"entli", "ent"},
		{"eli", "e"},
		{"ousli", "ous"},
		{"ization", "ize"},
		{"ation", "ate"},
		{"ator", "ate"},
		{"alism", "al"},
		{"iveness", "ive"},
		{"fulness", "ful"},
		{"ousness", "ous"},
		{"aliti", "al"},
		{"iviti", "ive"},
		{"biliti", "ble"},
	}
	iciSuffixes = []suffix{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	}
	residualSuffixes = []string{
		"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
	}
)

// plural is step 1a.
func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "ies"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "ss"):
		return s
	case strings.HasSuffix(s, "s"):
		return s[:len(s)-1]
	}
	return s
}

// pastAndGerund is step 1b.
func pastAndGerund(s string) string {
	if strings.HasSuffix(s, "eed") {
		if measure(s[:len(s)-3]) > 0 {
			return s[:len(s)-1]
		}
		return s
	}
	base, found := strings.CutSuffix(s, "ed")
	if !found {
		base, found = strings.CutSuffix(s, "ing")
	}
	if !found || !hasVowel(base) {
		return s
	}
	switch {
	case strings.HasSuffix(base, "at"), strings.HasSuffix(base, "bl"), strings.HasSuffix(base, "iz"):
		return base + "e"
	case doubleConsonant(base) && !strings.ContainsAny(base[len(base)-1:], "lsz"):
		return base[:len(base)-1]
	case measure(base) == 1 && endsCVC(base):
		return base + "e"
	}
	return base
}

// replaceFirst applies the first matching suffix when what is before it has a
// measure above low.
func replaceFirst(s string, low int, table []suffix) string {
	for _, x := range table {
		if base, ok := strings.CutSuffix(s, x.from); ok {
			if measure(base) > low {
				return base + x.to
			}
			return s
		}
	}
	return s
}

// residual is step 4.
func residual(s string) string {
	if base, ok := strings.CutSuffix(s, "ion"); ok && base != "" {
		if last := base[len(base)-1]; (last == 's' || last == 't') && measure(base) > 1 {
			return base
		}
		return s
	}
	longest := ""
	for _, x := range residualSuffixes {
		if strings.HasSuffix(s, x) && len(x) > len(longest) {
			longest = x
		}
	}
	if base := s[:len(s)-len(longest)]; longest != "" && measure(base) > 1 {
		return base
	}
	return s
}

// finalE is step 5.
func finalE(s string) string {
	if base, ok := strings.CutSuffix(s, "e"); ok {
		if m := measure(base); m > 1 || (m == 1 && !endsCVC(base)) {
			s = base
		}
	}
	if strings.HasSuffix(s, "ll") && measure(s[:len(s)-1]) > 1 {
		s = s[:len(s)-1]
	}
	return s
}

func vowel(s string, i int) bool {
	switch s[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return i > 0 && !vowel(s, i-1)
	}
	return false
}

func hasVowel(s string) bool {
	for i := range len(s) {
		if vowel(s, i) {
			return true
		}
	}
	return false
}

// measure counts the changes from vowels to consonants.
func measure(s string) int {
	m, before := 0, false
	for i := range len(s) {
		v := vowel(s, i)
		if before && !v {
			m++
		}
		before = v
	}
	return m
}

func doubleConsonant(s string) bool {
	n := len(s)
	return n > 1 && s[n-1] == s[n-2] && !vowel(s, n-1)
}

// endsCVC reports whether s ends consonant, vowel, consonant other than w, x
// and y.
func endsCVC(s string) bool {
	n := len(s)
	return n > 2 && !vowel(s, n-3) && vowel(s, n-2) && !vowel(s, n-1) && !strings.ContainsAny(s[n-1:], "wxy")
}
