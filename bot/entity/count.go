package entity

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// count is a small number in words or figures.
type count struct {
	n       int
	text    string
	spelled bool
}

// spelled are the words of small numbers, folded, in the order of the numbers.
func spelled() []string {
	return []string{
		"zero null cero", "a an one ein eins eine einer einem einen un uno una une", "two zwei zwo dos deux", "three drei tres trois",
		"four vier cuatro quatre", "five funf fuenf cinco cinq", "six sechs seis", "seven sieben siete sept", "eight acht ocho huit",
		"nine neun nueve neuf", "ten zehn diez dix", "eleven elf once onze", "twelve zwolf zwoelf doce douze",
	}
}

// numberWord leaves out what is an article too, and what another language has
// for something else, such as "once".
var numberWord = regexp.MustCompile(`\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eins|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwoelf|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|deux|trois|quatre|cinq|huit|neuf|dix|onze|douze)\b`)

// countOf reads a number in words or figures.
func countOf(text string) (count, bool) {
	switch text {
	case "a couple of", "couple of", "un par de":
		return count{2, "2", true}, true
	case "a few", "paar", "ein paar", "einigen", "unos", "unas", "quelques":
		return count{3, "3", true}, true
	}
	for n, forms := range spelled() {
		if slices.Contains(strings.Fields(forms), text) {
			return count{n, strconv.Itoa(n), true}, true
		}
	}
	n, err := strconv.Atoi(text)
	return count{n, text, false}, err == nil
}
