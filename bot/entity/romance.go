package entity

import (
	"regexp"
	"strings"
	"time"
)

// Words of dates in Spanish and French, folded.
const (
	spanishCounts = `\d{1,3}|un par de|un[ao]?s?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce`
	spanishUnits  = `dias?|semanas?|mes(?:es)?|anos?`
	frenchCounts  = `\d{1,3}|quelques|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze`
	frenchUnits   = `jours?|semaines?|mois|annees?|ans?`
	romanceMonths = `ene(?:ro)?|feb(?:rero)?|mar(?:zo|s)?|abr(?:il)?|mayo?|mai|juni?o?|juin|julio|jul|juil(?:let)?|ago(?:sto)?|aout|sep(?:t|tiembre|tembre)?|setiembre|` +
		`oct(?:ubre|obre)?|nov(?:iembre|embre)?|dic(?:iembre)?|dec(?:embre)?|janv?(?:ier)?|fev(?:r|rier)?|avr(?:il)?`
	romanceDays = `lunes|martes|miercoles|jueves|viernes|sabado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche`
	romanceNext = `proxim[oa]|siguiente|que viene|prochaine?|suivante?`
	romanceLast = `pasad[oa]|ultim[oa]|derniere?`
	romanceThis = `est[ea]|cette|cet?`
)

var (
	romanceNear   = regexp.MustCompile(`\b(?:pasado manana|anteayer|antes de ayer|antier|apres[- ]?demain|avant[- ]hier|aujourd'? ?hui|hoy|esta noche|ce soir|manana|ayer|demain|hier)\b`)
	romanceAhead  = regexp.MustCompile(`\b(?:dentro de|en) (` + spanishCounts + `) (` + spanishUnits + `)\b|\b(?:dans|d'ici) (` + frenchCounts + `) (` + frenchUnits + `)\b`)
	romanceBack   = regexp.MustCompile(`\bhace (` + spanishCounts + `) (` + spanishUnits + `)\b|\bil y a (` + frenchCounts + `) (` + frenchUnits + `)\b`)
	romanceDay    = regexp.MustCompile(`\b(?:(` + romanceNext + `|` + romanceLast + `|` + romanceThis + `|desde el|depuis) )?(` + romanceDays + `)s?\b(?: (` + romanceNext + `|` + romanceLast + `)\b| (?:de la )?(semana que viene|proxima semana|semaine prochaine|semana pasada|semaine derniere)\b)?`)
	romancePeriod = regexp.MustCompile(`\b(semana|mes|ano|semaine|mois|annee|an) (` + romanceNext + `|` + romanceLast + `)\b|\b(` + romanceNext + `|` + romanceThis + `) (semana|mes|ano|semaine|mois|annee)\b`)
	romanceEnd    = regexp.MustCompile(`\b(?:fin(?:ales)? (?:de|del|du) (?:mes|mois))\b`)
	romanceDate   = regexp.MustCompile(`\b(\d{1,2})(?:er|o|ro)? (?:de )?(` + romanceMonths + `)\b(?:\.?,? (?:del? )?(\d{4})\b)?`)
)

// romance finds days in Spanish and French words.
func (c *calendar) romance() {
	text := c.source.folded
	for _, at := range romanceNear.FindAllStringIndex(text, -1) {
		if days, ok := c.romanceNear(text[at[0]:at[1]], at[0]); ok {
			c.add(at[0], at[1], c.today.AddDate(0, 0, days), rankNamed)
		}
	}
	c.apart(romanceAhead, 1, romanceUnit)
	c.apart(romanceBack, -1, romanceUnit)
	for _, at := range romanceDay.FindAllStringSubmatchIndex(text, -1) {
		day, before, after, week := romanceWeekday(c.word(at, 4)), c.word(at, 2), c.word(at, 6), c.word(at, 8)
		switch {
		case week != "":
			c.add(at[0], at[1], c.ofWeek(day, romanceDirection(week)), rankNamed)
		case before == "desde el" || before == "depuis":
			c.add(at[0], at[1], c.nearestOf(day, -1), rankNamed)
		default:
			c.add(at[0], at[1], c.nearestOf(day, romanceDirection(before+" "+after)), rankNamed)
		}
	}
	for _, at := range romancePeriod.FindAllStringSubmatchIndex(text, -1) {
		c.add(at[0], at[1], c.begin(romanceDirection(c.word(at, 4)+c.word(at, 6)), romanceUnit(c.word(at, 2)+c.word(at, 8))), rankShape)
	}
	for _, at := range romanceEnd.FindAllStringIndex(text, -1) {
		c.add(at[0], at[1], monthStart(c.today, 1).AddDate(0, 0, -1), rankNamed)
	}
	for _, at := range romanceDate.FindAllStringSubmatchIndex(text, -1) {
		if date, ok := c.complete(c.year(at, 6), romanceMonth(c.word(at, 4)), c.int(at, 2)); ok {
			c.add(at[0], at[1], date, rankNamed)
		}
	}
}

// romanceNear returns the distance of a day that has a word of its own. "Mañana"
// is also the morning, and "hier" a German word.
func (c *calendar) romanceNear(word string, from int) (days int, ok bool) {
	switch word {
	case "pasado manana":
		return 2, true
	case "anteayer", "antes de ayer", "antier":
		return -2, true
	case "hoy", "esta noche", "ce soir":
		return 0, true
	case "ayer":
		return -1, true
	case "hier":
		return -1, c.language == "fr"
	case "demain":
		return 1, true
	case "manana":
		before := c.source.folded[:from]
		return 1, !strings.HasSuffix(before, " la ") && !strings.HasSuffix(before, "cada ")
	}
	switch word[:2] {
	case "ap":
		return 2, true
	case "av":
		return -2, true
	}
	return 0, true // aujourd'hui
}

// romanceUnit returns the English name of a unit.
func romanceUnit(word string) string {
	switch word[:1] {
	case "d", "j":
		return "day"
	case "s":
		return "week"
	case "m":
		return "month"
	}
	return "year"
}

func romanceDirection(words string) int {
	switch {
	case strings.Contains(words, "prox"), strings.Contains(words, "proch"), strings.Contains(words, "sig"), strings.Contains(words, "que v"), strings.Contains(words, "suiv"):
		return 1
	case strings.Contains(words, "pasad"), strings.Contains(words, "ultim"), strings.Contains(words, "dern"):
		return -1
	}
	return 0
}

// romanceWeekday reads the first letters, which tell the day in both languages.
func romanceWeekday(name string) time.Weekday {
	switch name[:2] {
	case "lu":
		return time.Monday
	case "ma":
		return time.Tuesday
	case "mi", "me":
		return time.Wednesday
	case "ju", "je":
		return time.Thursday
	case "vi", "ve":
		return time.Friday
	case "sa":
		return time.Saturday
	}
	return time.Sunday
}

func romanceMonth(name string) int {
	switch {
	case strings.HasPrefix(name, "ene"):
		return 1
	case strings.HasPrefix(name, "fev"):
		return 2
	case strings.HasPrefix(name, "abr"), strings.HasPrefix(name, "avr"):
		return 4
	case strings.HasPrefix(name, "juil"):
		return 7
	case strings.HasPrefix(name, "jui"):
		return 6
	case strings.HasPrefix(name, "ago"), name == "aout":
		return 8
	case strings.HasPrefix(name, "set"):
		return 9
	case strings.HasPrefix(name, "dic"):
		return 12
	}
	return monthOf(name)
}
