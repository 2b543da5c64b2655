package httpd

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/errs"
)

type tokens map[string]auth.Viewer

func (t tokens) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	v, ok := t[token]
	return v, ok, nil
}

func newApp(t *testing.T) *fiber.App {
	t.Helper()
	public, err := url.Parse("https://desk.example")
	require.NoError(t, err)
	app := New(Config{
		Gate: auth.NewGate(tokens{
			"visitor":    {Kind: auth.Visitor, ID: "v"},
			"agent":      {Kind: auth.Agent, ID: "a", Role: auth.RoleAgent},
			"supervisor": {Kind: auth.Agent, ID: "s", Role: auth.RoleSupervisor},
			"admin":      {Kind: auth.Machine, ID: "m", Role: auth.RoleAdmin},
		}),
		Origins: OwnOrigins(public), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	for _, access := range []Access{Public, Visitor, Any, Agent, Supervisor, Admin} {
		Handle(app, fiber.MethodGet, "/"+string(access), access, func(c *fiber.Ctx) error { return c.SendString(Viewer(c).ID) })
		Handle(app, fiber.MethodPost, "/"+string(access), access, func(c *fiber.Ctx) error {
			var in struct{ Name string }
			if err := Bind(c, &in); err != nil {
				return err
			}
			return c.SendString(in.Name)
		})
	}
	return app
}

func do(t *testing.T, app *fiber.App, method, path, body string, header map[string]string) (int, string) {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := app.Test(req, -1)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(out)
}

func TestAccess(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tc := range []struct {
		token string
		may   map[Access]int
	}{
		{"", map[Access]int{Public: 200, Visitor: 401, Any: 401, Agent: 401, Supervisor: 401, Admin: 401}},
		{"forged", map[Access]int{Public: 200, Visitor: 401, Any: 401, Agent: 401, Supervisor: 401, Admin: 401}},
		{"visitor", map[Access]int{Public: 200, Visitor: 200, Any: 200, Agent: 403, Supervisor: 403, Admin: 403}},
		{"agent", map[Access]int{Public: 200, Visitor: 403, Any: 200, Agent: 200, Supervisor: 403, Admin: 403}},
		{"supervisor", map[Access]int{Public: 200, Visitor: 403, Any: 200, Agent: 200, Supervisor: 200, Admin: 403}},
		{"admin", map[Access]int{Public: 200, Visitor: 403, Any: 200, Agent: 200, Supervisor: 200, Admin: 200}},
	} {
		for access, want := range tc.may {
			header := map[string]string{}
			if tc.token != "" {
				header["Authorization"] = "Bearer " + tc.token
			}
			status, _ := do(t, app, "GET", "/"+string(access), "", header)
			require.Equal(t, want, status, "%s on %s", tc.token, access)
		}
	}
	require.Len(t, Routes(app), 12)
	status, body := do(t, app, "HEAD", "/public", "", nil)
	require.Equal(t, 200, status)
	require.Empty(t, body)
	status, _ = do(t, app, "HEAD", "/admin", "", nil)
	require.Equal(t, 401, status, "what reading needs, asking needs")
}

// A cookie counts for reading, and for changing only from the product's own
// pages.
func TestCookieNeedsOwnOrigin(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for _, tc := range []struct {
		method string
		header map[string]string
		want   int
	}{
		{"GET", nil, 200},
		{"POST", nil, 403},
		{"POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"POST", map[string]string{"Origin": "null"}, 403},
		{"POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"POST", map[string]string{"Origin": "https://desk.example.evil.example"}, 403},
		{"POST", map[string]string{"Origin": "https://desk.example"}, 200},
		{"POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
	} {
		header := map[string]string{"Cookie": SessionCookie + "=agent", "Content-Type": "application/json"}
		maps.Copy(header, tc.header)
		status, _ := do(t, app, tc.method, "/agent", `{"Name":"x"}`, header)
		require.Equal(t, tc.want, status, "%s %v", tc.method, tc.header)
	}
}

func TestBindIsStrict(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for body, want := range map[string]int{
		`{"Name":"x"}`: 200, `{"Name":1}`: 422, `{"Nam":"x"}`: 422, `{"Name":"x"}{}`: 422, ``: 422, `{`: 422,
		`{"Name":"` + strings.Repeat("x", maxBody) + `"}`: 413,
	} {
		status, answer := do(t, app, "POST", "/public", body, map[string]string{"Content-Type": "application/json"})
		require.Equal(t, want, status, "%.40s: %s", body, answer)
		if status >= 400 {
			var e errorBody
			require.NoError(t, json.Unmarshal([]byte(answer), &e))
			require.NotEmpty(t, e.Error.Message)
		}
	}
	status, _ := do(t, app, "POST", "/public", `{"Name":"x"}`, map[string]string{"Content-Type": "text/plain"})
	require.Equal(t, 422, status, "a form of another site cannot send JSON without asking")
}

// Strings kept from a request must not change when the next one comes.
func TestKeptStringsStay(t *testing.T) {
	t.Parallel()
	app := New(Config{Gate: auth.NewGate(), Log: slog.New(slog.DiscardHandler)})
	var kept []string
	Handle(app, fiber.MethodGet, "/k/:id", Public, func(c *fiber.Ctx) error {
		kept = append(kept, c.Params("id"))
		return nil
	})
	for _, id := range []string{"aaaa", "bbbb", "cccc"} {
		do(t, app, "GET", "/k/"+id, "", nil)
	}
	require.Equal(t, []string{"aaaa", "bbbb", "cccc"}, kept)
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l := NewLimiter(60, 2)
	require.NoError(t, l.Allow("a"))
	require.NoError(t, l.Allow("a"))
	err := l.Allow("a")
	require.True(t, errs.Is(err, errs.RateLimited))
	require.Positive(t, errs.Public(err).RetryAfter)
	require.NoError(t, l.Allow("b"), "somebody else is not limited")
	off := NewLimiter(0, 1)
	for range 100 {
		require.NoError(t, off.Allow("a"))
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	trusted := parseNetworks([]string{"10.0.0.0/8", "192.0.2.1"})
	for header, want := range map[string]string{
		"198.51.100.7":                    "198.51.100.7",
		"1.2.3.4, 198.51.100.7":           "198.51.100.7", // the client made 1.2.3.4 up
		"1.2.3.4, 198.51.100.7, 10.1.1.1": "198.51.100.7",
		"198.51.100.7, 192.0.2.1":         "198.51.100.7",
		"nonsense":                        "10.0.0.9",
		"nonsense, 10.1.1.1":              "10.1.1.1",
		"::ffff:198.51.100.7":             "198.51.100.7",
		"198.51.100.7:1234, 2001:db8::1":  "2001:db8::1",
	} {
		require.Equal(t, want, clientAddress(header, "10.0.0.9", trusted), header)
	}
}
