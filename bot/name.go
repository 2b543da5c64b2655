package bot

import (
	"strings"
	"unicode"
)

// Spoken returns an intent's name as it would be said: "card_arrival" is "card
// arrival", "AddToPlaylist" is "add to playlist". An intent's name counts as an
// example of it.
func Spoken(name string) string {
	var b strings.Builder
	var last rune
	for _, r := range name {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return strings.ToLower(b.String())
}
