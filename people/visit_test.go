package people

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
)

func TestANewVisitorGetsATokenThatRenewsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.enter(object{"inbox": "shop", "visitor": object{
		"name": " Ada ", "email": "ada@example.com", "locale": "en-GB", "attributes": object{"cart": 3, "vip": true},
		"page": object{"url": "https://shop.example/cart", "title": "Cart"},
	}}, "")
	require.False(t, first.Verified)
	require.WithinDuration(t, time.Now().Add(tokenLife), first.ExpiresAt, time.Minute)
	viewer, ok, err := w.svc.Verify(t.Context(), first.Token)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, first.Visitor, viewer.ID)
	require.Equal(t, first.Contact, viewer.Contact)
	require.Equal(t, "shopinbox", viewer.Inbox)
	require.Equal(t, "Ada", viewer.Name)

	c := w.contactOf(first.Contact)
	require.Equal(t, "ada@example.com", c.Email)
	require.Equal(t, object{"cart": 3.0, "vip": true}, c.Attributes)
	require.Equal(t, []string{"shopinbox"}, c.Inboxes)
	require.Equal(t, time.UTC, c.CreatedAt.Location())
	require.Equal(t, []string{event.ContactCreated}, w.lastAnnounced())

	w.wait(24 * time.Hour)
	again := w.enter(object{"inbox": "shop"}, first.Token)
	require.Equal(t, first.Visitor, again.Visitor)
	require.Equal(t, first.Contact, again.Contact)
	require.NotEqual(t, first.Token, again.Token)
	require.True(t, again.ExpiresAt.After(first.ExpiresAt))
	require.Empty(t, w.lastAnnounced(), "nothing has changed")

	w.enter(object{"inbox": "shop", "visitor": object{"name": "Ada N"}}, again.Token)
	require.Equal(t, []string{event.ContactUpdated}, w.lastAnnounced())
}

func TestTheSameAddressWithoutProofIsAnotherPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "email": "ada@example.com"})}, "")
	claims := object{"id": "u1", "email": "ada@example.com", "name": "Ada"}
	stranger := w.enter(object{"inbox": "shop", "visitor": claims}, "")
	require.NotEqual(t, known.Contact, stranger.Contact)
	require.False(t, stranger.Verified)
}

func TestOriginsTokensAndInputAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.enter(object{"inbox": "shop"}, "")
	foreign := w.enter(object{"inbox": "blog"}, "")
	w.wait(-2 * tokenLife)
	expired := w.enter(object{"inbox": "shop"}, "")
	w.wait(2 * tokenLife)
	long := strings.Repeat("x", 101)
	many := object{}
	for i := range 51 {
		many["a"+strings.Repeat("a", i)] = 1
	}
	cases := map[string]struct {
		body   any
		header []string
		status int
	}{
		"the site's own page":      {object{"inbox": "shop"}, []string{"Origin", shopOrigin}, 201},
		"the product's own frame":  {object{"inbox": "shop"}, []string{"Origin", ownOrigin}, 201},
		"page as text":             {object{"inbox": "shop", "visitor": object{"page": "https://shop.example/"}}, nil, 201},
		"another site":             {object{"inbox": "shop"}, []string{"Origin", "https://evil.example"}, 403},
		"site as a prefix":         {object{"inbox": "shop"}, []string{"Origin", shopOrigin + ".evil.example"}, 403},
		"site with a port":         {object{"inbox": "shop"}, []string{"Origin", shopOrigin + ":8443"}, 403},
		"site without TLS":         {object{"inbox": "shop"}, []string{"Origin", "http://shop.example"}, 403},
		"opaque origin":            {object{"inbox": "shop"}, []string{"Origin", "null"}, 403},
		"other inbox's token":      {object{"inbox": "shop"}, bearer(foreign.Token), 401},
		"expired token":            {object{"inbox": "shop"}, bearer(expired.Token), 401},
		"forged token":             {object{"inbox": "shop"}, bearer(shop.Token + "A"), 401},
		"staff's token":            {object{"inbox": "shop"}, bearer("ada"), 401},
		"other scheme":             {object{"inbox": "shop"}, []string{"Authorization", "Basic abc"}, 401},
		"unknown inbox":            {object{"inbox": "none"}, nil, 404},
		"archived inbox":           {object{"inbox": "closed"}, nil, 404},
		"no inbox":                 {object{}, nil, 422},
		"inbox with a NUL":         {object{"inbox": "a\x00"}, nil, 422},
		"unknown field":            {object{"inbox": "shop", "admin": true}, nil, 422},
		"not JSON":                 {`{"inbox":`, nil, 422},
		"two values":               {`{"inbox":"shop"}{}`, nil, 422},
		"long name":                {object{"inbox": "shop", "visitor": object{"name": long}}, nil, 422},
		"name of two lines":        {object{"inbox": "shop", "visitor": object{"name": "a\nb"}}, nil, 422},
		"bad address":              {object{"inbox": "shop", "visitor": object{"email": "Ada <ada@example.com>"}}, nil, 422},
		"bad locale":               {object{"inbox": "shop", "visitor": object{"locale": "not a locale"}}, nil, 422},
		"bad phone":                {object{"inbox": "shop", "visitor": object{"phone": "call me"}}, nil, 422},
		"nested attribute":         {object{"inbox": "shop", "visitor": object{"attributes": object{"a": object{}}}}, nil, 422},
		"attribute with a NUL":     {object{"inbox": "shop", "visitor": object{"attributes": object{"a": "\x00"}}}, nil, 422},
		"attribute name":           {object{"inbox": "shop", "visitor": object{"attributes": object{"a b": 1}}}, nil, 422},
		"many attributes":          {object{"inbox": "shop", "visitor": object{"attributes": many}}, nil, 422},
		"huge":                     {object{"inbox": "shop", "visitor": object{"name": strings.Repeat("x", 2<<20)}}, nil, 413},
		"forged proof":             {object{"inbox": "shop", "proof": "nonsense"}, nil, 401},
		"proof that says nonsense": {object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"sub": "u1", "email": "nonsense"})}, nil, 422},
	}
	before := w.count()
	for name, c := range cases {
		require.Equal(t, c.status, w.call("POST", "/visitors", c.body, nil, c.header...), name)
	}
	require.Equal(t, before+3, w.count(), "what is refused stores nothing")
}

