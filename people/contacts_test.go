package people

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

type contactPage struct {
	Contacts []event.Contact
	Next     string
}

func TestAgentsSearchContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, v := range []object{
		{"name": "Ada Novak", "email": "ada@example.com"},
		{"name": "Ben Okafor", "email": "ben@example.org", "phone": "+1 555 0100"},
		{"name": "100% Ümit_"},
	} {
		w.enter(object{"inbox": "shop", "visitor": v}, "")
		w.wait(time.Minute)
	}
	w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "customer-77", "name": "Cho"})}, "")
	for q, want := range map[string][]string{
		"": {"Cho", "100% Ümit_", "Ben Okafor", "Ada Novak"}, "NOVAK": {"Ada Novak"}, "example.org": {"Ben Okafor"}, "0100": {"Ben Okafor"},
		"00%25": {"100% Ümit_"}, "ümit_": {"100% Ümit_"}, "%25_%25": {}, "mer-77": {"Cho"}, "nobody": {},
	} {
		var page contactPage
		require.Equal(t, http.StatusOK, w.call("GET", "/contacts?q="+q, nil, &page, bearer("ada")...))
		names := []string{}
		for _, c := range page.Contacts {
			names = append(names, c.Name)
		}
		require.Equal(t, want, names, q)
	}
	require.Equal(t, 422, w.call("GET", "/contacts?q="+strings.Repeat("x", 201), nil, nil, bearer("ada")...))
	require.Equal(t, 422, w.call("GET", "/contacts?q=%00", nil, nil, bearer("ada")...))
	require.Equal(t, 422, w.call("GET", "/contacts?cursor=nonsense", nil, nil, bearer("ada")...))
	require.Equal(t, 422, w.call("GET", "/contacts?limit=0", nil, nil, bearer("ada")...))
}

func TestPagesOfContactsAreComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]bool{}
	for range 5 {
		want[w.enter(object{"inbox": "shop"}, "").Contact] = true
	}
	seen := map[string]bool{}
	cursor, pages := "", 0
	for ; pages == 0 || cursor != ""; pages++ {
		var page contactPage
		require.Equal(t, http.StatusOK, w.call("GET", "/contacts?limit=2&cursor="+cursor, nil, &page, bearer("ada")...))
		for _, c := range page.Contacts {
			require.False(t, seen[c.ID])
			seen[c.ID] = true
		}
		cursor = page.Next
	}
	require.Equal(t, want, seen)
	require.Equal(t, 3, pages)
}

func TestAgentsSeeContactsOfTheirInboxesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.enter(object{"inbox": "shop", "visitor": object{"name": "Mine"}}, "").Contact
	foreign := w.enter(object{"inbox": "blog", "visitor": object{"name": "Foreign"}}, "").Contact
	var page contactPage
	require.Equal(t, http.StatusOK, w.call("GET", "/contacts", nil, &page, bearer("shop")...))
	require.Len(t, page.Contacts, 1)
	for path, status := range map[string]int{mine: 200, foreign: 404, ids.New(): 404, "no-id": 404} {
		require.Equal(t, status, w.call("GET", "/contacts/"+path, nil, nil, bearer("shop")...), path)
		require.Equal(t, status, w.call("PATCH", "/contacts/"+path, object{"name": "X"}, nil, bearer("shop")...), path)
	}
	require.Equal(t, "Foreign", w.contactOf(foreign).Name)
	// Each id counts, the one in the path and the one in the body.
	require.Equal(t, 404, w.call("POST", "/contacts/"+mine+"/merge", object{"into": foreign}, nil, bearer("shop")...))
	require.Equal(t, 404, w.call("POST", "/contacts/"+foreign+"/merge", object{"into": mine}, nil, bearer("shop")...))
	require.Empty(t, w.contactOf(mine).MergedInto)
	require.Empty(t, w.contactOf(foreign).MergedInto)
}

