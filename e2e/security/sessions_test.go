package security

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/ids"
)

const cookieName = "__Host-parley"

// Sessions: the cookie works from Parley's own pages only, nobody else chooses
// one, and it ends when it is taken away, with what is open.
func TestSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	admin := d.firstAdmin()
	shop := do[inbox](d, "POST", "/api/v1/inboxes", admin, object{"name": "Shop", "origins": []string{"https://shop.example"}, "bot": false})
	d.cookieFromElsewhere(admin)
	d.socketFromElsewhere(admin)
	d.fixation(admin)
	d.revocation(admin, shop.Key)
	d.narrowing(admin)
}

// foreignOrigins are pages that are not Parley's own, as headers in pairs.
func (d *desk) foreignOrigins() map[string][]string {
	_, port, _ := strings.Cut(strings.TrimPrefix(d.URL, "http://"), ":")
	out := map[string][]string{
		"no origin": nil, "cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"}, "typed": {"Sec-Fetch-Site", "none"},
		"foreign, though same-origin is said": {"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"},
	}
	for _, origin := range []string{
		"https://evil.example", "null", "https://shop.example", "https://localhost:" + port, "http://localhost", "http://localhost:1" + port, d.URL + ".evil.example", d.URL + "/",
		"http://evil.localhost:" + port, "http://LOCALHOST:" + port, "http://localhost.:" + port, "http://localhost:" + port + "@evil.example", "file://", "http://0.0.0.0:" + port, " ",
	} {
		out["origin "+origin] = []string{"Origin", origin}
	}
	return out
}

// cookieFromElsewhere tries every route that changes something with the admin's
// cookie, as a page of another site would make the browser do.
func (d *desk) cookieFromElsewhere(admin string) {
	d.t.Helper()
	var routes []route
	require.NoError(d.t, json.Unmarshal([]byte(d.CLI("routes", "--json")), &routes))
	cookie := []string{"Cookie", cookieName + "=" + admin}
	tried := 0
	for _, r := range routes {
		if !r.changes() {
			continue
		}
		path := parameter.ReplaceAllStringFunc(r.Path, func(string) string { return ids.New() })
		for _, content := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			for name, origin := range d.foreignOrigins() {
				a := d.ask(r.Method, path, "", `{}`, append(append(cookie, origin...), "Content-Type", content)...)
				call := fmt.Sprintf("%s %s, %s, %s: %d %s", r.Method, path, name, content, a.status, a.body)
				tried++
				if r.Access == "public" { // knows no cookie: what it does, anybody may do
					require.GreaterOrEqual(d.t, a.status, 400, call)
					require.Empty(d.t, a.header.Get("Set-Cookie"), call)
					continue
				}
				require.Equal(d.t, http.StatusForbidden, a.status, call)
				require.Contains(d.t, a.body, "does not come from this site", call)
			}
		}
	}
	d.t.Logf("%d requests of other sites with the admin's cookie", tried)
	require.Equal(d.t, http.StatusOK, d.ask("GET", "/api/v1/agents/me", "", "", cookie...).status)
	require.Equal(d.t, http.StatusOK, d.ask("PATCH", "/api/v1/agents/me", "", `{}`, append(cookie, "Origin", d.URL)...).status)
	require.Equal(d.t, http.StatusOK, d.ask("PATCH", "/api/v1/agents/me", "", `{}`, append(cookie, "Sec-Fetch-Site", "same-origin")...).status)
}

// socketFromElsewhere is cross-site WebSocket hijacking: browsers send the
// cookie with an upgrade from any page.
func (d *desk) socketFromElsewhere(admin string) {
	d.t.Helper()
	for name, origin := range d.foreignOrigins() {
		header := http.Header{"Cookie": {cookieName + "=" + admin}}
		for i := 0; i < len(origin); i += 2 {
			header.Set(origin[i], origin[i+1])
		}
		s := d.dial(header)
		s.send(object{"type": "hello"})
		require.Equal(d.t, 4401, s.end(), name)
		require.NotContains(d.t, s.seen.String(), "welcome", name)
	}
	s := d.dial(http.Header{"Cookie": {cookieName + "=" + admin}, "Origin": {d.URL}})
	s.send(object{"type": "hello"})
	s.await("welcome")
}

