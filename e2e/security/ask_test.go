package security

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

type object = map[string]any

// desk is a running Parley without rate limits.
type desk struct {
	*harness.Server
	t *testing.T
}

func newDesk(t *testing.T, args ...string) *desk {
	t.Helper()
	return &desk{harness.Serve(t, append([]string{"--rate-vote", "0"}, args...)...), t}
}

// answer is what a request got.
type answer struct {
	status int
	body   string
	header http.Header
}

// ask makes a request as a program with a token, "" for none, and more headers
// in pairs. Redirects are not followed.
func (d *desk) ask(method, path, token, body string, header ...string) answer {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.URL+path, strings.NewReader(body))
	require.NoError(d.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(d.t, err, "%s %s", method, path)
	raw, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err, "%s %s", method, path)
	require.NoError(d.t, resp.Body.Close())
	return answer{resp.StatusCode, string(raw), resp.Header}
}

// do makes a request that must succeed and decodes what it answers.
func do[T any](d *desk, method, path, token string, in any, header ...string) T {
	d.t.Helper()
	body := ""
	if in != nil {
		raw, err := json.Marshal(in)
		require.NoError(d.t, err)
		body = string(raw)
	}
	a := d.ask(method, path, token, body, header...)
	require.Less(d.t, a.status, 300, "%s %s: %s", method, path, a.body)
	var out T
	if a.body != "" {
		require.NoError(d.t, json.Unmarshal([]byte(a.body), &out), "%s %s: %s", method, path, a.body)
	}
	return out
}

// firstAdmin makes the first admin by the printed link.
func (d *desk) firstAdmin() (session string) {
	d.t.Helper()
	_, setup, ok := strings.Cut(d.Link(`Create the first admin \(once, within 24 hours\):`), "token=")
	require.True(d.t, ok)
	return do[struct{ Token string }](d, "POST", "/api/v1/setup", "", object{"token": setup, "name": "Root", "email": "root@example.com", "password": password}).Token
}

const password = "correct horse battery staple"

// staff is a member of staff with a session.
type staff struct{ ID, Link, Session string }

// hire makes an account and signs it in with its link.
func (d *desk) hire(admin string, account object, header ...string) staff {
	d.t.Helper()
	s := do[staff](d, "POST", "/api/v1/agents", admin, account)
	_, token, ok := strings.Cut(s.Link, "token=")
	require.True(d.t, ok)
	s.Session = do[struct{ Token string }](d, "POST", "/api/v1/agents/signin", "", object{"token": token}, header...).Token
	return s
}

// visitor is somebody on a customer's site.
type visitor struct{ Token, Visitor, Contact string }

// upload stores a file that no message carries yet and returns its id.
func (d *desk) upload(token, name, content string) string {
	d.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(d.t, err)
	_, _ = io.WriteString(part, content) // to memory
	require.NoError(d.t, form.Close())
	a := d.ask("POST", "/api/v1/attachments", token, body.String(), "Content-Type", form.FormDataContentType())
	require.Equal(d.t, http.StatusCreated, a.status, a.body)
	var file struct{ ID string }
	require.NoError(d.t, json.Unmarshal([]byte(a.body), &file))
	return file.ID
}
