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
		"zero null", "a an one ein eins eine einer einem einen", "two zwei zwo", "three drei", "four vier", "five funf fuenf", "six sechs",
		"seven sieben", "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwolf zwoelf",
	}
}

// numberWord leaves out what is an article too.
var numberWord = regexp.MustCompile(`\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eins|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwoelf)\b`)

// countOf reads a number in words or figures.
func countOf(text string) (count, bool) {
	switch text {
	case "a couple of", "couple of":
		return count{2, "2", true}, true
	case "a few", "paar", "ein paar", "einigen":
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
