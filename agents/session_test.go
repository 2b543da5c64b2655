package agents

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestSessionsEndWhenIdleAndWhenOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	idle := w.session(ada.ID)
	w.wait(sessionIdle - time.Second)
	require.True(t, w.alive(idle))
	w.wait(sessionIdle - time.Second)
	require.True(t, w.alive(idle), "each request keeps it")
	w.wait(sessionIdle)
	require.False(t, w.alive(idle))

	used := w.session(ada.ID)
	for age := time.Duration(0); age < sessionLife-20*time.Minute; age += 20 * time.Minute {
		require.True(t, w.alive(used), age)
		w.wait(20 * time.Minute)
	}
	require.True(t, w.alive(used))
	w.wait(20 * time.Minute)
	require.False(t, w.alive(used), "no use keeps it beyond twelve hours")
}

func TestTheSweepClosesOldSessionsAndSparesOpenConsoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, ben := w.user("ada", auth.RoleAgent), w.user("ben", auth.RoleAgent)
	open, closed := w.session(ada.ID), w.session(ben.ID)
	id := w.sessionID(closed)
	w.svc.presence.seen(event.Presence{Agent: ada.ID, State: event.PresenceAway}, true)
	got := w.notices()
	for range 3 {
		w.wait(sessionIdle / 2)
		require.NoError(t, w.svc.sweep(t.Context()))
	}
	require.True(t, w.alive(open), "chatting by the socket alone is use")
	require.False(t, w.alive(closed))
	require.Equal(t, event.Notice{Type: event.NoticeRevoked, Agent: ben.ID, Session: id}, next(t, got))

	w.svc.presence.seen(event.Presence{Agent: ada.ID}, false)
	w.wait(sessionIdle)
	require.NoError(t, w.svc.sweep(t.Context()))
	require.False(t, w.alive(open))
	var left int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM agents.sessions`).Scan(&left))
	require.Zero(t, left)
}

func TestTheSweepDropsOldLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, err := w.svc.SetupLink(t.Context())
	require.NoError(t, err)
	w.wait(linkLife)
	require.NoError(t, w.svc.sweep(t.Context()))
	var left int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM agents.links`).Scan(&left))
	require.Zero(t, left)
}

func TestPeopleSeeAndEndTheirOwnSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, ben := w.user("ada", auth.RoleAgent), w.user("ben", auth.RoleAgent)
	here, there, foreign := w.session(ada.ID), w.session(ada.ID), w.session(ben.ID)
	list := ask[struct{ Sessions []sessionBody }](w, "GET", "/agents/me/sessions", here, nil).Sessions
	require.Len(t, list, 2)
	current := 0
	for _, s := range list {
		require.Equal(t, "test", s.UserAgent)
		if s.Current {
			current++
			require.Equal(t, w.sessionID(here), s.ID)
		}
	}
	require.Equal(t, 1, current)
	w.refused(404, "DELETE", "/sessions/"+w.sessionID(foreign), here, nil)
	w.refused(404, "DELETE", "/sessions/"+ids.New(), here, nil)
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/sessions/"+w.sessionID(there), here, nil).status)
	require.True(t, w.alive(here))
	require.False(t, w.alive(there))
	require.True(t, w.alive(foreign))
}

func TestOfTooManySessionsTheOldestEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	first := w.session(ada.ID)
	for range maxSessions {
		w.wait(time.Second)
		w.session(ada.ID)
	}
	require.False(t, w.alive(first))
	var n int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM agents.sessions`).Scan(&n))
	require.Equal(t, maxSessions, n)
}

func TestWhatEndsTheSessionsOfAnAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change object
		ends   bool
	}{
		"another role":      {object{"role": "supervisor"}, true},
		"disabled":          {object{"disabled": true}, true},
		"another password":  {object{"password": "another password"}, true},
		"fewer inboxes":     {object{"inboxes": []string{"a"}}, true},
		"no inbox":          {object{"inboxes": []string{}}, true},
		"one team less":     {object{"teams": []string{}}, true},
		"more inboxes":      {object{"inboxes": []string{"a", "b", "c"}}, false},
		"every inbox":       {object{"inboxes": nil}, false},
		"another name":      {object{"name": "Ada N"}, false},
		"the same role":     {object{"role": "agent"}, false},
		"skills, languages": {object{"languages": []string{"de"}, "skills": object{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, root := w.admin()
			team := ask[event.Team](w, "POST", "/teams", root, object{"name": "T"})
			ada := ask[agentBody](w, "POST", "/agents", root, object{
				"name": "Ada", "email": "ada@example.com", "inboxes": []string{"a", "b"}, "teams": []string{team.ID},
			})
			token := w.session(ada.ID)
			id := w.sessionID(token)
			w.forgetAnnounced()
			got := w.notices()
			ask[agentBody](w, "PATCH", "/agents/"+ada.ID, root, c.change)
			require.Equal(t, !c.ends, w.alive(token))
			require.Contains(t, w.announced(), event.AgentUpdated)
			if c.ends {
				require.Equal(t, event.Notice{Type: event.NoticeRevoked, Agent: ada.ID, Session: id}, next(t, got))
				require.Contains(t, w.announced(), event.AgentRevoked)
			} else {
				require.NotContains(t, w.announced(), event.AgentRevoked)
			}
		})
	}
}

func TestGainedRightsAreNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ada := w.user("ada", auth.RoleAgent)
	token := w.session(ada.ID)
	require.True(t, w.alive(token))
	got := w.notices()
	team := ask[event.Team](w, "POST", "/teams", root, object{"name": "T", "members": []string{ada.ID}})
	require.Equal(t, event.Notice{Type: event.NoticeRights, Agent: ada.ID}, next(t, got))
	v, _, err := w.svc.Verify(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, []string{team.ID}, v.Teams, "what was cached is forgotten")
}

// The notice must come although the process that ended the session died before
// it could send one.
func TestARevocationSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	got := w.notices()
	ada := w.user("ada", auth.RoleAgent)
	// The consumer may still be on its way up; it begins with what is new.
	require.Eventually(t, func() bool {
		session := ids.New()
		err := w.db.InTx(t.Context(), func(tx pgx.Tx) error {
			c := &changes{}
			c.ended([]ended{{ID: session, Account: ada.ID}})
			return w.svc.announce(t.Context(), tx, c.events)
		})
		require.NoError(t, err)
		select {
		case n := <-got:
			return n.Type == event.NoticeRevoked && n.Agent == ada.ID && n.Session != ""
		case <-time.After(200 * time.Millisecond):
			return false
		}
	}, patience, 10*time.Millisecond)
}

func TestARevocationElsewhereIsSeenHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	ada := w.user("ada", auth.RoleAgent)
	token := w.session(ada.ID)
	require.True(t, w.alive(token))
	elsewhere := New(w.db, w.svc.bus, Config{})
	_, err := elsewhere.change(t.Context(), "", ada.ID, edit{Disabled: new(true)})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !w.alive(token) }, time.Second, time.Millisecond)
}

func TestUnreadableChangesAreDeadLetters(t *testing.T) {
	t.Parallel()
	s := &Service{}
	require.True(t, errs.Is(s.onChange(t.Context(), bus.Delivery{Stored: bus.Stored{Data: []byte("{")}}), errs.Invalid))
	body, err := json.Marshal(event.Change{Type: event.AgentUpdated, ID: "a"})
	require.NoError(t, err)
	require.NoError(t, s.onChange(t.Context(), bus.Delivery{Stored: bus.Stored{Data: body}}))
}

func TestCacheKeepsNothingFromBeforeAChange(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := newCache(func() time.Time { return now })
	ada := auth.Viewer{ID: "ada"}
	_, generation, ok := c.get([]byte("a"))
	require.False(t, ok)
	c.forget() // rights change while the database is asked
	c.put([]byte("a"), ada, generation)
	_, generation, ok = c.get([]byte("a"))
	require.False(t, ok)
	c.put([]byte("a"), ada, generation)
	v, _, ok := c.get([]byte("a"))
	require.True(t, ok)
	require.Equal(t, ada, v)
	now = now.Add(cacheStaleness)
	_, _, ok = c.get([]byte("a"))
	require.False(t, ok)
}

func TestANewPasswordKeepsThisSessionUnderAnotherSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", auth.RoleAgent)
	here, there := w.session(ada.ID), w.session(ada.ID)
	id := w.sessionID(here)
	w.refused(422, "PATCH", "/agents/me", here, object{"password": "another password"})
	w.refused(422, "PATCH", "/agents/me", here, object{"password": "another password", "old_password": "wrong password"})
	w.refused(422, "PATCH", "/agents/me", here, object{"password": "short", "old_password": password})
	w.refused(422, "PATCH", "/agents/me", here, object{"role": "admin"})
	require.True(t, w.alive(there))

	a := w.call("PATCH", "/agents/me", here, object{"password": "another password", "old_password": password, "name": "Ada N"})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var out struct{ Name, Token string }
	require.NoError(t, json.Unmarshal(a.body, &out))
	require.Equal(t, "Ada N", out.Name)
	require.Contains(t, a.header.Get("Set-Cookie"), out.Token)
	require.False(t, w.alive(here))
	require.False(t, w.alive(there))
	require.Equal(t, id, w.sessionID(out.Token), "its sockets stay open")
	w.refused(401, "POST", "/agents/login", "", login("ada@example.com", password))
	ask[grantBody](w, "POST", "/agents/login", "", login("ada@example.com", "another password"))
}

func TestALinkLetsPeopleSetAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	made := ask[struct{ ID, Link string }](w, "POST", "/agents", root, object{"name": "Ada", "email": "Ada@Example.com"})
	g := ask[grantBody](w, "POST", "/agents/signin", "", object{"token": tokenOf(made.Link)})
	out := ask[struct{ Token string }](w, "PATCH", "/agents/me", g.Token, object{"password": password})
	ask[grantBody](w, "POST", "/agents/login", "", login("ada@example.com", password))

	w.refused(422, "PATCH", "/agents/me", out.Token, object{"password": "another password"}) // only once
	// Who forgot it gets a link.
	forgot := ask[struct{ Link string }](w, "POST", "/agents/"+made.ID+"/link", root, nil)
	g = ask[grantBody](w, "POST", "/agents/signin", "", object{"token": tokenOf(forgot.Link)})
	ask[agentBody](w, "PATCH", "/agents/me", g.Token, object{"password": "another password"})
	ask[grantBody](w, "POST", "/agents/login", "", login("ada@example.com", "another password"))
}
