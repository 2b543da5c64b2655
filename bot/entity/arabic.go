package entity

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Words of dates in Arabic, folded: without vowel signs, and with a bare alif
// for those that carry a hamza.
const (
	arabicCounts = `\d{1,3}|واحد[ةه]?|اثنين|ثلاث[ةه]?|اربع[ةه]?|خمس[ةه]?|ست[ةه]?|سبع[ةه]?|ثمان(?:ي[ةه]?)?|تسع[ةه]?|عشر[ةه]?`
	arabicUnits  = `يومين|يوما|يوم|ايام|اسبوعين|اسبوعا|اسبوع|اسابيع|شهرين|شهرا|شهر|اشهر|شهور|سنتين|سن[ةه]|سنوات|سنين|عامين|عام|اعوام`
	arabicNext   = `القادم[ةه]?|المقبل[ةه]?|الجاي[ةه]?|التالي[ةه]?`
	arabicLast   = `الماض[يى][ةه]?|الفائت[ةه]?|السابق[ةه]?`
	arabicDays   = `الاثنين|الاتنين|الثلاثاء?|الاربعاء?|الخميس|الجمع[ةه]|السبت|الاحد`
	arabicMonths = `يناير|فبراير|مارس|ابريل|مايو|يونيو|يونيه|يوليو|يوليه|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر|` +
		`كانون الثاني|شباط|اذار|نيسان|ايار|حزيران|تموز|اب|ايلول|تشرين الاول|تشرين الثاني|كانون الاول|` +
		`جانفي|فيفري|افريل|ماي|جوان|جويلي[ةه]|اوت`
)

var (
	arabicNear   = regexp.MustCompile(`اول (?:من )?امس|قبل امس|بعد (?:ال)?غد|بعد بكر[ةه]|اليوم|الليل[ةه]|غدا|الغد|غد|بكر[ةه]|امس|البارح[ةه]|مبارح`)
	arabicAhead  = regexp.MustCompile(`(?:بعد|خلال) (?:(` + arabicCounts + `) )?(` + arabicUnits + `)`)
	arabicBack   = regexp.MustCompile(`(?:قبل|منذ) (?:(` + arabicCounts + `) )?(` + arabicUnits + `)`)
	arabicDay    = regexp.MustCompile(`(منذ )?(?:يوم )?(` + arabicDays + `)(?: (` + arabicNext + `|` + arabicLast + `))?`)
	arabicPeriod = regexp.MustCompile(`(الاسبوع|الشهر|السن[ةه]|العام) (` + arabicNext + `|` + arabicLast + `|الحالي[ةه]?)`)
	arabicEnd    = regexp.MustCompile(`(?:نهاي[ةه]|اخر) الشهر`)
	arabicDate   = regexp.MustCompile(`(\d{1,2}) (?:من )?(?:شهر )?(` + arabicMonths + `)(?:,? (?:عام |سن[ةه] )?(\d{4}))?`)
)

// arabic finds days in Arabic words.
func (c *calendar) arabic() {
	text := c.source.folded
	for _, at := range arabicNear.FindAllStringIndex(text, -1) {
		if c.source.wordly(at[0], at[1]) {
			c.add(at[0], at[1], c.today.AddDate(0, 0, arabicDistance(text[at[0]:at[1]])), rankNamed)
		}
	}
	c.arabicApart(arabicAhead, 1)
	c.arabicApart(arabicBack, -1)
	for _, at := range arabicDay.FindAllStringSubmatchIndex(text, -1) {
		direction := arabicDirection(c.word(at, 6))
		if c.word(at, 2) != "" {
			direction = -1
		}
		if c.source.wordly(at[0], at[1]) {
			c.add(at[0], at[1], c.nearestOf(arabicWeekday(c.word(at, 4)), direction), rankNamed)
		}
	}
	for _, at := range arabicPeriod.FindAllStringSubmatchIndex(text, -1) {
		if c.source.wordly(at[0], at[1]) {
			c.add(at[0], at[1], c.begin(arabicDirection(c.word(at, 4)), arabicUnit(strings.TrimPrefix(c.word(at, 2), "ال"))), rankShape)
		}
	}
	for _, at := range arabicEnd.FindAllStringIndex(text, -1) {
		c.add(at[0], at[1], monthStart(c.today, 1).AddDate(0, 0, -1), rankNamed)
	}
	for _, at := range arabicDate.FindAllStringSubmatchIndex(text, -1) {
		if !c.source.wordly(at[0], at[1]) || isDigit(c.source.before(at[0])) || isDigit(c.source.after(at[1])) {
			continue
		}
		if date, ok := c.complete(c.year(at, 6), arabicMonth(c.word(at, 4)), c.int(at, 2)); ok {
			c.add(at[0], at[1], date, rankNamed)
		}
	}
}

