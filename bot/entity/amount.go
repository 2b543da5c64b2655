package entity

import (
	"regexp"
	"strings"
	"time"
)

// money is a number with a currency on either side, or with none.
var money = regexp.MustCompile(`(?:(us\$|ca\$|au\$|c\$|a\$|€|\$|£|¥|￥|₹|\b(?:` + currencyWords + `)\b\.?) ?)?` +
	`(\d+(?:[.,' ]\d{3})*(?:[.,]\d{1,3}|[.,]-{1,2})?)` +
	`(k\b)?(?: ?(us\$|€|\$|£|¥|￥|₹|元|块|欧元|美元|يورو|دولار|(?:` + currencyWords + `)\b))?`)

const currencyWords = `eur|euros?|usd|dollars?|dollar|bucks?|gbp|pounds?|quid|pfund|chf|francs?|franken|sfr|fr|jpy|yen|cny|rmb|yuan|inr|rupees?|rs|` +
	`cad|aud|sek|nok|dkk|kr|kronen|kronor|kroner|pln|zl|zloty|czk|huf|cents?|eurocents?`

// currency returns the ISO 4217 code of a folded word or sign, "" for none. What
// several countries call theirs is the locale's.
func currency(word, locale string) string {
	region, language := regionOf(locale), languageOf(locale)
	switch strings.TrimSuffix(word, ".") {
	case "€", "eur", "euro", "euros", "cent", "cents", "eurocent", "eurocents", "欧元", "يورو":
		if strings.HasPrefix(word, "cent") && language == "en" && region != "IE" {
			return currency("$", locale)
		}
		return "EUR"
	case "us$", "usd", "美元":
		return "USD"
	case "$", "dollar", "dollars", "buck", "bucks", "دولار":
		return dollarOf(region)
	case "ca$", "c$", "cad":
		return "CAD"
	case "au$", "a$", "aud":
		return "AUD"
	case "£", "gbp", "pound", "pounds", "quid", "pfund":
		return "GBP"
	case "chf", "franc", "francs", "franken", "sfr", "fr":
		return "CHF"
	case "jpy", "yen":
		return "JPY"
	case "¥", "￥":
		if language == "zh" {
			return "CNY"
		}
		return "JPY"
	case "cny", "rmb", "yuan", "元", "块":
		return "CNY"
	case "₹", "inr", "rupee", "rupees", "rs":
		return "INR"
	case "kr", "kronen", "kronor", "kroner":
		return crownOf(language)
	case "sek", "nok", "dkk", "pln", "czk", "huf":
		return strings.ToUpper(word)
	case "zl", "zloty":
		return "PLN"
	}
	return ""
}

func crownOf(language string) string {
	switch language {
	case "da":
		return "DKK"
	case "nb", "nn", "no":
		return "NOK"
	}
	return "SEK"
}

func dollarOf(region string) string {
	switch region {
	case "CA", "AU", "NZ", "SG", "HK":
		return region + "D"
	}
	return "USD"
}

// amounts finds sums of money; a number without a currency may be one.
func (s *source) amounts(locale string, now time.Time) []match {
	dates := above(s.dates(locale, now), rankBare)
	var out []match
	for _, at := range money.FindAllStringSubmatchIndex(s.folded, -1) {
		figure := s.folded[at[4]:at[5]]
		sign, sub := "", false
		for _, group := range []int{2, 8} {
			if at[group] >= 0 && sign == "" {
				word := s.folded[at[group]:at[group+1]]
				sign, sub = currency(word, locale), strings.Contains(word, "cent")
			}
		}
		from, to := at[0], at[1]
		if sign == "" {
			from, to = at[4], at[5]
			if !s.alone(from, to) {
				continue
			}
		} else if b := s.before(from); isDigit(b) || isLetter(b) && isLetter(s.folded[from]) {
			continue
		}
		value, ok := sum(figure, locale, sub, at[6] >= 0)
		if !ok || overlaps(dates, from, to) {
			continue
		}
		if sign == "" {
			out = append(out, match{from, to, value, rankBare})
			continue
		}
		out = append(out, match{from, to, value + " " + sign, rankNamed})
	}
	return out
}

// sum normalises the figure of an amount: of cents, or of thousands.
func sum(figure, locale string, cents, thousands bool) (string, bool) {
	value, ok := decimal(strings.TrimRight(figure, ".,-"), locale, true)
	switch whole, fraction, _ := strings.Cut(value, "."); {
	case !ok:
	case cents && fraction == "":
		padded := strings.Repeat("0", max(0, 3-len(whole))) + whole
		value = padded[:len(padded)-2] + "." + padded[len(padded)-2:]
	case thousands && len(fraction) <= 3:
		value = trimZeros(whole+fraction+strings.Repeat("0", 3-len(fraction)), "")
	}
	return value, ok
}
