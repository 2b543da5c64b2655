package entity

import (
	"regexp"
	"strings"
	"time"
)

var (
	versionNumber = regexp.MustCompile(`(?:\bv(?:er(?:sion)?)?\.? ?|\b)(\d{1,5}(?:\.\d{1,6}){0,4}(?:[-+ ]?(?:alpha|beta|rc|pre|preview|dev|snapshot)[.-]?\d{0,4}\b)?)`)
	versionHint   = regexp.MustCompile(`(?:\bv|\b(?:v|ver|version|versions|versione|release|build|firmware|update|android|ios|ipados|macos|windows|linux|ubuntu|debian|chrome|firefox|safari|edge|app|` +
		`fassung|ausgabe|stand)\b|版本|إصدار)[\s.:=]*(?:is|ist|es|est|是)?[\s.:=]*$`)
)

// versions finds numbers of versions: those after a word that says so, and those
// of three parts or more; one of two parts may be anything.
func (s *source) versions(locale string, now time.Time) []match {
	taken := above(s.dates(locale, now), rankBare)
	taken = append(taken, above(s.amounts(locale, now), rankBare)...)
	taken = append(append(taken, s.emails()...), s.links()...)
	var out []match
	for _, at := range versionNumber.FindAllStringSubmatchIndex(s.folded, -1) {
		from, to := at[2], at[3]
		if overlaps(taken, from, to) || isDigit(s.before(from)) || isDigit(s.after(to)) {
			continue
		}
		value := s.folded[from:to]
		points := strings.Count(value, ".")
		rank := rankBare
		switch {
		case versionHint.MatchString(s.lead(from)):
			rank = rankNamed
		case points >= 2:
			rank = rankShape
		case points == 0 || !s.alone(from, to):
			continue
		}
		out = append(out, match{at[0], to, strings.ReplaceAll(value, " ", "-"), rank})
	}
	return out
}
