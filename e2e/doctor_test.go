package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/ids"
)

type finding struct {
	Name, Of, Level, Detail, Fix string
	Figures                      map[string]int64
}

func (s *server) doctor() map[string]finding {
	s.t.Helper()
	var list []finding
	require.NoError(s.t, json.Unmarshal([]byte(s.CLI("doctor", "--json")), &list))
	out := map[string]finding{}
	for _, f := range list {
		out[f.Name+" "+f.Of] = f
	}
	return out
}

// Beside a running server doctor looks at everything, and finds nothing wrong
// with a fresh installation.
func TestDoctorBesideAServer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	token, _ := s.Visitor(s.Inbox("https://shop.example", "--bot", "off"))
	c := s.hello(token)
	c.open("open", "hello")
	s.operator().settled()

	var found map[string]finding
	require.Eventually(t, func() bool {
		found = s.doctor()
		return found["lag chat-projection"].Figures["pending_messages"] == 0
	}, patience, patience/100)
	for _, name := range []string{
		"permissions ", "disk ", "use ", "mail ", "postgres ", "clock PostgreSQL", "clock NATS", "nats ", "durability ", "log ", "stream CHAT_0", "stream DLQ",
		"stream OBJ_attach", "lag chat-rules", "lag chat-projection", "lag outbox", "lag routing-conversations", "lag webhooks-events", "dead letters ",
	} {
		f, ok := found[name]
		require.True(t, ok, "nothing about %q", name)
		if name != "disk " { // the machine that tests may be full
			require.Equal(t, "ok", f.Level, "%+v", f)
		}
	}
	require.Positive(t, found["log "].Figures["limit_bytes"])
	require.Positive(t, found["use "].Figures["nats_bytes"])

	// What cannot be digested is seen.
	_, err := s.operator().js.Publish(t.Context(), event.ChatSubject(ids.New()), []byte("no event"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.doctor()["dead letters "].Level == "warning" }, patience, patience/100)
	require.Contains(t, s.doctor()["dead letters "].Fix, "parley dlq list")
}