// Who has a conversation of somebody from another inbox sees whom they serve.
func TestAgentsSeeWhomTheyServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := w.enter(object{"inbox": "blog", "visitor": object{"name": "Foreign"}}, "").Contact
	ben := auth.Viewer{Kind: auth.Agent, ID: "ben", Role: auth.RoleAgent, Inboxes: []string{"shopinbox"}}
	_, err := w.svc.contact(t.Context(), ben, foreign)
	require.Equal(t, errs.NotFound, errs.CodeOf(err))
	ben.Name = "serves " + foreign
	seen, err := w.svc.contact(t.Context(), ben, foreign)
	require.NoError(t, err)
	require.Equal(t, "Foreign", seen.Name)
	_, err = w.svc.SetAttributes(t.Context(), ben, foreign, map[string]any{"plan": "pro"})
	require.NoError(t, err)
}

func TestAgentsMergeContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada", "phone": "+1 555 0100", "attributes": object{"cart": 1, "plan": "free"}}}, "")
	b := w.enter(object{"inbox": "blog", "visitor": object{"name": "Ada Novak", "attributes": object{"plan": "pro"}}}, "")
	c := w.enter(object{"inbox": "shop"}, "")
	w.lastAnnounced()
	var kept event.Contact
	require.Equal(t, http.StatusOK, w.call("POST", "/contacts/"+a.Contact+"/merge", object{"into": b.Contact}, &kept, bearer("ada")...))
	require.Equal(t, b.Contact, kept.ID)
	require.Equal(t, "Ada Novak", kept.Name)
	require.Equal(t, "+1 555 0100", kept.Phone)
	require.Equal(t, object{"cart": 1.0, "plan": "pro"}, kept.Attributes)
	require.ElementsMatch(t, []string{"shopinbox", "bloginbox"}, kept.Inboxes)
	require.ElementsMatch(t, []string{event.ContactMerged, event.ContactUpdated}, w.lastAnnounced())

	// A chain of merges is one step.
	require.Equal(t, http.StatusOK, w.call("POST", "/contacts/"+b.Contact+"/merge", object{"into": c.Contact}, nil, bearer("ada")...))
	require.Equal(t, http.StatusOK, w.call("GET", "/contacts/"+a.Contact, nil, &kept, bearer("ada")...))
	require.Equal(t, c.Contact, kept.ID)
	for name, pair := range map[string][2]string{
		"a merged one again": {a.Contact, c.Contact}, "into a merged one": {c.Contact, a.Contact}, "missing": {ids.New(), c.Contact},
	} {
		require.Equal(t, 404, w.call("POST", "/contacts/"+pair[0]+"/merge", object{"into": pair[1]}, nil, bearer("ada")...), name)
	}
	require.Equal(t, 422, w.call("POST", "/contacts/"+c.Contact+"/merge", object{"into": c.Contact}, nil, bearer("ada")...))
	require.Equal(t, 422, w.call("POST", "/contacts/"+c.Contact+"/merge", object{"into": "../etc"}, nil, bearer("ada")...))
}

func TestMergedIdentitiesFindTheContactThatRemains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proof := func(user string) object {
		return object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": user})}
	}
	known := w.enter(proof("u1"), "")
	other := w.enter(proof("u2"), "")
	anonymous := w.enter(object{"inbox": "shop"}, "")
	require.Equal(t, http.StatusOK, w.call("POST", "/contacts/"+known.Contact+"/merge", object{"into": anonymous.Contact}, nil, bearer("ada")...))
	require.Equal(t, anonymous.Contact, w.enter(proof("u1"), "").Contact)
	require.Equal(t, anonymous.Contact, w.enter(object{"inbox": "shop"}, known.Token).Contact, "a proved visitor follows")
	require.Equal(t, 409, w.call("POST", "/contacts/"+other.Contact+"/merge", object{"into": anonymous.Contact}, nil, bearer("ada")...),
		"one site's two users are two people")
}

// An agent may take an impostor for somebody they know. The impostor must not
// read the other's details for it, in whichever direction the merge went.
func TestAnAgentsMergeShowsAVisitorNothing(t *testing.T) {
	t.Parallel()
	for _, direction := range []string{"into the victim", "into the impostor"} {
		t.Run(direction, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			victim := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada", "email": "ada@example.com", "attributes": object{"iban": "DE02"}}}, "")
			impostor := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada!"}}, "")
			from, into := impostor.Contact, victim.Contact
			if direction == "into the impostor" {
				from, into = into, from
			}
			require.Equal(t, http.StatusOK, w.call("POST", "/contacts/"+from+"/merge", object{"into": into}, nil, bearer("ada")...))
			// Neither with the old token, nor with a new one, nor with an identity of their own.
			renewed := w.enter(object{"inbox": "shop"}, impostor.Token)
			proved := w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "impostor"})}, renewed.Token)
			require.True(t, proved.Verified)
			for _, g := range []visitorGrant{impostor, renewed, proved} {
				var m me
				require.Equal(t, http.StatusOK, w.call("GET", "/visitors/me", nil, &m, bearer(g.Token)...))
				require.Empty(t, m.Email)
				require.Empty(t, m.Attributes)
			}
			require.Equal(t, 403, w.call("PATCH", "/visitors/me", object{"email": "evil@example.com"}, nil, bearer(renewed.Token)...))
			require.Equal(t, "ada@example.com", w.contactOf(into).Email)
		})
	}
}

func TestVisitorsSeeAndChangeThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada", "attributes": object{"cart": 1, "step": 2}}}, "")
	w.lastAnnounced()
	var out struct {
		me
		Token     string
		ExpiresAt time.Time `json:"expires_at"`
	}
	body := object{"name": "Ada N", "email": "ada@example.com", "locale": "de", "attributes": object{"cart": nil, "vip": true}}
	require.Equal(t, http.StatusOK, w.call("PATCH", "/visitors/me", body, &out, bearer(g.Token)...))
	require.Equal(t, object{"step": 2.0, "vip": true}, out.Attributes)
	require.Equal(t, []string{event.ContactUpdated}, w.lastAnnounced())
	require.True(t, g.ExpiresAt.Equal(out.ExpiresAt), "changing a name prolongs nothing")
	viewer, _, err := w.svc.Verify(t.Context(), out.Token)
	require.NoError(t, err)
	require.Equal(t, "Ada N", viewer.Name)

	var m me
	require.Equal(t, http.StatusOK, w.call("GET", "/visitors/me", nil, &m, bearer(g.Token)...))
	require.Equal(t, me{
		Visitor: g.Visitor, Contact: g.Contact, Inbox: "shopinbox", Name: "Ada N", Email: "ada@example.com", Locale: "de", Attributes: out.Attributes,
	}, m)
	require.Equal(t, 422, w.call("PATCH", "/visitors/me", object{"verified": true}, nil, bearer(g.Token)...))
	require.Equal(t, 422, w.call("PATCH", "/visitors/me", object{"email": "nonsense"}, nil, bearer(g.Token)...))
}

// Who may not call a route is told so before anything is looked at.
func TestAccessOfEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	visitor := w.enter(object{"inbox": "shop"}, "").Token
	may := map[string]map[httpd.Access]bool{
		"":      {httpd.Public: true},
		visitor: {httpd.Public: true, httpd.Visitor: true, httpd.Any: true},
		"ada":   {httpd.Public: true, httpd.Any: true, httpd.Agent: true},
	}
	routes := httpd.Routes(w.app)
	require.Len(t, routes, 7)
	for _, route := range routes {
		path := strings.TrimPrefix(strings.ReplaceAll(route.Path, ":id", ids.New()), "/api/v1")
		for token, access := range may {
			var header []string
			if token != "" && route.Access != httpd.Public {
				header = bearer(token)
			}
			status := w.call(route.Method, path, object{}, nil, header...)
			denied := status == http.StatusUnauthorized || status == http.StatusForbidden
			require.Equal(t, !access[route.Access], denied, "%s %s as %.8q: %d", route.Method, route.Path, token, status)
		}
	}
}

func TestChangesReachTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada"}}, "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.svc.bus.RelayOutbox(ctx, w.db) }()
	var stored []bus.Stored
	require.Eventually(t, func() bool {
		var err error
		stored, err = w.svc.bus.Read(t.Context(), event.PeopleSubject(g.Contact), 0, 10)
		require.NoError(t, err)
		return len(stored) > 0
	}, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	var c event.Change
	require.NoError(t, json.Unmarshal(stored[0].Data, &c))
	require.Equal(t, event.ContactCreated, c.Type)
	require.Equal(t, g.Contact, c.ID)
	require.Equal(t, "Ada", c.Fields["name"])
}