// arabicApart finds distances. Two of a unit have a form of their own, and one
// has no number: "قبل يوم" is a day ago, but "قبل يوم الاثنين" before a Monday.
func (c *calendar) arabicApart(expression *regexp.Regexp, sign int) {
	text := c.source.folded
	for _, at := range expression.FindAllStringSubmatchIndex(text, -1) {
		unit, n := c.word(at, 4), 1
		if !c.source.wordly(at[0], at[1]) || at[2] < 0 && strings.HasPrefix(text[at[1]:], " ال") {
			continue
		}
		if strings.HasSuffix(unit, "ين") && unit != "سنين" {
			n = 2
		} else if at[2] >= 0 {
			n = arabicCount(c.word(at, 2))
		}
		c.add(at[0], at[1], c.move(sign*n, arabicUnit(unit)), rankNamed)
	}
}

// wordly reports whether a find in Arabic is words of its own; and, then, with,
// and to are written together with what follows.
func (s *source) wordly(from, to int) bool {
	if after, _ := utf8.DecodeRuneInString(s.folded[to:]); unicode.IsLetter(after) {
		return false
	}
	before, size := utf8.DecodeLastRuneInString(s.folded[:from])
	if strings.ContainsRune("وفبل", before) {
		before, _ = utf8.DecodeLastRuneInString(s.folded[:from-size])
	}
	return !unicode.IsLetter(before)
}

func arabicDistance(word string) int {
	switch {
	case strings.HasPrefix(word, "اول"), strings.HasPrefix(word, "قبل"):
		return -2
	case strings.HasPrefix(word, "بعد"):
		return 2
	case word == "اليوم", strings.HasPrefix(word, "اللي"):
		return 0
	case word == "امس", strings.HasPrefix(word, "البارح"), word == "مبارح":
		return -1
	}
	return 1
}

func arabicDirection(word string) int {
	switch {
	case word == "", strings.HasPrefix(word, "الحالي"):
		return 0
	case strings.HasPrefix(word, "الماض"), strings.HasPrefix(word, "الفائت"), strings.HasPrefix(word, "السابق"):
		return -1
	}
	return 1
}

// arabicUnit returns the English name of a unit.
func arabicUnit(word string) string {
	switch {
	case strings.HasPrefix(word, "يوم"), word == "ايام":
		return "day"
	case strings.HasPrefix(word, "اسب"), strings.HasPrefix(word, "اساب"):
		return "week"
	case strings.Contains(word, "شه"):
		return "month"
	}
	return "year"
}

// arabicCount reads a number from one to ten; the word begins alike with either
// gender.
func arabicCount(word string) int {
	if n, ok := countOf(word); ok {
		return n.n
	}
	for i, stem := range []string{"واحد", "اثنين", "ثلاث", "اربع", "خمس", "ست", "سبع", "ثمان", "تسع", "عشر"} {
		if strings.HasPrefix(word, stem) {
			return i + 1
		}
	}
	return 1
}

func arabicWeekday(word string) time.Weekday {
	for i, stem := range []string{"الاحد", "الاثنين", "الثلاث", "الاربع", "الخميس", "الجمع", "السبت"} {
		if strings.HasPrefix(word, stem) {
			return time.Weekday(i)
		}
	}
	return time.Monday // as some dialects write it
}

// arabicMonth knows the names of Egypt and the Gulf, of the Levant, and of the
// Maghreb.
func arabicMonth(word string) int {
	for i, names := range []string{
		"يناير|كانون الثاني|جانفي", "فبراير|شباط|فيفري", "مارس|اذار", "ابريل|نيسان|افريل", "مايو|ايار|ماي", "يونيو|يونيه|حزيران|جوان",
		"يوليو|يوليه|تموز|جويلية|جويليه", "اغسطس|اب|اوت", "سبتمبر|ايلول", "اكتوبر|تشرين الاول", "نوفمبر|تشرين الثاني", "ديسمبر|كانون الاول",
	} {
		for name := range strings.SplitSeq(names, "|") {
			if name == word {
				return i + 1
			}
		}
	}
	return 0
}
