package words

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDigitsOfEveryScript(t *testing.T) {
	t.Parallel()
	for script, digits := range map[string]string{
		"ASCII": "0123456789", "Arabic": "٠١٢٣٤٥٦٧٨٩", "Persian": "۰۱۲۳۴۵۶۷۸۹", "Devanagari": "०१२३४५६७८९", "Bengali": "০১২৩৪৫৬৭৮৯",
		"Gurmukhi": "੦੧੨੩੪੫੬੭੮੯", "Tamil": "௦௧௨௩௪௫௬௭௮௯", "Thai": "๐๑๒๓๔๕๖๗๘๙", "Lao": "໐໑໒໓໔໕໖໗໘໙", "Tibetan": "༠༡༢༣༤༥༦༧༨༩",
		"Myanmar": "၀၁၂၃၄၅၆၇၈၉", "Khmer": "០១២៣៤៥៦៧៨៩", "wide": "０１２３４５６７８９", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "double-struck": "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
		"monospace": "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿", "Adlam": "𞥐𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘𞥙",
	} {
		assert.Equal(t, "0123456789", Digits(digits), script)
		var n Text
		n.Set("x " + digits)
		assert.Equal(t, "x 0123456789", string(n.Bytes), script)
	}
	assert.Equal(t, "123456", Digits("The code is 12-3 ٤٥.६"))
	assert.Empty(t, Digits("² ½ ① Ⅳ 四 十 ௰ a é\xff"), "numbers that are no digits")
	for _, r := range []rune{-1, 'a', '/', ':', 0x065F, 0x066A, 0xFF0F, 0xFF1A, 0x1D7CD, 0x1D800, unicode.MaxRune, unicode.MaxRune + 1} {
		_, ok := Digit(r)
		assert.False(t, ok, "%U", r)
	}
}

// All that Unicode calls a decimal digit is one, and nothing else.
func TestDigitsAreThoseOfUnicode(t *testing.T) {
	t.Parallel()
	place := 0 // among the digits so far: the sets of ten are complete
	for r := range unicode.MaxRune + 1 {
		digit, ok := Digit(r)
		require.Equal(t, unicode.Is(unicode.Nd, r), ok, "%U", r)
		if ok {
			require.Equal(t, byte('0'+place%10), digit, "%U", r)
			place++
		}
	}
	require.Zero(t, place%10)
}

func FuzzDigits(f *testing.F) {
	for _, s := range []string{"", "123 456", "١٢٣", "𝟘\xff１", "a²"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		digits := Digits(text)
		require.Empty(t, strings.Trim(digits, "0123456789"))
		require.Equal(t, digits, Digits(digits))
	})
}
