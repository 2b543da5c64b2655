package markup

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/util"
	"golang.org/x/text/unicode/norm"
)

const maxSlug = 80 // letters and digits

// Slug returns the part of an address for a title: lower case, letters and
// digits of any script, one hyphen between words, accents dropped where that
// leaves a Latin letter. It is empty when the title has no letter or digit.
func Slug(title string) string {
	var b strings.Builder
	hyphen, latin, n := false, false, 0
	for _, r := range norm.NFKD.String(title) {
		switch {
		case unicode.Is(unicode.M, r):
			if !latin && !hyphen && n > 0 {
				b.WriteRune(r) // a vowel sign, not an accent
			}
		case r == '\'' || r == '’':
			// don't → dont
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if n >= maxSlug {
				return norm.NFC.String(b.String())
			}
			if hyphen && n > 0 {
				b.WriteByte('-')
			}
			hyphen, latin = false, unicode.Is(unicode.Latin, r)
			b.WriteRune(unicode.ToLower(r))
			n++
		default:
			hyphen = true
		}
	}
	return norm.NFC.String(b.String())
}

// unescape resolves backslash escapes and character references of Markdown
// text.
func unescape(b []byte, raw bool) []byte {
	if raw {
		return b
	}
	return util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(b)))
}
