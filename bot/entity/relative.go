package entity

import (
	"regexp"
	"strings"
	"time"
)

const (
	counts   = `\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:a )?couple of|a few|eine[mnr]?|ein|ein paar|paar|einigen|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwoelf`
	units    = `days?|tage?n?|weeks?|wochen?|fortnights?|months?|monate?n?|years?|jahre?n?`
	weekdays = `monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag`
	short    = `mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|mo|di|mi|do|fr|sa|so`
	nextWord = `next|coming|following|nachste[nrsm]?|naechste[nrsm]?|kommende[nrsm]?`
	lastWord = `last|past|previous|letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?`
	thisWord = `this|diese[nrsm]?`
)

var (
	nearDay = regexp.MustCompile(`\b(?:(the )?day after tom+or+ow|(the )?day before yesterday|u(?:e)?bermorgen|vorgestern|` +
		`today|tonight|tod[ae]y|tom+or+ow|tmrw|tmr|2moro|yesterday|yesteday|yersterday|heute|heut|gestern|morgen)\b`)
	ahead     = regexp.MustCompile(`\bin (` + counts + `) (` + units + `)\b|\b(` + counts + `) (` + units + `) (?:from now|from today|later|spater|spaeter)\b`)
	back      = regexp.MustCompile(`\b(` + counts + `) (` + units + `) (?:ago|back|zuvor)\b|\bvor (` + counts + `) (` + units + `)\b`)
	weekday   = regexp.MustCompile(`\b(?:(` + nextWord + `|` + lastWord + `|` + thisWord + `|on|by|until|since|am|bis|seit) )?(` + weekdays + `)s?\b(?: (of )?(` + nextWord + `|` + lastWord + `) (?:week|woche))?`)
	shortDay  = regexp.MustCompile(`\b(` + nextWord + `|` + lastWord + `|` + thisWord + `|on|by|am) (` + short + `)\b`)
	weekFirst = regexp.MustCompile(`\b(` + nextWord + `|` + lastWord + `) (?:week|woche),? (?:on |am )?(` + weekdays + `)\b`)
	period    = regexp.MustCompile(`\b(` + nextWord + `|` + lastWord + `|` + thisWord + `) (week|month|year|woche|monats?|jahr)\b`)
	endOf     = regexp.MustCompile(`\b(?:end of (?:the |this )?month|month'?s end|ende (?:des|dieses) monats|monatsende)\b`)
)

// relative finds days by their distance from today.
func (c *calendar) relative() {
	text := c.source.folded
	for _, at := range nearDay.FindAllStringIndex(text, -1) {
		if days, ok := c.near(text[at[0]:at[1]], at[0]); ok {
			c.add(at[0], at[1], c.today.AddDate(0, 0, days), rankNamed)
		}
	}
	same := func(unit string) string { return unit }
	c.apart(ahead, 1, same)
	c.apart(back, -1, same)
	for _, at := range period.FindAllStringSubmatchIndex(text, -1) {
		c.add(at[0], at[1], c.begin(direction(text[at[2]:at[3]]), text[at[4]:at[5]]), rankShape)
	}
	for _, at := range endOf.FindAllStringIndex(text, -1) {
		c.add(at[0], at[1], monthStart(c.today, 1).AddDate(0, 0, -1), rankNamed)
	}
}

// apart finds days at a distance: an expression has pairs of a count and a unit,
// one of which is found. unit turns the latter into one that move knows.
func (c *calendar) apart(expression *regexp.Regexp, sign int, unit func(string) string) {
	for _, at := range expression.FindAllStringSubmatchIndex(c.source.folded, -1) {
		g := 2
		if at[g] < 0 {
			g = 6
		}
		if n, ok := countOf(c.word(at, g)); ok {
			c.add(at[0], at[1], c.move(sign*n.n, unit(c.word(at, g+2))), rankNamed)
		}
	}
}

// near returns the distance of a day that has a word of its own. "Morgen" is
// also the morning: in a greeting, and of another day.
func (c *calendar) near(word string, from int) (days int, ok bool) {
	before := strings.TrimRight(c.source.folded[:from], " ")
	switch {
	case strings.Contains(word, "day after"), strings.HasSuffix(word, "bermorgen"):
		return 2, true
	case strings.Contains(word, "day before"), word == "vorgestern":
		return -2, true
	case strings.HasPrefix(word, "yes"), strings.HasPrefix(word, "yers"), word == "gestern":
		return -1, true
	case strings.HasPrefix(word, "tod"), word == "tonight", strings.HasPrefix(word, "heut"):
		return 0, true
	case word == "morgen":
		for _, other := range []string{"guten", "heute", "gestern", "jeden", "am", "diesen", "ubermorgen", "schonen"} {
			if strings.HasSuffix(before, other) {
				return 0, false
			}
		}
	}
	return 1, true
}