// Other systems hear of a contact that was created, updated and merged, as
// CloudEvents that say who it is now.
func TestOtherSystemsHearOfContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada", "email": "ada@example.com", "attributes": object{"plan": "pro"}}}, "")
	twin := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada again"}}, "")
	w.enter(object{"inbox": "shop"}, ada.Token) // changes nothing, so nobody hears of it
	agent, _, err := staff{"anna": {Kind: "agent", ID: "anna", Role: "agent"}}.Verify(t.Context(), "anna")
	require.NoError(t, err)
	_, err = w.svc.Merge(t.Context(), agent, twin.Contact, ada.Contact)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.svc.bus.RelayOutbox(ctx, w.db) }()
	var stored []bus.Stored
	require.Eventually(t, func() bool {
		stored, err = w.svc.bus.Read(t.Context(), "evt.contact.*", 0, 10)
		require.NoError(t, err)
		return len(stored) >= 4
	}, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.Len(t, stored, 4)

	facts := map[string][]event.ContactFact{} // by fact and contact
	for _, m := range stored {
		var f event.ContactFact
		require.NoError(t, json.Unmarshal(m.Data, &f))
		fact := strings.TrimPrefix(m.Subject, "evt.contact.")
		require.Equal(t, m.MsgID, m.Header["ce-id"])
		require.Equal(t, "1.0", m.Header["ce-specversion"])
		require.Equal(t, "parley.contact."+fact, m.Header["ce-type"])
		require.Equal(t, "/contacts", m.Header["ce-source"])
		require.Equal(t, f.Contact, m.Header["ce-subject"])
		facts[fact+" "+f.Contact] = append(facts[fact+" "+f.Contact], f)
	}
	created := facts["created "+ada.Contact]
	require.Len(t, created, 1)
	require.Equal(t, "ada@example.com", created[0].Person.Email)
	require.Equal(t, map[string]any{"plan": "pro"}, created[0].Person.Attributes)
	require.Equal(t, []string{"shopinbox"}, created[0].Person.Inboxes)
	require.Empty(t, created[0].By, "by the page itself")
	require.Equal(t, "anna", facts["updated "+ada.Contact][0].By)
	merged := facts["merged "+twin.Contact]
	require.Len(t, merged, 1)
	require.Equal(t, ada.Contact, merged[0].Into)
	require.Nil(t, merged[0].Person)
}

func TestProgramsSetAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.enter(object{"inbox": "shop", "visitor": object{"attributes": object{"cart": 1}}}, "")
	program, _, err := staff{"crm": {Kind: "machine", ID: "crm", Role: "agent", Inboxes: []string{"shopinbox"}}}.Verify(t.Context(), "crm")
	require.NoError(t, err)
	c, err := w.svc.SetAttributes(t.Context(), program, g.Contact, object{"plan": "pro"})
	require.NoError(t, err)
	require.Equal(t, object{"cart": 1.0, "plan": "pro"}, c.Attributes)
	program.Inboxes = []string{"bloginbox"}
	_, err = w.svc.SetAttributes(t.Context(), program, g.Contact, object{"plan": "free"})
	require.ErrorContains(t, err, "no such contact")
}

// Thirty thousand contacts: the search must come from the trigram index.
func TestSearchUsesItsIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Exec(t.Context(), `
		INSERT INTO people.contacts (id, name, email, created_at, last_seen_at, inboxes)
		SELECT 'c' || i, 'Name ' || md5(i::text), md5(i::text) || '@example.com', now(), now() - i * interval '1 second', '{shopinbox}'
		FROM generate_series(1, 30000) i`)
	require.NoError(t, err)
	_, err = w.db.Exec(t.Context(), `ANALYZE people.contacts`)
	require.NoError(t, err)
	var plan string
	rows, err := w.db.Query(t.Context(), fmt.Sprintf(`EXPLAIN SELECT id FROM people.contacts WHERE merged_into = '' AND search LIKE '%%%s%%'
		ORDER BY last_seen_at DESC, id DESC LIMIT 50`, "c4ca4238a0b9"))
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		plan += line + "\n"
	}
	require.NoError(t, rows.Err())
	require.Contains(t, plan, "contacts_search")
}

func BenchmarkNewVisitor(b *testing.B) {
	w := newWorld(b)
	v := visit{Inbox: event.Inbox{ID: "shopinbox"}}
	for b.Loop() {
		if _, err := w.svc.admit(b.Context(), v); err != nil {
			b.Fatal(err)
		}
	}
}
