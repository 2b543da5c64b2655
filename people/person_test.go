package people

import (
	"testing"

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
