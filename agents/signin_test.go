package agents

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/httpd"
)

func login(email, password string) object { return object{"email": email, "password": password} }

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	a := w.call("POST", "/agents/login", "", login(" ADA@example.com ", password))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{httpd.SessionCookie + "=prs_", "path=/", "HttpOnly", "secure", "SameSite=Lax"} {
		require.Contains(t, cookie, part)
	}
	require.NotContains(t, cookie, "domain")
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	g := ask[grantBody](w, "POST", "/agents/login", "", login("ada@example.com", password))
	require.Equal(t, ada.ID, g.Agent.ID)
	require.NotContains(t, cookie, g.Token, "each sign-in has a session of its own")

	v, ok, err := w.svc.Verify(t.Context(), g.Token)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, auth.Viewer{Kind: auth.Agent, ID: ada.ID, Name: "ada", Role: auth.RoleAgent, Teams: []string{}, Session: v.Session}, v)
	var stored int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM agents.sessions WHERE hash::text LIKE '%' || $1 || '%'`, g.Token).Scan(&stored))
	require.Zero(t, stored, "the database has no token")
}

// An unknown address must cost and say what a wrong password does.
func TestEveryRefusedLoginCostsOneHashAndSaysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", auth.RoleAgent)
	_, err := w.svc.AddUser(t.Context(), AddUser{Name: "Link only", Email: "link@example.com"})
	require.NoError(t, err)
	gone := w.user("gone", auth.RoleAgent)
	_, adminToken := w.admin()
	ask[agentBody](w, "PATCH", "/agents/"+gone.ID, adminToken, object{"disabled": true})
	var said []byte
	for name, c := range map[string][2]string{
		"wrong password": {"ada@example.com", "wrong password"}, "unknown": {"nobody@example.com", password},
		"no password set": {"link@example.com", password}, "disabled": {"gone@example.com", password},
		"long password": {"ada@example.com", strings.Repeat("x", 100_000)}, "long address": {strings.Repeat("x", 300) + "@example.com", password},
		"empty hash": {"link@example.com", strings.Repeat("\x00", 32)},
	} {
		before := w.runs.Load()
		a := w.refused(http.StatusUnauthorized, "POST", "/agents/login", "", login(c[0], c[1]))
		require.Equal(t, int64(1), w.runs.Load()-before, name)
		if said == nil {
			said = a.body
		}
		require.Equal(t, string(said), string(a.body), name)
		require.Empty(t, a.header.Get("Set-Cookie"), name)
	}
	for name, body := range map[string]object{"empty": {}, "no password": {"email": "ada@example.com"}, "unknown field": {"email": "a", "password": "b", "role": "admin"}} {
		require.Equal(t, "invalid", w.refused(422, "POST", "/agents/login", "", body).code(t), name)
	}
}

func TestLoginsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RateLogin = 3 })
	w.user("ada", auth.RoleAgent)
	for i := range 3 { // one address, many accounts
		w.refused(401, "POST", "/agents/login", "", login("x"+string(rune('0'+i))+"@example.com", "wrong password"))
	}
	a := w.refused(http.StatusTooManyRequests, "POST", "/agents/login", "", login("ada@example.com", password))
	require.Equal(t, "rate_limited", a.code(t))
	require.NotEmpty(t, a.header.Get("Retry-After"))
	w.refused(http.StatusTooManyRequests, "POST", "/agents/signin", "", object{"token": "x"})

	for i := range 3 { // one account, many addresses
		_, err := w.svc.logIn(t.Context(), "ada@example.com", "wrong password", device{Address: "192.0.2." + string(rune('1'+i))})
		require.True(t, errs.Is(err, errs.Unauthenticated))
	}
	_, err := w.svc.logIn(t.Context(), "Ada@example.com", password, device{Address: "192.0.2.9"})
	require.True(t, errs.Is(err, errs.RateLimited))
}

func TestWithoutALimitLoginsAreNotLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 100 {
		w.refused(401, "POST", "/agents/login", "", login("ada@example.com", "wrong password"))
	}
}

func TestOneTimeLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	link := func() string {
		l, err := w.svc.SignInLink(t.Context(), ada.ID)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(l, publicURL+"/console/signin?token=prk_"))
		return tokenOf(l)
	}
	redeem := func(token string) int { return w.call("POST", "/agents/signin", "", object{"token": token}).status }

	older := link()
	token := link()
	require.Equal(t, http.StatusUnauthorized, redeem(older), "a newer link ends the older")
	require.Equal(t, http.StatusOK, redeem(token))
	require.Equal(t, http.StatusUnauthorized, redeem(token), "used")
	require.Equal(t, http.StatusUnauthorized, redeem(token[:len(token)-1]))
	require.Equal(t, http.StatusUnauthorized, redeem("prk_"+strings.Repeat("a", 52)))
	require.Equal(t, 422, redeem(""))

	token = link()
	w.wait(linkLife + time.Second)
	require.Equal(t, http.StatusUnauthorized, redeem(token), "too old")

	token = link()
	_, admin := w.admin()
	ask[agentBody](w, "PATCH", "/agents/"+ada.ID, admin, object{"disabled": true})
	ask[agentBody](w, "PATCH", "/agents/"+ada.ID, admin, object{"disabled": false})
	require.Equal(t, http.StatusUnauthorized, redeem(token), "disabling ends the link")

	_, err := w.svc.SignInLink(t.Context(), "nobody")
	require.True(t, errs.Is(err, errs.NotFound))
}

func TestOfTwoWhoUseALinkAtOnceOneSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	for range 5 {
		link, err := w.svc.SignInLink(t.Context(), ada.ID)
		require.NoError(t, err)
		var mu sync.Mutex
		var wg sync.WaitGroup
		signedIn := 0
		for range 4 {
			wg.Go(func() {
				if _, err := w.svc.redeem(t.Context(), tokenOf(link), device{}); err == nil {
					mu.Lock()
					signedIn++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, signedIn)
	}
}

func TestTheFirstAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	needed := func() bool { return ask[struct{ Needed bool }](w, "GET", "/setup", "", nil).Needed }
	require.True(t, needed())
	first, ok, err := w.svc.SetupLink(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	link, ok, err := w.svc.SetupLink(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, strings.HasPrefix(link, publicURL+"/console/setup?token=prk_"))
	form := func(token, password string) object {
		return object{"token": token, "name": "Root", "email": "root@example.com", "password": password}
	}
	ada := w.user("ada", auth.RoleAgent)
	signIn, err := w.svc.SignInLink(t.Context(), ada.ID)
	require.NoError(t, err)

	w.refused(401, "POST", "/setup", "", form(tokenOf(first), password))  // an older link
	w.refused(401, "POST", "/setup", "", form(tokenOf(signIn), password)) // a link for something else
	w.refused(401, "POST", "/setup", "", form("nonsense", password))
	w.refused(422, "POST", "/setup", "", form("", password))
	w.refused(422, "POST", "/setup", "", form(tokenOf(link), "short"))
	w.refused(401, "POST", "/agents/signin", "", object{"token": tokenOf(link)}) // nobody to sign in
	require.True(t, needed())

	g := ask[grantBody](w, "POST", "/setup", "", form(tokenOf(link), password))
	require.Equal(t, "admin", g.Agent.Role)
	require.False(t, needed())
	require.True(t, w.alive(g.Token))
	ask[grantBody](w, "POST", "/agents/login", "", login("root@example.com", password))
	ask[grantBody](w, "POST", "/agents/signin", "", object{"token": tokenOf(signIn)}) // was not spent above

	require.NotEqual(t, http.StatusOK, w.call("POST", "/setup", "", form(tokenOf(link), password)).status, "never again")
	_, ok, err = w.svc.SetupLink(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
}

func TestAnAdminMadeOtherwiseEndsTheSetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link, _, err := w.svc.SetupLink(t.Context())
	require.NoError(t, err)
	w.admin()
	w.refused(409, "POST", "/setup", "", object{"token": tokenOf(link), "name": "Eve", "email": "eve@example.com", "password": password})
}

func TestLogoutEndsThisSessionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	here, there := w.session(ada.ID), w.session(ada.ID)
	id := w.sessionID(here)
	got := w.notices()
	a := w.call("POST", "/agents/logout", here, nil)
	require.Equal(t, http.StatusNoContent, a.status)
	require.Contains(t, a.header.Get("Set-Cookie"), "1970")
	require.False(t, w.alive(here))
	require.True(t, w.alive(there))
	require.Equal(t, event.Notice{Type: event.NoticeRevoked, Agent: ada.ID, Session: id}, next(t, got))
}
