package entity

import (
	"regexp"
	"slices"
	"strings"
)

// figure is a number with the separators that people type.
var figure = regexp.MustCompile(`\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?`)

// numbers finds numbers in figures, and small ones in words.
func (s *source) numbers(locale string) []match {
	var out []match
	for _, at := range figure.FindAllStringIndex(s.folded, -1) {
		value, ok := decimal(s.folded[at[0]:at[1]], locale, false)
		if !ok || !s.alone(at[0], at[1]) {
			continue
		}
		if at[0] > 0 && s.before(at[0]) == '-' && !isLetter(s.before(at[0]-1)) && value != "0" {
			at[0], value = at[0]-1, "-"+value
		}
		out = append(out, match{at[0], at[1], value, rankNamed})
	}
	for _, at := range numberWord.FindAllStringIndex(s.folded, -1) {
		if n, ok := countOf(s.folded[at[0]:at[1]]); ok && n.spelled {
			out = append(out, match{at[0], at[1], n.text, rankShape})
		}
	}
	return out
}

// decimal normalises a number. The last of two kinds of separators is the
// decimal one; one kind that stands before groups of three digits is read by the
// locale, unless it is money, which has no thousandths.
func decimal(text, locale string, money bool) (string, bool) {
	text = strings.NewReplacer(" ", "", "'", "").Replace(text)
	point, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	mark := max(point, comma)
	if mark < 0 {
		return trimZeros(text, ""), true
	}
	sign := text[mark : mark+1]
	other := "."
	if sign == "." {
		other = ","
	}
	grouped := strings.Count(text, sign) > 1
	if !grouped && min(point, comma) < 0 && len(text)-mark-1 == 3 && mark <= 3 && text[0] != '0' {
		grouped = money || sign != decimalMark(locale)
	}
	if grouped {
		parts := strings.Split(text, sign)
		if slices.ContainsFunc(parts[1:], func(p string) bool { return len(p) != 3 }) || strings.Contains(text, other) {
			return "", false
		}
		return trimZeros(strings.Join(parts, ""), ""), true
	}
	return trimZeros(strings.ReplaceAll(text[:mark], other, ""), text[mark+1:]), true
}

// decimalMark is the locale's.
func decimalMark(locale string) string {
	switch languageOf(locale) {
	case "de", "es", "fr", "it", "pt", "nl", "pl", "ru", "tr", "sv", "da", "nb", "fi", "cs":
		if region := regionOf(locale); region != "CH" && region != "MX" && region != "LI" {
			return ","
		}
	}
	return "."
}

func trimZeros(whole, fraction string) string {
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
