package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/ids"
)

// route is a line of `parley routes --json`.
type route struct{ Method, Path, Access string }

// caller is somebody who tries every route.
type caller struct {
	name, token string
	may         []string // kinds of access whose routes let the caller in
	limited     bool     // sees nothing of the foreign conversation
}

// oddBodies are tried by everybody on every route that takes one.
var oddBodies = []string{`{}`, ``, `[]`, `null`, `{"a":`, "\xff\xfe"}

// oddFields are fields that many requests have. Each is sent alone with each odd
// value, because a request with a field that it does not know is not looked at.
var (
	oddFields = strings.Fields("name title text body markdown slug summary email password token label key url secret types origins inboxes teams skills languages " +
		"members role capacity bot assign identity look offline hours pre_chat cid action args note attachments attributes phone locale visitor inbox proof into " +
		"helpful reason examples answer query q level shortcut position parent collection aliases current")
	oddParameters = strings.Fields("q cursor limit before after view inbox contact tag locale conv exp sig redirect page token key status collection")
	oddValues     = []string{`"\u0000"`, `-1`, `1e400`, `["\u0000",null,{}]`, `{"\u0000":{"a":"\u0000"}}`}
)

// Every route, whoever calls it and whatever it is sent, answers within its
// rights: no success where the access that it declares forbids it, nothing of
// somebody else's for those who see only their own, and never an error of ours.
// The routes come from the program, so a new one is tried too.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var routes []route
	require.NoError(t, json.Unmarshal([]byte(s.CLI("routes", "--json")), &routes))
	require.Greater(t, len(routes), 50)
	foreign := s.foreign()
	elsewhere, _ := s.newInbox()
	visitor, _ := s.Visitor(s.key)
	callers := []caller{
		{"anonymous", "", []string{"public"}, true},
		{"visitor", visitor, []string{"public", "visitor", "any"}, true},
		{"agent of another inbox", s.CLI("token", "create", "--label", "elsewhere", "--role", "agent", "--inbox", elsewhere), []string{"public", "any", "agent"}, true},
		{"agent", s.CLI("token", "create", "--label", "agent", "--role", "agent"), []string{"public", "any", "agent"}, false},
		{"supervisor", s.CLI("token", "create", "--label", "supervisor", "--role", "supervisor"), []string{"public", "any", "agent", "supervisor"}, false},
		{"admin", s.admin, []string{"public", "any", "agent", "supervisor", "admin"}, false},
	}
	for _, who := range callers {
		for _, r := range routes {
			s.try(who, r, foreign)
		}
	}
	for _, r := range routes {
		s.tryOdd(r)
	}
	s.undisturbed()
}

// tryOdd sends what nobody should, as somebody who may call the route.
func (s *stage) tryOdd(r route) {
	s.t.Helper()
	path := parameter.ReplaceAllLiteralString(r.Path, s.conv)
	if !takesBody(r.Method) {
		for _, name := range oddParameters {
			for _, value := range []string{"%00", "%ff", "-1", "99999999999999999999", "%27%20OR%201=1", strings.Repeat("a", 4000)} {
				query := path + "?" + name + "=" + value
				require.Less(s.t, s.status(r.Method, query, s.admin, ""), 500, "%s %s", r.Method, query)
			}
		}
		return
	}
	for _, field := range oddFields {
		for _, value := range oddValues {
			body := fmt.Sprintf(`{%q:%s}`, field, value)
			require.Less(s.t, s.status(r.Method, path, s.admin, body), 500, "%s %s %s", r.Method, path, body)
		}
	}
}

// foreign are ids of the victim's things.
func (s *stage) foreign() []string {
	s.t.Helper()
	var found struct{ Contact struct{ ID string } }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/conversations/"+s.conv, s.admin, nil, &found))
	require.NotEmpty(s.t, found.Contact.ID)
	var file struct{ ID string }
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "order.txt")
	require.NoError(s.t, err)
	_, _ = part.Write([]byte("order 4711")) // to memory
	require.NoError(s.t, form.Close())
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/v1/attachments", &body)
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(s.t, http.StatusCreated, resp.StatusCode)
	require.NoError(s.t, json.NewDecoder(resp.Body).Decode(&file))
	s.victim.send(object{"type": "send", "cid": "file", "conv": s.conv, "attachments": []string{file.ID}})
	s.victim.await("ack", of("cid", "file"))
	return []string{s.conv, found.Contact.ID, s.visitorID, file.ID}
}

var (
	parameter = regexp.MustCompile(`:\w+|\*`)
	// Parameters that are not ids: what stands for one of them is nobody's.
	words = regexp.MustCompile(`:(key|slug|name|number)|\*`)
)

func takesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPatch || method == http.MethodPut
}

// try calls a route with foreign, missing and odd ids in its path.
func (s *stage) try(who caller, r route, foreign []string) {
	s.t.Helper()
	may := slices.Contains(who.may, r.Access)
	values := append([]string{ids.New(), "nothing", "1", url.PathEscape("../../x"), "%00", url.PathEscape("é'\""), strings.Repeat("a", 300)}, foreign...)
	if !parameter.MatchString(r.Path) {
		values = []string{""}
	}
	for _, value := range values {
		path := parameter.ReplaceAllLiteralString(r.Path, value)
		bodies := oddBodies[:1]
		if takesBody(r.Method) {
			bodies = oddBodies
		}
		for _, body := range bodies {
			status := s.status(r.Method, path, who.token, body)
			call := fmt.Sprintf("%s %s as %s with %q", r.Method, path, who.name, body)
			require.Less(s.t, status, 500, call)
			switch {
			case !may:
				require.Contains(s.t, []int{http.StatusUnauthorized, http.StatusForbidden}, status, "%s: %s", call, r.Access)
			case r.Access != "public":
				require.NotEqual(s.t, http.StatusUnauthorized, status, call)
			}
			if who.limited && r.Access != "public" && value != "" && !words.MatchString(r.Path) {
				require.GreaterOrEqual(s.t, status, 400, call)
			}
		}
	}
}

func (s *stage) status(method, path, token, body string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(s.t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp.StatusCode
}