func (w *world) count() (contacts int) {
	w.t.Helper()
	require.NoError(w.t, w.db.QueryRow(w.t.Context(), `SELECT count(*) FROM people.contacts`).Scan(&contacts))
	return contacts
}

func TestAnInboxDemandsItsIdentityForEveryToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, http.StatusUnauthorized, w.call("POST", "/visitors", object{"inbox": "bank"}, nil))
	proof := signed(t, "bank secret bank secret bank secret", jwt.MapClaims{"sub": "u1"})
	known := w.enter(object{"inbox": "bank", "proof": proof}, "")
	require.True(t, known.Verified)
	require.Equal(t, http.StatusUnauthorized, w.call("POST", "/visitors", object{"inbox": "bank"}, nil, bearer(known.Token)...),
		"renewing needs the proof too")
	require.Equal(t, http.StatusUnauthorized, w.call("POST", "/visitors", object{"inbox": "bank", "proof": signed(t, shopSecret, jwt.MapClaims{"sub": "u1"})}, nil),
		"another inbox's secret")

	off := w.enter(object{"inbox": "blog", "proof": signed(t, shopSecret, jwt.MapClaims{"sub": "u1"})}, "")
	require.False(t, off.Verified, "an inbox without identities knows nobody")
}

func TestAnIdentityBelongsToItsInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"sub": "u1"})}, "")
	bank := w.enter(object{"inbox": "bank", "proof": signed(t, "bank secret bank secret bank secret", jwt.MapClaims{"sub": "u1"})}, "")
	require.NotEqual(t, shop.Contact, bank.Contact)
	// An id that looks like an address is not that address.
	address := hmacOf(shopSecret, "ada@example.com")
	byID := w.enter(object{"inbox": "shop", "visitor": object{"id": "ada@example.com"}, "proof": address}, "")
	byAddress := w.enter(object{"inbox": "shop", "visitor": object{"email": "ada@example.com"}, "proof": address}, "")
	require.NotEqual(t, byID.Contact, byAddress.Contact)
}

func TestAProofMakesTheBrowsersOwnContactKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anonymous := w.enter(object{"inbox": "shop", "visitor": object{"name": "ada", "attributes": object{"cart": 3}}}, "")
	w.lastAnnounced()
	known := w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "name": "Ada Novak"})}, anonymous.Token)
	require.True(t, known.Verified)
	require.Equal(t, anonymous.Visitor, known.Visitor)
	require.Equal(t, anonymous.Contact, known.Contact)
	c := w.contactOf(known.Contact)
	require.Equal(t, "Ada Novak", c.Name)
	require.Equal(t, "u1", c.ExternalID)
	require.Equal(t, object{"cart": 3.0}, c.Attributes)
	require.Equal(t, []string{event.ContactUpdated}, w.lastAnnounced())
}

func TestAProofMergesTheBrowsersOwnContactIntoTheKnownOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proof := func() string { return signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "name": "Ada Novak"}) }
	known := w.enter(object{"inbox": "shop", "proof": proof()}, "")
	anonymous := w.enter(object{"inbox": "shop", "visitor": object{"name": "me", "email": "ada@example.com", "attributes": object{"cart": 3}}}, "")
	w.lastAnnounced()

	merged := w.enter(object{"inbox": "shop", "proof": proof()}, anonymous.Token)
	require.Equal(t, anonymous.Visitor, merged.Visitor, "the browser keeps its conversations")
	require.Equal(t, known.Contact, merged.Contact)
	c := w.contactOf(known.Contact)
	require.Equal(t, "Ada Novak", c.Name)
	require.Equal(t, "ada@example.com", c.Email, "what only the anonymous one knew")
	require.Equal(t, object{"cart": 3.0}, c.Attributes)
	require.Equal(t, known.Contact, w.contactOf(anonymous.Contact).MergedInto)

	changes := map[string]event.Change{}
	for _, change := range w.announced() {
		changes[change.Type] = change
	}
	require.Equal(t, anonymous.Contact, changes[event.ContactMerged].ID)
	require.Equal(t, known.Contact, changes[event.ContactMerged].Into)
	require.Contains(t, changes, event.ContactUpdated)
	w.lastAnnounced()

	// The same again changes nothing, and the old token still works, as before.
	again := w.enter(object{"inbox": "shop", "proof": proof()}, merged.Token)
	require.Equal(t, merged.Visitor, again.Visitor)
	old := w.enter(object{"inbox": "shop"}, anonymous.Token)
	require.Equal(t, anonymous.Contact, old.Contact)
	require.False(t, old.Verified)
	back := w.enter(object{"inbox": "shop", "proof": proof()}, anonymous.Token)
	require.Equal(t, known.Contact, back.Contact)
	require.Equal(t, anonymous.Visitor, back.Visitor)
	require.Empty(t, w.lastAnnounced())

	found, err := w.svc.Contacts(t.Context(), []string{anonymous.Contact, known.Contact, "unknown"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, known.Contact, found[anonymous.Contact].ID)
}

