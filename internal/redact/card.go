package redact

// findCards looks in each number for digits that are a card's: the longest from
// the start of a group to the end of one.
func (f *Finder) findCards(text string, add func(Kind, int, int)) {
	for _, n := range f.numbersIn(text) {
		for start := 0; start+minCard <= len(n.digits); start++ {
			if start > 0 && n.ends[start-1] == n.places[start] {
				continue // inside a group
			}
			end := n.card(start)
			if end == 0 || (start == 0 && wordBefore(text, n.places[0])) {
				continue
			}
			add(Card, n.places[start], n.ends[end-1])
			start = end - 1
		}
	}
}

const minCard, maxCard = 12, 19 // digits (ISO/IEC 7812-1)

// card returns where the card ends that begins with digit start, 0 for none.
func (n *number) card(start int) int {
	for end := min(start+maxCard, len(n.digits)); end >= start+minCard; end-- {
		if end < len(n.digits) && n.ends[end-1] == n.places[end] {
			continue
		}
		if digits := n.digits[start:end]; issued(digits) && luhn(digits) {
			return end
		}
	}
	return 0
}

// issued reports whether an issuer of cards has the prefix, and cards of that
// length.
func issued(digits []byte) bool {
	prefix := func(n int) (v int) {
		for _, d := range digits[:n] {
			v = 10*v + int(d-'0')
		}
		return v
	}
	n := len(digits)
	between := func(v, low, high int) bool { return v >= low && v <= high }
	switch {
	case digits[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case between(prefix(2), 51, 55), between(prefix(4), 2221, 2720): // Mastercard
		return n == 16
	case prefix(2) == 34, prefix(2) == 37: // American Express
		return n == 15
	case prefix(2) == 36, prefix(2) == 38, prefix(2) == 39, between(prefix(3), 300, 305): // Diners Club
		return n >= 14
	case between(prefix(4), 3528, 3589), prefix(4) == 6011, between(prefix(3), 644, 649), prefix(2) == 65, prefix(2) == 62, prefix(2) == 81: // JCB, Discover, UnionPay
		return n >= 16
	case prefix(2) == 50, between(prefix(2), 56, 69): // Maestro
		return n >= 13
	case between(prefix(4), 2200, 2204): // Mir
		return n >= 16
	}
	return false
}

// luhn checks the last digit (ISO/IEC 7812-1, annex B). Equal digits alone are
// no card.
func luhn(digits []byte) bool {
	sum, same := 0, true
	for i := range digits {
		v := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		same = same && digits[i] == digits[0]
	}
	return sum%10 == 0 && !same
}