// fixation gives the browser a session before the person signs in: it must be
// worth nothing then and afterwards.
func (d *desk) fixation(admin string) {
	d.t.Helper()
	victim := do[staff](d, "POST", "/api/v1/agents", admin, object{"name": "Vic", "email": "vic@example.com", "password": password})
	attacker := d.hire(admin, object{"name": "Mallory", "email": "mallory@example.com"})
	login := object{"email": "vic@example.com", "password": password}
	for _, planted := range []string{attacker.Session, "prs_" + strings.Repeat("a", 52), "prs_0", "chosen", admin + "; Path=/api"} {
		raw, err := json.Marshal(login)
		require.NoError(d.t, err)
		a := d.ask("POST", "/api/v1/agents/login", "", string(raw), "Cookie", cookieName+"="+planted, "Origin", d.URL)
		require.Equal(d.t, http.StatusOK, a.status, a.body)
		set := a.header.Get("Set-Cookie")
		require.NotContains(d.t, set, planted)
		for _, attribute := range []string{cookieName + "=prs_", "path=/;", "HttpOnly", "secure", "SameSite=Lax"} {
			require.Contains(d.t, strings.ToLower(set), strings.ToLower(attribute))
		}
		require.NotContains(d.t, strings.ToLower(set), "domain=")
		if planted == attacker.Session {
			me := do[object](d, "GET", "/api/v1/agents/me", planted, nil)
			require.Equal(d.t, attacker.ID, me["id"], "the planted session is still the attacker's")
		} else if !strings.HasPrefix(planted, admin) {
			require.Equal(d.t, http.StatusUnauthorized, d.ask("GET", "/api/v1/agents/me", planted, "").status)
		}
	}
	one := do[struct{ Token string }](d, "POST", "/api/v1/agents/login", "", login).Token
	two := do[struct{ Token string }](d, "POST", "/api/v1/agents/login", "", login).Token
	require.NotEqual(d.t, one, two)
	renewed := do[struct{ ID, Token string }](d, "PATCH", "/api/v1/agents/me", one, object{"password": password + "!", "old_password": password})
	require.Equal(d.t, victim.ID, renewed.ID)
	require.NotEqual(d.t, one, renewed.Token)
	for _, old := range []string{one, two} {
		require.Equal(d.t, http.StatusUnauthorized, d.ask("GET", "/api/v1/agents/me", old, "").status, "a new password leaves no older session")
	}
}

// revocation takes away what a socket was opened with, in every way there is.
// It is promised within a second; on a busy machine the test allows more, and
// says how long it took.
func (d *desk) revocation(admin, key string) {
	d.t.Helper()
	const allowed = 10 * time.Second
	guest := do[visitor](d, "POST", "/api/v1/visitors", "", object{"inbox": key})
	talk := d.hello(guest.Token)
	conv := talk.open("hello", nil)
	account := func(change object) func(staff) {
		return func(s staff) { do[object](d, "PATCH", "/api/v1/agents/"+s.ID, admin, change) }
	}
	again := func(s staff) string { // another session of the same person
		do[object](d, "PATCH", "/api/v1/agents/me", s.Session, object{"name": "Same person"})
		_, token, _ := strings.Cut(do[staff](d, "POST", "/api/v1/agents/"+s.ID+"/link", admin, nil).Link, "token=")
		return do[struct{ Token string }](d, "POST", "/api/v1/agents/signin", "", object{"token": token}).Token
	}
	for name, end := range map[string]func(staff){
		"disabled":         account(object{"disabled": true}),
		"role lowered":     account(object{"role": "agent"}),
		"role raised":      account(object{"role": "admin"}),
		"inboxes narrowed": account(object{"inboxes": []string{}}),
		"password set":     account(object{"password": password}),
		"removed":          func(s staff) { do[object](d, "DELETE", "/api/v1/agents/"+s.ID, admin, nil) },
		"signed out":       func(s staff) { do[object](d, "POST", "/api/v1/agents/logout", s.Session, object{}) },
		"own password, elsewhere": func(s staff) {
			do[object](d, "PATCH", "/api/v1/agents/me", again(s), object{"password": password + "?"})
		},
		"session ended elsewhere": func(s staff) {
			here := ""
			for _, one := range do[struct {
				Sessions []struct {
					ID      string
					Current bool
				}
			}](d, "GET", "/api/v1/agents/me/sessions", s.Session, nil).Sessions {
				if one.Current {
					here = one.ID
				}
			}
			do[object](d, "DELETE", "/api/v1/sessions/"+here, again(s), nil)
		},
	} {
		s := d.hire(admin, object{"name": name, "email": ids.New() + "@example.com", "role": "supervisor"})
		d.ends(name, conv, s.Session, talk, allowed, func() { end(s) })
	}
	for _, name := range []string{"token revoked", "token revoked from the command line"} {
		made := do[struct{ ID, Token string }](d, "POST", "/api/v1/tokens", admin, object{"label": name, "role": "admin"})
		d.ends(name, conv, made.Token, talk, allowed, func() {
			if name == "token revoked" {
				do[object](d, "DELETE", "/api/v1/tokens/"+made.ID, admin, nil)
				return
			}
			d.CLI("token", "revoke", made.ID)
		})
	}
}

