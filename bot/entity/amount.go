package entity

import (
	"regexp"
	"strings"
	"time"
)

// money is a number with a currency on either side, or with none.
var money = regexp.MustCompile(`(?:(us\$|ca\$|au\$|c\$|a\$|€|\$|£|¥|￥|₹|\b(?:` + currencyWords + `)\b\.?) ?)?` +
	`(\d+(?:[.,' ]\d{3})*(?:[.,]\d{1,3}|[.,]-{1,2})?)` +
	`(k\b)?(?: ?(us\$|€|\$|£|¥|￥|₹|` + foreignWords + `|(?:` + currencyWords + `)\b))?`)

const currencyWords = `eur|euros?|usd|dollars?|dollar|bucks?|gbp|pounds?|quid|pfund|chf|francs? suisses?|francs?|franken|sfr|fr|jpy|yen|cny|rmb|yuan|inr|rupees?|rs|` +
	`cad|aud|sek|nok|dkk|kr|kronen|kronor|kroner|pln|zl|zloty|czk|huf|cents?|eurocents?|` +
	`dolar(?:es)?|libras?|pesos?|francos?|yenes|livres?(?: sterling)?|centimos?|centavos?|centimes?|` +
	`mxn|ars|clp|cop|pen|brl|sar|aed|egp|kwd|qar|mad|tnd|dzd|hkd|twd|sgd|try|nzd`

// foreignWords stand after the number, and need no space before what follows.
const foreignWords = `人民币|块钱|块|欧元|歐元|美元|美金|港币|港元|日元|英镑|英鎊|台币|元|` +
	`يوروهات|يورو|دولارات|دولارا|دولار|ريالات|ريالا|ريال|درهما|درهم|دراهم|جنيهات|جنيها|جنيه|دينارا|دينار|دنانير|لير[ةه]`

// currency returns the ISO 4217 code of a folded word or sign, "" for none. What
// several countries call theirs is the locale's.
func currency(word, locale string) string {
	region, language := regionOf(locale), languageOf(locale)
	switch strings.TrimSuffix(word, ".") {
	case "€", "eur", "euro", "euros", "cent", "cents", "eurocent", "eurocents", "centimo", "centimos", "centime", "centimes", "欧元", "歐元", "يورو", "يوروهات":
		if (word == "cent" || word == "cents") && language == "en" && region != "IE" {
			return currency("$", locale)
		}
		return "EUR"
	case "us$", "usd", "美元", "美金":
		return "USD"
	case "$", "dollar", "dollars", "buck", "bucks", "dolar", "dolares", "دولار", "دولارا", "دولارات":
		return dollarOf(region)
	case "ca$", "c$", "cad":
		return "CAD"
	case "au$", "a$", "aud":
		return "AUD"
	case "£", "gbp", "pound", "pounds", "quid", "pfund", "libra", "libras", "livre sterling", "livres sterling", "英镑", "英鎊":
		return "GBP"
	case "chf", "franc", "francs", "franken", "sfr", "fr", "franco", "francos", "franc suisse", "francs suisses", "franc suisses", "francs suisse":
		return "CHF"
	case "jpy", "yen", "yenes", "日元":
		return "JPY"
	case "¥", "￥":
		if language == "zh" {
			return "CNY"
		}
		return "JPY"
	case "cny", "rmb", "yuan", "元", "块", "块钱", "人民币":
		return "CNY"
	case "₹", "inr", "rupee", "rupees", "rs":
		return "INR"
	case "kr", "kronen", "kronor", "kroner":
		return crownOf(language)
	case "sek", "nok", "dkk", "pln", "czk", "huf":
		return strings.ToUpper(word)
	case "zl", "zloty":
		return "PLN"
	case "港币", "港元":
		return "HKD"
	case "台币":
		return "TWD"
	}
	return sharedCurrency(word, region)
}

// sharedCurrency reads names that several countries have for their own: the
// locale's, or the one of the most people. "" is none, and of a peso or dinar
// when the locale does not say whose.
func sharedCurrency(word, region string) string {
	of := func(fallback string, codes ...string) string {
		for _, code := range codes {
			if region != "" && strings.HasPrefix(code, region) {
				return code
			}
		}
		return fallback
	}
	switch {
	case strings.HasPrefix(word, "peso"), strings.HasPrefix(word, "centavo"):
		return of("", "MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "PHP")
	case strings.HasPrefix(word, "ريال"):
		return of("SAR", "QAR", "OMR", "YER")
	case strings.HasPrefix(word, "در"):
		return of("AED", "MAD")
	case strings.HasPrefix(word, "جني"):
		return of("EGP", "SDG")
	case strings.HasPrefix(word, "دين"), strings.HasPrefix(word, "دنا"):
		return of("", "KWD", "BHD", "JOD", "IQD", "TND", "DZD", "LYD")
	case strings.HasPrefix(word, "لير"):
		return of("", "TRY", "SYP", "LBP")
	case len(word) == 3 && isLetter(word[0]): // a code of ISO 4217
		return strings.ToUpper(word)
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
