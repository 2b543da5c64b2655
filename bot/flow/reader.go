package flow

import (
	"regexp"
	"strings"
	"time"
)

// Reader finds a value of a kind in what the visitor said, in the form in which
// it is stored: a number with a point, a date as 2006-01-02, yes or no.
type Reader interface {
	Read(kind Kind, text, language string) (value string, ok bool)
}

// Plain is a Reader of common forms. Yes and no are not its business: they are
// words of a language.
type Plain struct {
	// YesNo tells yes ("yes") from no ("no"); nil knows the English words.
	YesNo func(text, language string) (string, bool)

	email, number, phone, order, version, amount *regexp.Regexp
}

// NewPlain makes a Plain.
func NewPlain(yesNo func(text, language string) (string, bool)) *Plain {
	return &Plain{
		YesNo:   yesNo,
		email:   regexp.MustCompile(`(?i)[a-z0-9._%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}`),
		number:  regexp.MustCompile(`[-+]?\d+(?:[.,]\d+)?`),
		phone:   regexp.MustCompile(`\+?\(?\d[\d ()/.-]{5,20}\d`),
		order:   regexp.MustCompile(`(?i)(?:#\s*)?\b((?:[a-z]{1,4}[-_ ]?)?\d[\d-]{2,18}\d)\b`),
		version: regexp.MustCompile(`(?i)\bv?(\d+(?:\.\d+){1,3}(?:-[a-z0-9.]+)?)\b`),
		amount:  regexp.MustCompile(`(?i)(?:€|\$|£|eur|usd|gbp)?\s*(\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?)\s*(?:€|\$|£|eur|usd|gbp)?`),
	}
}

// Read implements Reader.
func (p *Plain) Read(kind Kind, text, language string) (string, bool) {
	text = strings.TrimSpace(text)
	switch kind {
	case KindText:
		return text, text != ""
	case KindEmail:
		return found(strings.ToLower(p.email.FindString(text)))
	case KindNumber:
		return found(strings.Replace(strings.TrimPrefix(p.number.FindString(text), "+"), ",", ".", 1))
	case KindPhone:
		return found(strings.TrimSpace(p.phone.FindString(text)))
	case KindOrder:
		return group(p.order, text, strings.ToUpper)
	case KindVersion:
		return group(p.version, text, strings.ToLower)
	case KindAmount:
		return group(p.amount, text, decimal)
	case KindDate:
		return readDate(text)
	case KindYesNo:
		return p.yesNo(text, language)
	}
	return "", false
}

func (p *Plain) yesNo(text, language string) (string, bool) {
	if p.YesNo != nil {
		return p.YesNo(text, language)
	}
	switch strings.Trim(strings.ToLower(text), " .!") {
	case "yes", "y", "yes please", "sure", "ok":
		return "yes", true
	case "no", "n", "no thanks":
		return "no", true
	}
	return "", false
}

func found(s string) (string, bool) { return s, s != "" }

func group(re *regexp.Regexp, text string, form func(string) string) (string, bool) {
	m := re.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return found(form(strings.TrimSpace(m[1])))
}

// decimal writes an amount with a point: of two separators the last one is the
// decimal one, and a single one with three digits behind it separates thousands.
func decimal(s string) string {
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return s
	}
	whole := strings.NewReplacer(".", "", ",", "").Replace(s[:last])
	if len(s)-last-1 == 3 {
		return whole + s[last+1:]
	}
	return whole + "." + s[last+1:]
}

// readDate reads the forms that mean one day in every country: ISO 8601, day
// before month with points, and months by name.
func readDate(text string) (string, bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '?' || r == '!' })
	for _, layout := range []string{time.DateOnly, "2.1.2006", "2.1.06", "2006/1/2"} {
		for _, w := range words {
			if at, err := time.Parse(layout, w); err == nil {
				return at.Format(time.DateOnly), true
			}
		}
	}
	for i := 0; i+3 <= len(words); i++ {
		three := strings.Join(words[i:i+3], " ")
		for _, layout := range []string{"2 January 2006", "January 2 2006", "2 Jan 2006", "Jan 2 2006"} {
			if at, err := time.Parse(layout, three); err == nil {
				return at.Format(time.DateOnly), true
			}
		}
	}
	return "", false
}