// ends opens two sockets that follow the conversation, takes the right away and
// checks that both are closed and the token opens nothing more.
func (d *desk) ends(name, conv, token string, talk *socket, allowed time.Duration, end func()) {
	d.t.Helper()
	sockets := []*socket{d.hello(token), d.hello(token)}
	for _, s := range sockets {
		s.send(object{"type": "watch", "conv": conv})
		s.flush()
	}
	end()
	began := time.Now()
	for _, s := range sockets {
		require.Equal(d.t, 4401, s.end(), name)
	}
	took := time.Since(began)
	require.Less(d.t, took, allowed, name)
	d.t.Logf("%s: sockets closed after %s", name, took.Round(time.Millisecond))
	word := ids.New()
	talk.send(object{"type": "send", "cid": word, "conv": conv, "text": word})
	talk.await("ack")
	for _, s := range sockets {
		require.NotContains(d.t, s.seen.String(), word, name)
	}
	require.Eventually(d.t, func() bool { return d.ask("GET", "/api/v1/agents/me", token, "").status == http.StatusUnauthorized }, allowed, 20*time.Millisecond, name)
	again := d.dial(nil)
	again.send(object{"type": "hello", "token": token})
	require.Equal(d.t, 4401, again.end(), name)
}

// narrowing gives an inbox to a team while agents follow a conversation of it,
// and then takes one of them out of the team. Nobody is assigned, which would be
// a right of its own: offers are not accepted.
func (d *desk) narrowing(admin string) {
	d.t.Helper()
	shop := do[inbox](d, "POST", "/api/v1/inboxes", admin, object{"name": "For all at first", "bot": false, "assign": "offer", "offer_secs": 300})
	guest := do[visitor](d, "POST", "/api/v1/visitors", "", object{"inbox": shop.Key})
	talk := d.hello(guest.Token)
	conv := talk.open("hello", nil)
	say := func() string {
		word := ids.New()
		talk.send(object{"type": "send", "cid": word, "conv": conv, "text": word})
		talk.await("ack")
		return word
	}
	insider := d.hire(admin, object{"name": "Insider", "email": ids.New() + "@example.com"})
	outsider := d.hire(admin, object{"name": "Outsider", "email": ids.New() + "@example.com"})
	team := do[struct{ ID string }](d, "POST", "/api/v1/teams", admin, object{"name": "Few", "members": []string{insider.ID}}).ID
	awaitWord := func(s *socket, word string) {
		s.awaitThat("event", func(o object) bool { return o["text"] == word })
	}
	follow := func(who staff) *socket {
		s := d.dial(nil)
		s.send(object{"type": "hello", "token": who.Session, "resume": []object{{"conv": conv, "seq": 0}}})
		awaitWord(s, "hello")
		return s
	}
	in, out := follow(insider), follow(outsider)
	hears := func(s *socket) bool { // while the insider goes on hearing everything
		word := say()
		awaitWord(in, word)
		s.flush()
		return strings.Contains(s.seen.String(), word)
	}
	awaitWord(out, say())
	do[object](d, "PATCH", "/api/v1/inboxes/"+shop.ID, admin, object{"teams": []string{team}})
	began := time.Now()
	for end := began.Add(10 * time.Second); hears(out); {
		require.True(d.t, time.Now().Before(end), "an agent outside the team goes on hearing")
	}
	d.t.Logf("inbox narrowed to a team: nothing heard after %s", time.Since(began).Round(time.Millisecond))
	require.False(d.t, hears(out))
	do[object](d, "PATCH", "/api/v1/teams/"+team, admin, object{"members": []string{}})
	require.Equal(d.t, 1012, in.end(), "comes back and has its rights read again")
	back := d.hello(insider.Session)
	back.send(object{"type": "watch", "conv": conv})
	require.Equal(d.t, "not_found", back.await("error")["code"])
	word := say()
	back.flush()
	require.NotContains(d.t, back.seen.String()+in.seen.String(), word)
}
