package flow

import (
	"regexp"
	"strconv"
	"strings"
)

// Comparisons lists what a condition may ask.
func Comparisons() []string {
	return []string{"equals", "not_equals", "contains", "exists", "missing", "greater", "less", "matches"}
}

// holds compares an attribute's value. Upper and lower case are the same but to
// matches, which is an RE2 pattern found anywhere. Two numbers are compared as
// such, other texts by their letters, which is right for dates too.
func (c *Condition) holds(value, with string) bool {
	value, with = strings.TrimSpace(value), strings.TrimSpace(with)
	switch c.Is {
	case "equals":
		return same(value, with)
	case "not_equals":
		return !same(value, with)
	case "contains":
		return with != "" && strings.Contains(strings.ToLower(value), strings.ToLower(with))
	case "exists":
		return value != ""
	case "missing":
		return value == ""
	case "greater":
		return value != "" && compare(value, with) > 0
	case "less":
		return value != "" && compare(value, with) < 0
	case "matches":
		re, err := regexp.Compile(c.Value)
		return err == nil && re.MatchString(value)
	}
	return false
}

func same(a, b string) bool {
	return strings.EqualFold(a, b) || (a != "" && b != "" && bothNumbers(a, b) && compare(a, b) == 0)
}

func bothNumbers(a, b string) bool {
	_, errA := strconv.ParseFloat(a, 64)
	_, errB := strconv.ParseFloat(b, 64)
	return errA == nil && errB == nil
}

func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX != nil || errY != nil:
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
