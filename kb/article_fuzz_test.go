package kb

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"parley/internal/errs"
	"parley/internal/field"
)

// FuzzArticle: what an author writes is refused with a reason, or can be stored
// and has an address of its own; and saying it again changes nothing.
func FuzzArticle(f *testing.F) {
	for _, body := range []string{
		`{"title":"Returns","slug":"Returns & more","locale":"en_us","markdown":"# A\r\nb","aliases":["a "," a","b"],"status":"published"}`, `{"title":"\u0000"}`, `{"title":"x","slug":"../../etc"}`,
		`{"title":"日本語"}`, `{"title":"x","locale":"zz-zzzzzzzzz"}`, `{"title":"x","locale":"en-u-va-posix"}`, `{"title":"x","aliases":["\u0000"]}`, `{"audience":"root","title":"x"}`, `{"title":"x","markdown":"\ud800"}`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var change ArticleChange
		if json.Unmarshal([]byte(body), &change) != nil {
			return
		}
		var a Article
		change.apply(&a)
		if err := a.normalise("en"); err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
			return
		}
		for _, text := range append([]string{a.Title, a.Summary, a.Markdown}, a.Aliases...) {
			require.True(t, field.Storable(text), "%q", text)
		}
		_, err := language.Parse(a.Locale)
		require.NoError(t, err)
		u, err := url.Parse(articleURL(a.Slug, a.Locale, "en"))
		require.NoError(t, err)
		require.Equal(t, "/help/a/"+a.Slug, u.Path)
		require.NotContains(t, a.Slug, "/")
		require.NotContains(t, []string{"", ".", ".."}, a.Slug)
		require.False(t, strings.ContainsAny(a.Slug, " ?#%\\"))
		again := a
		require.NoError(t, again.normalise("en"))
		require.Equal(t, a, again)
	})
}
