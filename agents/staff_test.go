package agents

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ask[Skill](w, "POST", "/skills", root, object{"name": "billing"})
	team := ask[event.Team](w, "POST", "/teams", root, object{"name": "Billing"})
	w.forgetAnnounced()
	made := ask[struct {
		agentBody
		Link string
	}](w, "POST", "/agents", root, object{
		"name": " Ada Novak ", "email": "Ada@Example.com", "role": "supervisor", "languages": []string{"en", "pt-BR"}, "capacity": 7,
		"inboxes": []string{"inbox"}, "teams": []string{team.ID}, "skills": object{"billing": 4},
	})
	want := event.AgentProfile{
		ID: made.ID, Name: "Ada Novak", Email: "ada@example.com", Role: "supervisor", Languages: []string{"en", "pt-BR"}, Capacity: 7,
		Inboxes: []string{"inbox"}, Teams: []string{team.ID}, Skills: map[string]int{"billing": 4},
	}
	require.Equal(t, want, made.AgentProfile)
	require.NotEmpty(t, made.Link)
	require.Equal(t, []string{event.AgentCreated}, w.announced())

	got, err := w.svc.Agents(t.Context(), []string{made.ID, "unknown"})
	require.NoError(t, err)
	require.Equal(t, []event.AgentProfile{want}, got)
	v, _, err := w.svc.Verify(t.Context(), w.session(made.ID))
	require.NoError(t, err)
	require.Equal(t, []string{"inbox"}, v.Inboxes)

	require.Equal(t, want, ask[agentBody](w, "GET", "/agents/me", w.session(made.ID), nil).AgentProfile)
	w.refused(409, "POST", "/agents", root, object{"name": "Ada", "email": "ADA@example.com"})
	ben := w.user("ben", auth.RoleAgent)
	w.refused(409, "PATCH", "/agents/"+ben.ID, root, object{"email": "ada@example.com"})
	plain := ask[agentBody](w, "POST", "/agents", root, object{"name": "Cho", "email": "cho@example.com", "password": password})
	require.Equal(t, "agent", plain.Role)
	require.Equal(t, defaultCapacity, plain.Capacity)
	require.Nil(t, plain.Inboxes)

	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/agents/"+made.ID, root, nil).status)
	require.Contains(t, w.announced(), event.AgentDeleted)
	w.refused(404, "PATCH", "/agents/"+made.ID, root, object{"name": "X"})
}

func TestAccountsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ada := w.user("ada", auth.RoleAgent)
	for name, bad := range map[string]object{
		"no name": {"name": " "}, "two lines": {"name": "a\nb"}, "long name": {"name": strings.Repeat("x", 81)},
		"bad address": {"email": "ada"}, "named address": {"email": "Ada <ada@example.com>"}, "no address": {"email": ""},
		"role": {"role": "owner"}, "capacity": {"capacity": 0}, "too much": {"capacity": 101}, "language": {"languages": []string{"not a language"}},
		"inbox": {"inboxes": []string{"a.b>"}}, "team that is none": {"teams": []string{"nosuchteam"}}, "skill that is none": {"skills": object{"nosuchskill": 1}},
		"level": {"skills": object{"billing": 6}}, "skill name": {"skills": object{"Bill\ning": 1}},
		"short password": {"password": "short"}, "long password": {"password": strings.Repeat("x", 129)}, "password is address": {"password": "ada@example.com"},
		"unknown field": {"id": "x"}, "wrong type": {"inboxes": "all"},
	} {
		require.Equal(t, "invalid", w.refused(422, "PATCH", "/agents/"+ada.ID, root, bad).code(t), name)
		full := object{"name": "New", "email": "new@example.com"}
		maps.Copy(full, bad)
		if name != "password is address" {
			w.refused(422, "POST", "/agents", root, full)
		}
	}
	now, err := w.svc.Agents(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, now, 2, "what is refused stores nothing")
	require.Contains(t, now, ada)
}

func TestDisabledAccountsAreLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ada, ben := w.user("ada", auth.RoleAgent), w.user("ben", auth.RoleAgent)
	w.svc.presence.seen(event.Presence{Agent: ada.ID, State: event.PresenceBusy}, true)
	ask[agentBody](w, "PATCH", "/agents/"+ben.ID, root, object{"disabled": true})
	list := func(token string) map[string]string {
		states := map[string]string{}
		for _, a := range ask[struct{ Agents []agentBody }](w, "GET", "/agents", token, nil).Agents {
			states[a.Name] = a.State
		}
		return states
	}
	require.Equal(t, map[string]string{"ada": "busy", "root": "offline"}, list(w.session(ada.ID)))
	require.Equal(t, map[string]string{"ada": "busy", "ben": "offline", "root": "offline"}, list(root))
	of, err := w.svc.Agents(t.Context(), []string{ben.ID})
	require.NoError(t, err)
	require.Empty(t, of)
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, token := w.admin()
	other := w.user("other", auth.RoleAdmin)
	ask[agentBody](w, "PATCH", "/agents/"+other.ID, token, object{"disabled": true})
	for name, change := range map[string]object{"demoted": {"role": "supervisor"}, "disabled": {"disabled": true}} {
		require.Equal(t, "conflict", w.refused(409, "PATCH", "/agents/"+root.ID, token, change).code(t), name)
	}
	w.refused(409, "DELETE", "/agents/"+root.ID, token, nil)
	ask[agentBody](w, "PATCH", "/agents/"+other.ID, token, object{"disabled": false})
	ask[agentBody](w, "PATCH", "/agents/"+root.ID, token, object{"role": "agent"})
	require.False(t, w.alive(token), "another role needs another session")
}

func TestTwoAdminsCannotRemoveEachOtherAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.user("a", auth.RoleAdmin), w.user("b", auth.RoleAdmin)
	for range 10 {
		var wg sync.WaitGroup
		for _, id := range []string{a.ID, b.ID} {
			wg.Go(func() {
				if _, err := w.svc.change(t.Context(), "", id, edit{Role: new(auth.RoleAgent)}); err != nil && !errs.Is(err, errs.Conflict) {
					t.Errorf("demote: %v", err)
				}
			})
		}
		wg.Wait()
		ok, err := hasAdmin(t.Context(), w.db)
		require.NoError(t, err)
		require.True(t, ok)
		for _, id := range []string{a.ID, b.ID} {
			_, err := w.svc.change(t.Context(), "", id, edit{Role: new(auth.RoleAdmin)})
			require.NoError(t, err)
		}
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ada, ben := w.user("ada", auth.RoleAgent), w.user("ben", auth.RoleAgent)
	team := ask[event.Team](w, "POST", "/teams", root, object{"name": "Billing", "members": []string{ada.ID}})
	w.refused(409, "POST", "/teams", root, object{"name": "BILLING"})
	w.refused(422, "POST", "/teams", root, object{})
	w.refused(422, "POST", "/teams", root, object{"name": "X", "members": []string{"nobody"}})
	w.refused(422, "PATCH", "/teams/"+team.ID, root, object{"name": ""})
	w.forgetAnnounced()
	team = ask[event.Team](w, "PATCH", "/teams/"+team.ID, root, object{"name": "Money", "members": []string{ben.ID}})
	require.Equal(t, event.Team{ID: team.ID, Name: "Money", Members: []string{ben.ID}}, team)
	require.Equal(t, []string{event.AgentUpdated, event.AgentUpdated}, w.announced(), "who left and who joined")
	list, err := w.svc.Teams(t.Context())
	require.NoError(t, err)
	require.Equal(t, []event.Team{team}, list)

	// For somebody limited to inboxes the team was a way to more.
	ask[agentBody](w, "PATCH", "/agents/"+ben.ID, root, object{"inboxes": []string{"a"}})
	token := w.session(ben.ID)
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/teams/"+team.ID, root, nil).status)
	require.False(t, w.alive(token))
	require.Empty(t, ask[struct{ Teams []event.Team }](w, "GET", "/teams", root, nil).Teams)
}

