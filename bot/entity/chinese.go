package entity

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const chineseDigits = `\d{1,3}|[一二两兩三四五六七八九十]{1,3}`

var (
	chineseNear   = regexp.MustCompile(`大后天|大後天|大前天|今天|今日|今晚|明天|明日|明晚|后天|後天|昨天|昨日|昨晚|前天`)
	chineseApart  = regexp.MustCompile(`(` + chineseDigits + `)(?:个|個)?(天|日|周|週|星期|礼拜|月|年)(?:之|以)?(后|後|前)`)
	chineseDay    = regexp.MustCompile(`(上上|下下|上|下|这|這|本)?(?:个|個)?(?:周|週|星期|礼拜)([一二三四五六日天])`)
	chinesePeriod = regexp.MustCompile(`(上|下|这|這|本)(?:个|個)?(周|週|星期|礼拜|月)|[明去今]年`)
	chineseEnd    = regexp.MustCompile(`月底|月末`)
	chineseDate   = regexp.MustCompile(`(?:([明去今])年|(\d{4})年)?(` + chineseDigits + `)月(` + chineseDigits + `)[日号號]`)
)

// chinese finds days in Chinese words; nothing parts them from what surrounds
// them.
func (c *calendar) chinese() {
	text := c.source.folded
	for _, at := range chineseNear.FindAllStringIndex(text, -1) {
		c.add(at[0], at[1], c.today.AddDate(0, 0, chineseDistance(text[at[0]:at[1]])), rankNamed)
	}
	for _, at := range chineseApart.FindAllStringSubmatchIndex(text, -1) {
		n := chineseCount(c.word(at, 2))
		if c.word(at, 6) == "前" {
			n = -n
		}
		if !isDigit(c.source.before(at[0])) {
			c.add(at[0], at[1], c.move(n, chineseUnit(c.word(at, 4))), rankNamed)
		}
	}
	for _, at := range chineseDay.FindAllStringSubmatchIndex(text, -1) {
		day := time.Weekday(max(0, strings.Index("日一二三四五六", c.word(at, 4))) / len("日"))
		if which := c.word(at, 2); which != "" {
			c.add(at[0], at[1], c.ofWeek(day, chineseDirection(which)), rankNamed)
		} else {
			c.add(at[0], at[1], c.nearestOf(day, 0), rankNamed)
		}
	}
	for _, at := range chinesePeriod.FindAllStringSubmatchIndex(text, -1) {
		if at[2] < 0 {
			c.add(at[0], at[1], c.begin(chineseYear(text[at[0]:at[1]]), "year"), rankShape)
		} else {
			c.add(at[0], at[1], c.begin(chineseDirection(c.word(at, 2)), chineseUnit(c.word(at, 4))), rankShape)
		}
	}
	for _, at := range chineseEnd.FindAllStringIndex(text, -1) {
		c.add(at[0], at[1], monthStart(c.today, 1).AddDate(0, 0, -1), rankNamed)
	}
	c.chineseDates()
}

func (c *calendar) chineseDates() {
	for _, at := range chineseDate.FindAllStringSubmatchIndex(c.source.folded, -1) {
		year := c.year(at, 4)
		if which := c.word(at, 2); which != "" {
			year = c.today.Year() + chineseYear(which)
		}
		date, ok := c.complete(year, chineseCount(c.word(at, 6)), chineseCount(c.word(at, 8)))
		if ok && !isDigit(c.source.before(at[0])) {
			c.add(at[0], at[1], date, rankNamed)
		}
	}
}

func chineseDistance(word string) int {
	switch {
	case strings.HasPrefix(word, "大前"):
		return -3
	case strings.HasPrefix(word, "大"):
		return 3
	case strings.HasPrefix(word, "今"):
		return 0
	case strings.HasPrefix(word, "明"):
		return 1
	case strings.HasPrefix(word, "昨"):
		return -1
	case strings.HasPrefix(word, "前"):
		return -2
	}
	return 2
}

// chineseYear is how many years from this one.
func chineseYear(word string) int {
	switch {
	case strings.HasPrefix(word, "明"):
		return 1
	case strings.HasPrefix(word, "去"):
		return -1
	}
	return 0
}

func chineseDirection(word string) int {
	return strings.Count(word, "下") - strings.Count(word, "上")
}

// chineseUnit returns the English name of a unit.
func chineseUnit(word string) string {
	switch word {
	case "天", "日":
		return "day"
	case "月":
		return "month"
	case "年":
		return "year"
	}
	return "week"
}

// chineseCount reads a number below a hundred in figures or characters, 0 for
// none.
func chineseCount(word string) int {
	if n, err := strconv.Atoi(word); err == nil {
		return n
	}
	n, tens := 0, false
	for _, r := range word {
		if r == '十' {
			if tens {
				return 0
			}
			n, tens = max(n, 1)*10, true
			continue
		}
		digit := strings.IndexRune("零一二三四五六七八九", r) / len("零")
		switch r {
		case '两', '兩':
			digit = 2
		}
		if n != 0 && !tens || tens && n%10 != 0 {
			return 0 // characters beside each other are no number
		}
		n += digit
	}
	return n
}
