package entity

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const months = `jan(?:uary|uar)?|janner|feb(?:ruary|ruar)?|mar(?:ch)?|marz|maerz|mrz|apr(?:il)?|may|mai|june?|juni|july?|juli|` +
	`aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?`

var (
	isoDate     = regexp.MustCompile(`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日?`)
	numericDate = regexp.MustCompile(`(\d{1,2})([./-])(\d{1,2})(?:[./-](\d{4}|'?\d{2})|\.)?`)
	dayMonth    = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|\.)? ?(?:of )?(` + months + `)\b(?:\.?,? (\d{4})\b)?`)
	monthDay    = regexp.MustCompile(`\b(` + months + `)\.? (?:the )?(\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b)?`)
)

// dates finds days, in figures and in words.
func (s *source) dates(locale string, now time.Time) []match {
	if s.dated {
		return s.days
	}
	c := calendar{source: s, today: midnight(now), monthFirst: monthFirst(locale), language: languageOf(locale)}
	c.iso()
	c.numeric()
	c.named()
	c.relative()
	c.weekdays()
	c.romance()
	if strings.ContainsFunc(s.folded, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) {
		c.arabic()
	}
	if strings.ContainsFunc(s.folded, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		c.chinese()
	}
	s.days, s.dated = apart(c.found), true
	return s.days
}

// calendar collects the dates of a text.
type calendar struct {
	source     *source
	today      time.Time
	monthFirst bool // "03/04" is the fourth of March
	language   string
	found      []match
}

// monthFirst reports whether the locale writes the month before the day: Chinese
// does, and English in America and where it does not say where.
func monthFirst(locale string) bool {
	region := regionOf(locale)
	return languageOf(locale) == "zh" || languageOf(locale) == "en" && (region == "" || region == "US" || region == "PH")
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (c *calendar) add(from, to int, day time.Time, rank int) {
	c.found = append(c.found, match{from, to, day.Format(time.DateOnly), rank})
}

// iso finds dates with the year in front.
func (c *calendar) iso() {
	for _, at := range isoDate.FindAllStringSubmatchIndex(c.source.folded, -1) {
		g := 2
		if at[g] < 0 {
			g = 8
		}
		if isDigit(c.source.before(at[0])) || isDigit(c.source.after(at[1])) {
			continue
		}
		if day, ok := dayOf(c.int(at, g), c.int(at, g+2), c.int(at, g+4)); ok {
			c.add(at[0], at[1], day, rankNamed)
		}
	}
}

// word is the text of a group, "" when there is none.
func (c *calendar) word(at []int, group int) string {
	if at[group] < 0 {
		return ""
	}
	return c.source.folded[at[group]:at[group+1]]
}

func (c *calendar) int(at []int, group int) int {
	if at[group] < 0 {
		return 0
	}
	text := c.source.folded[at[group]:at[group+1]]
	if text[0] == '\'' {
		text = text[1:]
	}
	n, err := strconv.Atoi(text)
	if err != nil { // the expressions let four digits through, and these groups no words
		return -1
	}
	return n
}

// numeric finds day and month in the locale's order, or in the other when only
// that is a date. Points always part the day from the month. Without a year it
// is the nearest such day.
func (c *calendar) numeric() {
	for _, at := range numericDate.FindAllStringSubmatchIndex(c.source.folded, -1) {
		if !c.source.alone(at[0], at[1]) {
			continue
		}
		day, month, sign := c.int(at, 2), c.int(at, 6), c.source.folded[at[4]]
		if c.monthFirst && sign != '.' {
			day, month = month, day
		}
		if month > 12 && day <= 12 {
			day, month = month, day
		}
		rank := rankShape
		switch withYear := at[8] >= 0; {
		case withYear:
			rank = rankNamed
		case sign == '-', day == 24 && month == 7 && sign == '/': // a range; day and night
			continue
		case sign == '/' || c.source.folded[at[1]-1] != '.':
			rank = rankBare
		}
		if date, ok := c.complete(c.year(at, 8), month, day); ok {
			c.add(at[0], at[1], date, rank)
		}
	}
}

// year of a group, of this century when it has two digits; 0 when there is none.
func (c *calendar) year(at []int, group int) int {
	year := c.int(at, group)
	if at[group] >= 0 && year < 100 {
		year += 2000
	}
	return year
}

// named finds a day beside the name of its month.
func (c *calendar) named() {
	add := func(at []int, day, month, year int) {
		if date, ok := c.complete(c.year(at, year), monthOf(c.source.folded[at[month]:at[month+1]]), c.int(at, day)); ok {
			c.add(at[0], at[1], date, rankNamed)
		}
	}
	for _, at := range dayMonth.FindAllStringSubmatchIndex(c.source.folded, -1) {
		add(at, 2, 4, 6)
	}
	for _, at := range monthDay.FindAllStringSubmatchIndex(c.source.folded, -1) {
		add(at, 4, 2, 6)
	}
}

// monthOf reads the first letters of a month's name, which tell it in both
// languages.
func monthOf(name string) int {
	switch name[:3] {
	case "jan":
		return 1
	case "feb":
		return 2
	case "mar", "mae", "mrz":
		return 3
	case "apr":
		return 4
	case "may", "mai":
		return 5
	case "jun":
		return 6
	case "jul":
		return 7
	case "aug":
		return 8
	case "sep":
		return 9
	case "oct", "okt":
		return 10
	case "nov":
		return 11
	}
	return 12
}

// complete returns the day; without a year, year being 0, the one nearest to
// today.
func (c *calendar) complete(year, month, day int) (time.Time, bool) {
	if year != 0 {
		return dayOf(year, month, day)
	}
	var best time.Time
	found := false
	for y := c.today.Year() - 1; y <= c.today.Year()+1; y++ {
		if d, ok := dayOf(y, month, day); ok && (!found || d.Sub(c.today).Abs() < best.Sub(c.today).Abs()) {
			best, found = d, true
		}
	}
	return best, found
}

// dayOf returns the day if the calendar has it, within what a customer can mean.
func dayOf(year, month, day int) (time.Time, bool) {
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return d, year >= 1900 && year < 2100 && d.Year() == year && d.Month() == time.Month(month) && d.Day() == day
}
