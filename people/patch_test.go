package people

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

// FuzzVisitor: what a page says of its visitor is refused, or is text that can
// be stored, within its bounds; and saying it again changes nothing.
func FuzzVisitor(f *testing.F) {
	for _, body := range []string{
		`{"inbox":"k","visitor":{"name":"Ann","email":"ann@example.com","attributes":{"plan":"pro","n":1,"b":null},"page":{"url":"https://x","title":"X"}}}`,
		`{"visitor":{"page":"https://x"}}`, `{"visitor":{"name":"\u0000"}}`, `{"visitor":{"attributes":{"a\u202e":1,"b":[1]}}}`, `{"visitor":{"phone":"+1 555","locale":"en_US"}}`, `{"visitor":{"page":1}}`, `null`, `[]`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var req visitorRequest
		if json.Unmarshal([]byte(body), &req) != nil {
			return
		}
		c, _, err := contact{}.apply(req.Visitor.patch, byPage)
		if err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
			return
		}
		for _, text := range []string{c.Name, c.Email, c.Phone, c.Locale} {
			require.True(t, utf8.ValidString(text))
			require.NotContains(t, text, "\x00")
			require.NotContains(t, text, "\n")
		}
		require.LessOrEqual(t, len(c.Attributes), maxAttributes)
		again, changed, err := c.apply(req.Visitor.patch, byPage)
		require.NoError(t, err)
		require.False(t, changed, "%v, then %v", c, again)
	})
}
