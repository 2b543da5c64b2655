package agents

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// The expectation for every route comes from what the route itself declares, so
// a new route is in the matrix without anybody's doing.
func TestAccessOfEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reach := map[string][]httpd.Access{
		"nobody":     {httpd.Public},
		"visitor":    {httpd.Public, httpd.Visitor, httpd.Any},
		"agent":      {httpd.Public, httpd.Any, httpd.Agent},
		"supervisor": {httpd.Public, httpd.Any, httpd.Agent, httpd.Supervisor},
		"admin":      {httpd.Public, httpd.Any, httpd.Agent, httpd.Supervisor, httpd.Admin},
	}
	credentials := map[string]func() string{
		"nobody": func() string { return "" }, "visitor": func() string { return "visitor" },
	}
	for _, role := range auth.Roles() {
		p := w.user(string(role), role)
		credentials[string(role)] = func() string { return w.session(p.ID) } // a new one each time: a route may end it
		credentials["token of "+string(role)] = func() string {
			secret, _, err := w.svc.CreateToken(t.Context(), "", NewToken{Label: "test", Role: role})
			require.NoError(t, err)
			return secret
		}
		reach["token of "+string(role)] = reach[string(role)]
	}
	// What makes no sense for a program is refused by its handler.
	people := map[string]bool{"POST /agents/logout": true, "PATCH /agents/me": true, "DELETE /sessions/:id": true}
	routes := httpd.Routes(w.app)
	require.Len(t, routes, 28)
	for _, route := range routes {
		path := strings.TrimPrefix(route.Path, "/api/v1")
		target := strings.NewReplacer(":id", ids.New(), ":name", "none").Replace(path)
		for who, access := range reach {
			a := w.call(route.Method, target, credentials[who](), object{})
			denied := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
			want := true
			for _, x := range access {
				want = want && x != route.Access
			}
			want = want || (people[route.Method+" "+path] && strings.HasPrefix(who, "token"))
			require.Equal(t, want, denied, "%s %s as %s: %d %s", route.Method, route.Path, who, a.status, a.body)
			require.NotEqual(t, http.StatusInternalServerError, a.status, "%s %s as %s", route.Method, route.Path, who)
		}
	}
}

// Foreign ids must look like missing ones, wherever an id can stand.
func TestIDsThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	for _, route := range httpd.Routes(w.app) {
		if !strings.Contains(route.Path, "/:") {
			continue
		}
		for _, id := range []string{ids.New(), "a", "..%2f..%2fetc", "%00", "%27;--", strings.Repeat("a", 65), "UPPER"} {
			path := strings.NewReplacer(":id", id, ":name", id).Replace(strings.TrimPrefix(route.Path, "/api/v1"))
			a := w.call(route.Method, path, root, object{})
			require.Equal(t, http.StatusNotFound, a.status, "%s %s: %s", route.Method, path, a.body)
		}
	}
}