func TestTheNextUserOfASharedBrowserIsAnotherVisitor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proof := func(user string) object {
		return object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": user})}
	}
	anonymous := w.enter(object{"inbox": "shop"}, "")
	ada := w.enter(proof("ada"), anonymous.Token)
	for name, token := range map[string]string{"with the last one's token": ada.Token, "with the anonymous token of before": anonymous.Token} {
		ben := w.enter(proof("ben"), token)
		require.NotEqual(t, ada.Visitor, ben.Visitor, name)
		require.NotEqual(t, ada.Contact, ben.Contact, name)
	}
	require.Empty(t, w.contactOf(ada.Contact).MergedInto)
}

func TestSignedFieldsWinOverThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proof := signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "email": "ada@example.com", "attributes": object{"plan": "pro"}})
	page := object{"email": "evil@example.com", "name": "Ada", "attributes": object{"plan": "enterprise", "cart": 1}}
	known := w.enter(object{"inbox": "shop", "proof": proof, "visitor": page}, "")
	for range 2 {
		c := w.contactOf(known.Contact)
		require.Equal(t, "ada@example.com", c.Email)
		require.Equal(t, "Ada", c.Name)
		require.Equal(t, object{"plan": "pro", "cart": 1.0}, c.Attributes)
		require.Equal(t, http.StatusOK, w.call("PATCH", "/visitors/me", page, nil, bearer(known.Token)...))
		w.enter(object{"inbox": "shop", "visitor": page}, known.Token)
	}
	require.Equal(t, http.StatusOK, w.call("PATCH", "/contacts/"+known.Contact, object{"attributes": object{"plan": "free"}}, nil, bearer("ada")...))
	require.Equal(t, "free", w.contactOf(known.Contact).Attributes["plan"], "staff may correct it")
	w.enter(object{"inbox": "shop", "proof": proof}, known.Token)
	require.Equal(t, "pro", w.contactOf(known.Contact).Attributes["plan"], "the site has the last word")
}

func TestAnOldProofDoesNotLastForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := w.enter(object{"inbox": "shop", "proof": signed(t, shopSecret, jwt.MapClaims{"user_id": "u1"})}, "")
	w.wait(20 * 24 * time.Hour)
	again := w.enter(object{"inbox": "shop"}, known.Token)
	require.True(t, again.Verified)
	w.wait(20 * 24 * time.Hour)
	viewer, _, err := w.svc.Verify(t.Context(), again.Token)
	require.NoError(t, err)
	require.False(t, viewer.Verified)
	last := w.enter(object{"inbox": "shop"}, again.Token)
	require.False(t, last.Verified)
}

func TestAnErasedVisitorsTokenIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.enter(object{"inbox": "shop"}, "")
	_, err := w.db.Exec(t.Context(), `DELETE FROM people.contacts WHERE id = $1`, g.Contact)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, w.call("POST", "/visitors", object{"inbox": "shop"}, nil, bearer(g.Token)...))
}

func TestOneIdentityIsOneContactHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := prove(shop(), signed(t, shopSecret, jwt.MapClaims{"user_id": "u1"}), claim{}, time.Now())
	require.NoError(t, err)
	const askers = 8
	contacts := make(chan string, askers)
	for range askers {
		go func() {
			c, err := w.svc.admit(t.Context(), visit{Inbox: event.Inbox{ID: "shopinbox"}, Proof: &id})
			if err != nil {
				c.Contact = err.Error()
			}
			contacts <- c.Contact
		}()
	}
	first := <-contacts
	for range askers - 1 {
		require.Equal(t, first, <-contacts)
	}
	require.Equal(t, 1, w.count())
}

func TestVisitorsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := New(w.db, w.svc.bus, w.svc.desk, Config{Secret: []byte(strings.Repeat("s", 32)), RateAddress: 2})
	w.svc.rate = limited.rate
	for range 2 {
		require.Equal(t, 422, w.call("POST", "/visitors", object{}, nil))
	}
	require.Equal(t, http.StatusTooManyRequests, w.call("POST", "/visitors", object{}, nil))
}
