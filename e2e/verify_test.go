package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Beside a running server, what was damaged in PostgreSQL is found and written
// again from the log.
func TestVerifyBesideAServer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	key := s.Inbox("https://shop.example", "--bot", "off")
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")
	token, _ := s.Visitor(key)
	c := s.hello(token)
	conv, _ := c.open("open", "first")
	queued := c.await("event", of("kind", "queued"))
	last := max(number(queued["seq"]), number(c.say(conv, "second", "second")["seq"]))
	before := s.history(admin, conv, last)

	verify := func(args ...string) (out struct{ Events, Conversations, Found, Repaired int }) {
		require.NoError(t, json.Unmarshal([]byte(s.CLI(append([]string{"verify", "--json"}, args...)...)), &out))
		return out
	}
	require.Equal(t, struct{ Events, Conversations, Found, Repaired int }{len(before), 1, 0, 0}, verify())

	db := s.database()
	_, err := db.Exec(t.Context(), `DELETE FROM chat.events WHERE conv = $1 AND cid = 'second'`, conv)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `UPDATE chat.conversations SET state = 'resolved' WHERE id = $1`, conv)
	require.NoError(t, err)
	require.Contains(t, s.fails("verify"), "differences; parley verify --repair")
	require.Equal(t, 2, verify("--repair").Repaired)
	require.Zero(t, verify().Found)
	require.Equal(t, before, s.history(admin, conv, last))
}