// move returns the day so many units from today. A month from the last of
// January is the last of February.
func (c *calendar) move(n int, unit string) time.Time {
	switch unit[0] {
	case 'd', 't':
		return c.today.AddDate(0, 0, n)
	case 'w':
		return c.today.AddDate(0, 0, 7*n)
	case 'f':
		return c.today.AddDate(0, 0, 14*n)
	case 'y', 'j':
		n *= 12
	}
	last := monthStart(c.today, n+1).AddDate(0, 0, -1)
	return monthStart(c.today, n).AddDate(0, 0, min(c.today.Day(), last.Day())-1)
}

// begin returns the first day of the week, month or year that is so many away.
func (c *calendar) begin(n int, unit string) time.Time {
	switch unit[0] {
	case 'w':
		return monday(c.today).AddDate(0, 0, 7*n)
	case 'm':
		return monthStart(c.today, n)
	}
	return time.Date(c.today.Year()+n, 1, 1, 0, 0, 0, 0, time.UTC)
}

func monthStart(t time.Time, months int) time.Time {
	return time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
}

// monday begins the week, as in ISO 8601.
func monday(t time.Time) time.Time { return t.AddDate(0, 0, -int(t.Weekday()+6)%7) }

// weekdays finds days of the week: the coming one, which today is too; after
// "next" the first after today, after "last" the last before it.
func (c *calendar) weekdays() {
	text := c.source.folded
	for _, at := range weekday.FindAllStringSubmatchIndex(text, -1) {
		day := weekdayOf(c.word(at, 4))
		if week := c.word(at, 8); week != "" {
			c.add(at[0], at[1], c.ofWeek(day, direction(week)), rankNamed)
			continue
		}
		c.add(at[0], at[1], c.nearest(day, c.word(at, 2)), rankNamed)
	}
	for _, at := range shortDay.FindAllStringSubmatchIndex(text, -1) {
		if c.word(at, 2) == "am" && c.language != "de" {
			continue
		}
		c.add(at[0], at[1], c.nearest(weekdayOf(c.word(at, 4)), c.word(at, 2)), rankShape)
	}
	for _, at := range weekFirst.FindAllStringSubmatchIndex(text, -1) {
		c.add(at[0], at[1], c.ofWeek(weekdayOf(c.word(at, 4)), direction(c.word(at, 2))), rankNamed)
	}
}

func (c *calendar) ofWeek(day time.Weekday, weeks int) time.Time {
	return monday(c.today).AddDate(0, 0, 7*weeks+int(day+6)%7)
}

func (c *calendar) nearest(day time.Weekday, word string) time.Time {
	if word == "since" || word == "seit" {
		return c.nearestOf(day, -1)
	}
	return c.nearestOf(day, direction(word))
}

// nearestOf returns the coming such day, which today is too; in the direction 1
// the first after today, in -1 the last before it.
func (c *calendar) nearestOf(day time.Weekday, direction int) time.Time {
	ahead := int(day-c.today.Weekday()+7) % 7
	switch {
	case direction < 0:
		ahead -= 7
	case direction > 0 && ahead == 0:
		ahead = 7
	}
	return c.today.AddDate(0, 0, ahead)
}

// direction of a word: 1 for "next", -1 for "last", else 0.
func direction(word string) int {
	if word == "" {
		return 0
	}
	switch word[:2] {
	case "ne", "co", "fo", "na", "ko":
		return 1
	case "la", "pa", "pr", "le", "ve", "vo":
		return -1
	}
	return 0
}

// weekdayOf reads the first letters of a weekday's name, which tell it in both
// languages.
func weekdayOf(name string) time.Weekday {
	switch name[:2] {
	case "tu", "di":
		return time.Tuesday
	case "we", "mi":
		return time.Wednesday
	case "th", "do":
		return time.Thursday
	case "fr":
		return time.Friday
	case "sa":
		return time.Saturday
	case "mo":
		return time.Monday
	}
	if strings.HasPrefix(name, "sonna") {
		return time.Saturday
	}
	return time.Sunday
}
