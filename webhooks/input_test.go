package webhooks

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

// FuzzInput: an endpoint that is taken has an address that can be asked, of a
// scheme that may be, without a password, and types that name events.
func FuzzInput(f *testing.F) {
	for _, body := range []string{
		`{"url":"https://example.com/hook","types":["conversation.opened"]}`, `{"url":"http://[::1]:80/"}`, `{"url":"https://user:pw@example.com"}`, `{"url":"javascript:alert(1)"}`,
		`{"url":"https:///x"}`, `{"url":"https://exa mple.com"}`, `{"url":"https://example.com\r\nHost: x"}`, `{"url":"//example.com"}`, `{"url":"https://example.com","types":["a.b\n"]}`, `{"enabled":true}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var in input
		if json.Unmarshal([]byte(body), &in) != nil {
			return
		}
		var e endpoint
		if err := in.apply(&e); err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
			return
		}
		u, err := url.Parse(e.URL)
		require.NoError(t, err)
		require.Contains(t, []string{"http", "https"}, u.Scheme)
		require.NotEmpty(t, u.Host)
		require.Nil(t, u.User)
		require.LessOrEqual(t, len(e.URL), 2048)
		require.False(t, strings.ContainsAny(e.URL, "\r\n\x00"))
		for _, kind := range e.Types {
			require.Equal(t, 1, strings.Count(kind, "."))
			require.False(t, strings.ContainsAny(kind, "\r\n> *"))
		}
	})
}
