package bus

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

// FuzzRequest: a request of another system is decoded whole, or refused with an
// answer that it can be shown.
func FuzzRequest(f *testing.F) {
	for _, data := range []string{`{"cid":"c","text":"x"}`, `{"text":"x"}{}`, `{"txt":1}`, "\xff", `{"text":"\ud800"}`, `{"attributes":{"a":[1,{}]}}`, `null`, ``, `{"text":1}`} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var req struct {
			CID        string         `json:"cid"`
			Text       string         `json:"text"`
			Attributes map[string]any `json:"attributes"`
		}
		if err := decodeStrict(data, &req); err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
			require.NotEmpty(t, errs.Public(err).Message)
			return
		}
		require.True(t, utf8.ValidString(req.Text))
	})
}

// FuzzCaller: only the last token of a subject says who asks, so that nobody
// can name somebody else by a longer one.
func FuzzCaller(f *testing.F) {
	for _, subject := range []string{"parley.v1.chat.send.crm", "parley.v1.chat.send.crm.erp", "parley.v1.chat.send.", "", "a.b", "parley.v1.chat.send.*"} {
		f.Add(subject)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		require.NotContains(t, EndpointCaller(subject), ".")
	})
}