func TestSkills(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, root := w.admin()
	ask[Skill](w, "POST", "/skills", root, object{"name": " Card Payments "})
	ask[Skill](w, "POST", "/skills", root, object{"name": "übersetzung"})
	w.refused(409, "POST", "/skills", root, object{"name": "card payments"})
	for _, bad := range []string{"", "a\nb", "a.b", strings.Repeat("x", 41)} {
		w.refused(422, "POST", "/skills", root, object{"name": bad})
	}
	ada := w.user("ada", auth.RoleAgent)
	ask[agentBody](w, "PATCH", "/agents/"+ada.ID, root, object{"skills": object{"card payments": 3}})
	require.Equal(t, []Skill{{"card payments", 1}, {"übersetzung", 0}}, ask[struct{ Skills []Skill }](w, "GET", "/skills", root, nil).Skills)
	w.forgetAnnounced()
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/skills/card%20payments", root, nil).status)
	require.Equal(t, []string{event.AgentUpdated}, w.announced())
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/skills/%C3%BCbersetzung", root, nil).status)
	require.Empty(t, ask[agentBody](w, "GET", "/agents/me", w.session(ada.ID), nil).Skills)
}

func TestCannedResponses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, ben, boss := w.user("ada", auth.RoleAgent), w.user("ben", auth.RoleAgent), w.user("boss", auth.RoleSupervisor)
	a, b, c := w.session(ada.ID), w.session(ben.ID), w.session(boss.ID)
	form := object{"shortcut": "/Hello", "title": "Hello", "text": "Hello {{contact.name}}, {{ agent.name }} here"}
	own := ask[cannedBody](w, "POST", "/canned", a, form)
	require.Equal(t, "hello", own.Shortcut)
	require.False(t, own.Shared)
	ask[cannedBody](w, "POST", "/canned", b, form)
	shared := ask[cannedBody](w, "POST", "/canned", c, object{"shortcut": "hello", "title": "Hello", "text": "Hello", "shared": true})
	list := func(token string) (ids []string) {
		for _, r := range ask[struct{ Canned []cannedBody }](w, "GET", "/canned", token, nil).Canned {
			ids = append(ids, r.ID)
		}
		return ids
	}
	require.ElementsMatch(t, []string{own.ID, shared.ID}, list(a))
	require.Equal(t, []string{shared.ID}, list(c))

	w.refused(403, "POST", "/canned", a, object{"shortcut": "x", "title": "X", "text": "X", "shared": true})
	w.refused(403, "PATCH", "/canned/"+shared.ID, a, object{"text": "mine now"})
	w.refused(403, "PATCH", "/canned/"+own.ID, a, object{"shared": true})
	w.refused(403, "DELETE", "/canned/"+shared.ID, a, nil)
	for _, method := range []string{"PATCH", "DELETE"} {
		w.refused(404, method, "/canned/"+own.ID, c, object{})
		w.refused(404, method, "/canned/"+own.ID, b, object{})
	}
	w.refused(409, "POST", "/canned", a, form)
	for name, bad := range map[string]object{
		"shortcut": {"shortcut": "a b"}, "no title": {"title": ""}, "no text": {"text": " "}, "variable": {"text": "{{contact.password}}"},
		"long": {"text": strings.Repeat("x", maxCannedText+1)}, "NUL": {"text": "a\x00b"},
	} {
		require.Equal(t, "invalid", w.refused(422, "PATCH", "/canned/"+own.ID, a, bad).code(t), name)
	}
	require.Equal(t, "New", ask[cannedBody](w, "PATCH", "/canned/"+own.ID, a, object{"text": " New "}).Text)
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/canned/"+own.ID, a, nil).status)
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/canned/"+shared.ID, c, nil).status)
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, token := w.admin()
	made := ask[struct {
		APIToken
		Token string
	}](w, "POST", "/tokens", token, object{"label": "CRM", "role": "supervisor", "inboxes": []string{"a"}})
	require.True(t, strings.HasPrefix(made.Token, "prl_"))
	require.Equal(t, root.ID, made.CreatedBy)
	for name, bad := range map[string]object{"no label": {"role": "agent"}, "no role": {"label": "x"}, "role": {"label": "x", "role": "root"}, "inbox": {"label": "x", "role": "agent", "inboxes": []string{"*"}}} {
		require.Equal(t, "invalid", w.refused(422, "POST", "/tokens", token, bad).code(t), name)
	}
	v, ok, err := w.svc.Verify(t.Context(), made.Token)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, auth.Viewer{Kind: auth.Machine, ID: made.ID, Name: "CRM", Role: auth.RoleSupervisor, Inboxes: []string{"a"}, Session: made.ID}, v)
	require.Equal(t, "CRM", ask[agentBody](w, "GET", "/agents/me", made.Token, nil).Name)
	list := w.call("GET", "/tokens", token, nil)
	require.Contains(t, string(list.body), made.ID)
	require.Contains(t, string(list.body), "last_used_at")
	require.NotContains(t, string(list.body), made.Token)
	var kept int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM agents.tokens t WHERE t::text LIKE '%' || $1 || '%'`, made.Token).Scan(&kept))
	require.Zero(t, kept)

	got := w.notices()
	require.Equal(t, http.StatusNoContent, w.call("DELETE", "/tokens/"+made.ID, token, nil).status)
	require.False(t, w.alive(made.Token), "at once, although it was cached")
	require.Equal(t, event.Notice{Type: event.NoticeRevoked, Agent: made.ID, Session: made.ID}, next(t, got))
	w.refused(404, "DELETE", "/tokens/"+made.ID, token, nil)
	w.refused(401, "GET", "/agents/me", made.Token, nil)
}

func TestCredentialsThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := strings.Repeat("a", 52)
	for _, token := range []string{"", "prs_", "prl_" + unknown[1:], "prs_" + unknown + "a", "prs_" + strings.Repeat("A", 52), "prk_" + unknown, "pv1.x.y"} {
		_, ok, err := w.svc.Verify(t.Context(), token)
		require.False(t, ok)
		require.NoError(t, err, "%q is another's to judge", token)
	}
	for _, token := range []string{"prs_" + unknown, "prl_" + unknown} {
		_, _, err := w.svc.Verify(t.Context(), token)
		require.True(t, errs.Is(err, errs.Unauthenticated), token)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := w.svc.Verify(canceled, "prs_"+unknown)
	require.Error(t, err)
	require.False(t, errs.Is(err, errs.Unauthenticated), "a database that does not answer has not said no")
}

func TestTheDemosStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	links, err := w.svc.SeedDemo(t.Context())
	require.NoError(t, err)
	require.Len(t, links, 2)
	again, err := w.svc.SeedDemo(t.Context())
	require.NoError(t, err)
	require.Len(t, again, 2)
	w.refused(401, "POST", "/agents/signin", "", object{"token": tokenOf(links[0].Link)})
	g := ask[grantBody](w, "POST", "/agents/signin", "", object{"token": tokenOf(again[0].Link)})
	require.Equal(t, "Ada Novak", g.Agent.Name)
	require.Equal(t, "supervisor", g.Agent.Role)
	require.Equal(t, map[string]int{"billing": 4}, g.Agent.Skills)
	require.Len(t, g.Agent.Teams, 1)
	require.Len(t, ask[struct{ Agents []agentBody }](w, "GET", "/agents", g.Token, nil).Agents, 2)
	require.Len(t, ask[struct{ Canned []cannedBody }](w, "GET", "/canned", g.Token, nil).Canned, 5)
	require.Len(t, ask[struct{ Teams []event.Team }](w, "GET", "/teams", g.Token, nil).Teams, 2)
	needed, err := w.svc.setUpNeeded(t.Context())
	require.NoError(t, err)
	require.True(t, needed, "neither of them is an admin")
}
