package entity

import (
	"regexp"
	"strings"
	"time"
)

var (
	// orderToken is letters and digits that may be joined by hyphens and the like.
	orderToken = regexp.MustCompile(`[a-z0-9]+(?:[-_/.][a-z0-9]+)*`)
	// orderHint are the words before an order's number.
	orderHint = regexp.MustCompile(`(?:#|\b(?:order|orders|number|no|num|nr|id|ref|reference|code|case|ticket|invoice|tracking|booking|confirmation|purchase|` +
		`bestell\w*|auftrag\w*|auftragsnummer|rechnung\w*|nummer|vorgang\w*|sendung\w*|kundennummer|referenz|` +
		`pedido|numero|num|commande|facture|factura|reference)\b|订单号?|单号|编号|号码?|طلب|رقم)[\s.:#=-]*(?:is|ist|lautet|es|est|是|هو)?[\s.:#=-]*$`)
	// measure is a number with a unit: "100th", "500gb", "1080p".
	measure = regexp.MustCompile(`^[0-9.]+(?:st|nd|rd|th|[kmgt]b|[kmcn]?m|k?g|mg|[mcd]?l|px?|k?wh?|mah|[kmg]?hz|min|h|s|x|v|x[0-9]+|eur|usd)$`)
	// orderParted is capitals and a number that a space parts: "AB 12345".
	orderParted = regexp.MustCompile(`\b([A-Z]{1,4}) (\d{3,12})\b`)
)

// Bounds of an order number.
const (
	fewestOrderDigits = 3
	longestOrder      = 40
)

// orderNumbers finds runs with digits that are nothing else: no date, amount,
// address, telephone number with a plus, or size with a unit.
func (s *source) orderNumbers(locale string, now time.Time) []match {
	taken := s.emails()
	taken = append(taken, above(s.dates(locale, now), rankBare)...)
	taken = append(taken, above(s.amounts(locale, now), rankBare)...)
	taken = append(taken, above(s.phones(locale, now), rankShape)...)
	taken = append(taken, s.links()...)
	var out []match
	for _, at := range orderToken.FindAllStringIndex(s.folded, -1) {
		token := s.folded[at[0]:at[1]]
		rank, ok := s.orderRank(at[0], token)
		if !ok || (rank < rankNamed && overlaps(taken, at[0], at[1])) || (rank == rankNamed && overlaps(above(taken, rankShape), at[0], at[1])) {
			continue
		}
		out = append(out, match{at[0], at[1], strings.ToUpper(token), rank})
	}
	return append(out, s.partedOrders()...)
}

// orderRank tells how much a token looks like an order's number, if at all.
func (s *source) orderRank(from int, token string) (rank int, ok bool) {
	digits, letters, first := 0, 0, -1
	for i := range len(token) {
		switch {
		case isDigit(token[i]):
			digits++
			if first < 0 {
				first = i
			}
		case isLetter(token[i]):
			letters++
		}
	}
	if digits < fewestOrderDigits || len(token) > longestOrder || letters > digits+8 {
		return 0, false
	}
	switch {
	case orderHint.MatchString(s.lead(from)):
		return rankNamed, true
	case strings.TrimSpace(s.folded) == token:
		return rankNamed, true
	case letters > 0:
		return rankShape, first <= 8 && !measure.MatchString(token)
	case digits == 4 && (strings.HasPrefix(token, "19") || strings.HasPrefix(token, "20")):
		return 0, false // a year
	}
	return rankBare, digits > fewestOrderDigits
}

// partedOrders finds numbers after capitals and a space.
func (s *source) partedOrders() []match {
	var out []match
	if len(s.folded) != len(s.text) { // capitals are only seen in the text itself
		return nil
	}
	for _, at := range orderParted.FindAllStringSubmatchIndex(s.text, -1) {
		letters, digits := s.text[at[2]:at[3]], s.text[at[4]:at[5]]
		if letters == "I" || currency(strings.ToLower(letters), "") != "" {
			continue
		}
		out = append(out, match{at[0], at[1], letters + digits, rankNamed})
	}
	return out
}

// above returns the matches of a higher rank.
func above(found []match, rank int) []match {
	var out []match
	for _, m := range found {
		if m.rank > rank {
			out = append(out, m)
		}
	}
	return out
}
