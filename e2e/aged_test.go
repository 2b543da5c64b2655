package e2e

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream" //nolint:depguard // the operator's own hand in the log
	"github.com/stretchr/testify/require"

	"parley/event"
)

// Thirty days later: the log has forgotten a conversation, PostgreSQL has it.
// The visitor comes back and sees all of it, and what is said now goes on where
// it ended, also when it is a retry that makes the gateway read the whole log.
func TestConversationThatTheLogHasForgotten(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	key := s.Inbox("https://shop.example", "--bot", "off")
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")
	token, _ := s.Visitor(key)
	c := s.hello(token)
	conv, _ := c.open("open", "first")
	queued := c.await("event", of("kind", "queued"))
	last := max(number(queued["seq"]), number(c.say(conv, "second", "second")["seq"]))
	before := s.history(admin, conv, last)

	log, err := s.operator().js.Stream(t.Context(), event.ChatStream(conv, 8))
	require.NoError(t, err)
	require.NoError(t, log.Purge(t.Context(), jetstream.WithPurgeSubject(event.ChatSubject(conv))))
	s.Stop()
	s.Start()

	c = s.hello(token, object{"conv": conv, "seq": 0})
	for _, want := range before {
		got := c.await("event", nil)
		require.Equal(t, want["seq"], got["seq"])
		require.Equal(t, want["text"], got["text"])
	}
	c.send(object{"type": "send", "cid": "third", "conv": conv, "text": "third", "attempt": 2})
	c.await("ack", of("cid", "third"))
	third := c.await("event", of("text", "third"))
	require.Equal(t, last, number(third["prev"]), "the chain goes on over what the log has forgotten")

	// Who waits is still served.
	agent := s.hello(s.SignIn(s.Link("Ada Novak")))
	agent.send(object{"type": "presence", "state": "online"})
	c.await("event", of("kind", "assigned"))
	after := s.history(admin, conv, number(third["seq"]))
	require.Equal(t, len(before)+1, len(after)-1, "third and assigned; nothing twice")
}
