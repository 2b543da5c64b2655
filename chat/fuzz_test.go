package chat

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/blob"
	"parley/internal/errs"
)

// FuzzDecide: no arguments of an action make anything but a refusal with a
// reason, or one event that can be stored and read again.
func FuzzDecide(f *testing.F) {
	for _, args := range []string{
		`{"agent":"ben","reason":"x"}`, `{"score":5,"comment":"x"}`, `{"tags":["a","b"]}`, `{"until":"2030-01-01T00:00:00Z"}`, `{"until":"-1"}`, `{"skills":{"x":9}}`, `{"tags":["\u0000"]}`, `[]`, `null`, `{"score":1e9}`, "",
	} {
		for _, action := range []string{event.ActAssign, event.ActHandoff, event.ActRate, event.ActTag, event.ActSnooze, "explode"} {
			f.Add(action, args)
		}
	}
	f.Fuzz(func(t *testing.T, action, args string) {
		for _, state := range []event.State{event.StateBot, event.StateQueued, event.StateAssigned, event.StateResolved} {
			for _, v := range []auth.Viewer{{Kind: auth.Visitor, ID: "vera"}, supervisor, {Kind: auth.Machine, ID: "program", Role: auth.RoleAdmin}} {
				events, err := Decide(Conversation{ID: "conv", State: state}, v, event.Command{CID: "c", Conv: "conv", Action: action, Args: json.RawMessage(args)}, Situation{Now: event.Now()})
				if err != nil {
					require.Contains(t, []errs.Code{errs.Invalid, errs.Forbidden, errs.Conflict}, errs.CodeOf(err))
					continue
				}
				require.Len(t, events, 1)
				body, err := events[0].Encode()
				require.NoError(t, err)
				require.True(t, utf8.Valid(body))
				_, err = event.Decode("conv", 1, body)
				require.NoError(t, err)
			}
		}
	})
}

// FuzzInboxes: an inbox that is taken has origins exactly as browsers write
// them: they are compared with theirs, and stand in a policy.
func FuzzInboxes(f *testing.F) {
	for _, origin := range []string{"https://shop.example", "https://shop.example:8443", "http://localhost:3000", "https://*.example", "https://shop.example; script-src *", "https://shop.example 'unsafe-inline'", "null", "https://[::1]", "https://xn--bcher-kva.de", "https://bücher.de"} {
		f.Add(origin, "mailto:help@example.com")
	}
	f.Fuzz(func(t *testing.T, origin, link string) {
		if checkOrigin(origin) == nil {
			u, err := url.Parse(origin)
			require.NoError(t, err)
			require.Equal(t, origin, u.Scheme+"://"+u.Host)
			require.NotRegexp(t, `[\s"'*,;<>\\]`, origin)
		}
		if isLink(link, "https", "mailto") {
			require.Regexp(t, `^(?i:https|mailto):`, link)
			require.NotRegexp(t, `[\s"<>]`, link)
		}
	})
}

// FuzzForm: an upload's form is refused with a reason, or has a file whose name
// leads nowhere.
func FuzzForm(f *testing.F) {
	const form, file = `multipart/form-data; boundary=b`, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: image/png\r\n\r\ncontent\r\n--b--\r\n"
	for _, name := range []string{"a.png", "../../etc/passwd", `C:\a\b.exe`, "a\x00.png", "=?utf-8?q?=2F?=", "", strings.Repeat("x", 5000)} {
		f.Add(form, strings.Replace(file, "%s", name, 1))
	}
	f.Add(form, "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n\r\n--b--")
	f.Add(form, "--b\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''%2e%2e%2fa\r\n\r\nx")
	f.Add(`multipart/form-data; boundary="`, "")
	f.Add(`multipart/mixed; boundary=b`, "--b")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		boundary, err := formBoundary(contentType)
		if err == nil {
			var part *multipart.Part
			if part, err = filePart(strings.NewReader(body), boundary); err == nil {
				_, _ = io.Copy(io.Discard, part) // cut off, or whole
				require.False(t, strings.ContainsAny(blob.Name(part.FileName()), "/\\\x00\r\n"))
				return
			}
		}
		require.Equal(t, errs.Invalid, errs.CodeOf(err))
	})
}
