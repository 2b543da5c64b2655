package people

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
)

func TestFindByAddressOrID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada", "email": "Ada@example.com"}}, "")
	w.enter(object{"inbox": "shop", "visitor": object{"name": "Adam", "email": "ada@example.com.au"}}, "")
	find := func(who string) []string {
		list, err := w.svc.Find(t.Context(), who)
		require.NoError(t, err)
		var out []string
		for _, c := range list {
			out = append(out, c.ID)
		}
		return out
	}
	require.Equal(t, []string{ada.Contact}, find(" ada@EXAMPLE.com "))
	require.Equal(t, []string{ada.Contact}, find(ada.Contact))
	require.Empty(t, find("nobody@example.com"))
	require.Empty(t, find("%@example.com"), "an address is no pattern")
	twin := w.enter(object{"inbox": "shop", "visitor": object{"name": "Another Ada", "email": "ada@example.com"}}, "")
	require.ElementsMatch(t, []string{ada.Contact, twin.Contact}, find("ada@example.com"), "anybody may give any address")
	for who, code := range map[string]errs.Code{"aaaaaaaaaaaaaaaaaaaaaaaaaa": errs.NotFound, "not an id!": errs.Invalid} {
		_, err := w.svc.Find(t.Context(), who)
		require.True(t, errs.Is(err, code), "%s: %v", who, err)
	}
}

// A person is the contact with all that was merged into it, and nothing of it is
// left afterwards but the announcements.
func TestErasePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada"}, "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "u1"})}, "")
	old := w.enter(object{"inbox": "blog", "visitor": object{"name": "Ada at the blog"}}, "")
	other := w.enter(object{"inbox": "shop", "visitor": object{"name": "Bob"}}, "")
	agent, _, err := staff{"anna": {Kind: "agent", ID: "anna", Role: "agent"}}.Verify(t.Context(), "anna")
	require.NoError(t, err)
	_, err = w.svc.Merge(t.Context(), agent, old.Contact, ada.Contact)
	require.NoError(t, err)
	w.lastAnnounced()

	found, err := w.svc.Find(t.Context(), old.Contact)
	require.NoError(t, err)
	require.Equal(t, ada.Contact, found[0].ID, "a merged id names who remains")
	p, err := w.svc.Person(t.Context(), ada.Contact)
	require.NoError(t, err)
	require.Equal(t, []string{ada.Contact, old.Contact}, p.ContactIDs())
	require.ElementsMatch(t, []string{ada.Visitor, old.Visitor}, p.VisitorIDs())
	require.Len(t, p.Identities, 1)

	require.NoError(t, w.svc.Erase(t.Context(), &p))
	require.Equal(t, []string{event.ContactErased, event.ContactErased}, w.lastAnnounced())
	for _, table := range []string{"contacts", "visitors", "identities"} {
		var left int
		require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM people.`+table+` t WHERE t::text LIKE ANY ($1)`,
			[]string{"%" + ada.Contact + "%", "%" + old.Contact + "%", "%Ada%"}).Scan(&left))
		require.Zero(t, left, table)
	}
	_, err = w.svc.Person(t.Context(), ada.Contact)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	require.Equal(t, "Bob", w.contactOf(other.Contact).Name)
}

// A token is good for 30 days, and for no longer than the person is known: every
// process refuses it within a second, whatever it knew before.
func TestTokensOfTheErasedAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada"}}, "")
	merged := w.enter(object{"inbox": "blog", "visitor": object{"name": "Ada at the blog"}}, "")
	bob := w.enter(object{"inbox": "shop", "visitor": object{"name": "Bob"}}, "")
	agent, _, err := staff{"anna": {Kind: "agent", ID: "anna", Role: "agent"}}.Verify(t.Context(), "anna")
	require.NoError(t, err)
	_, err = w.svc.Merge(t.Context(), agent, merged.Contact, ada.Contact)
	require.NoError(t, err)
	other := New(w.db, w.svc.bus, w.svc.desk, Config{Secret: []byte(strings.Repeat("s", 32))}) // another process, in which the module does not run
	accepts := func(s *Service, token string) bool {
		_, ok, err := s.Verify(t.Context(), token)
		require.True(t, ok || errs.Is(err, errs.Unauthenticated), "%v", err)
		return ok
	}
	for _, token := range []string{ada.Token, merged.Token, bob.Token} {
		require.True(t, accepts(w.svc, token))
		require.True(t, accepts(other, token))
	}
	notices := make(chan event.Erased, 10)
	sub, err := w.svc.bus.Subscribe(event.ErasedSubject, func(_ string, data []byte) {
		var n event.Erased
		if json.Unmarshal(data, &n) == nil {
			notices <- n
		}
	})
	require.NoError(t, err)
	t.Cleanup(sub.Unsubscribe)
	p, err := w.svc.Person(t.Context(), ada.Contact)
	require.NoError(t, err)

	require.NoError(t, w.svc.Revoke(t.Context(), p.ContactIDs()))
	require.ElementsMatch(t, []string{ada.Contact, merged.Contact}, (<-notices).Contacts, "to close open sockets")
	refused := func() bool {
		return !accepts(w.svc, ada.Token) && !accepts(w.svc, merged.Token) && !accepts(other, ada.Token) && !accepts(other, merged.Token)
	}
	require.Eventually(t, refused, 10*time.Second, 10*time.Millisecond)
	require.True(t, accepts(w.svc, bob.Token))
	require.True(t, accepts(other, bob.Token))
	for _, forged := range []string{ada.Token, ada.Token + "x"} { // looks like one that nobody knows
		var answer, unknown object
		require.Equal(t, http.StatusUnauthorized, w.call("GET", "/visitors/me", nil, &answer, "Authorization", "Bearer "+forged))
		require.Equal(t, http.StatusUnauthorized, w.call("GET", "/visitors/me", nil, &unknown, "Authorization", "Bearer pv1.e30.e30"))
		delete(answer, "request_id")
		delete(unknown, "request_id")
		require.Equal(t, unknown, answer)
		require.Equal(t, http.StatusUnauthorized, w.call("POST", "/visitors", object{"inbox": "shop"}, nil, "Authorization", "Bearer "+forged))
	}

	require.NoError(t, w.svc.Erase(t.Context(), &p))
	require.ElementsMatch(t, p.ContactIDs(), (<-notices).Contacts)
	require.True(t, refused())
	later := New(w.db, w.svc.bus, w.svc.desk, Config{Secret: []byte(strings.Repeat("s", 32))})
	require.False(t, accepts(later, ada.Token), "a process that begins now")
	require.True(t, accepts(later, bob.Token))
	w.db.Close()
	later.gone.readAt = time.Time{}
	require.False(t, accepts(later, ada.Token), "without PostgreSQL")
	require.True(t, accepts(later, bob.Token))
}

// The list holds nobody of whom no token can be good any more.
func TestTheListOfTheErasedDoesNotGrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.svc.Revoke(t.Context(), []string{"old", "young"}))
	_, err := w.db.Exec(t.Context(), `UPDATE people.erased SET at = at - interval '31 days 1 hour' WHERE contact = 'old'`)
	require.NoError(t, err)
	require.NoError(t, w.svc.Revoke(t.Context(), []string{"new"}))
	var left int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM people.erased WHERE contact IN ('young', 'new')`).Scan(&left))
	require.Equal(t, 2, left)
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM people.erased`).Scan(&left))
	require.Equal(t, 2, left)
}
