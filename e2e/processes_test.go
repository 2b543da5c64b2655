package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/pg"
	"parley/internal/testkit"
)

// The same story over three processes, an external cluster of three NATS
// servers and an external PostgreSQL: one process serves the API and agents'
// sockets, one answers and routes, one is a gateway alone. When the gateway is
// killed, the visitor goes on at the other one and misses nothing.
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	nats := testkit.Cluster(t, 3)
	db, err := pg.StartServer(t.Context(), pg.ServerConfig{Dir: t.TempDir(), Test: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Stop(context.Background())) }) // the test's own context has ended by then
	shared := []string{
		"--nats-url", nats.URL(), "--nats-monitor-url", strings.Join(nats.MonitorURLs(), ","), "--replicas", "3",
		"--database-url", db.URL(), "--secret", strings.Repeat("s", 40),
	}
	with := func(args ...string) []string { return append(append([]string{}, shared...), args...) }
	desk := serve(t, with("--demo", "--only", "gateway,chat,people,agents,web")...)
	serve(t, with("--only", "bot,kb,routing,webhooks")...)
	front := serve(t, with("--only", "gateway")...)

	key := desk.CLI(with("inbox", "add", "--name", "Shop", "--origin", "https://shop.example")...)
	agent := desk.hello(desk.SignIn(desk.Link("Ada Novak")))
	token, _ := desk.Visitor(key)
	visitor := front.hello(token)
	conv, _ := visitor.open("first", "Can I use an LLM of my own?")
	visitor.await("event", func(o object) bool { return o["kind"] == "message" && from(o) == "bot" })
	visitor.send(object{"type": "act", "cid": "person", "conv": conv, "action": "handoff"})
	visitor.await("event", of("kind", "assigned"))
	agent.await("notice", of("conv", conv))
	agent.say(conv, "hello", "Hello, this is Ada.")
	last := visitor.await("event", of("text", "Hello, this is Ada."))

	front.Kill()
	agent.say(conv, "again", "Are you still there?")
	visitor = desk.hello(token, object{"conv": conv, "seq": last["seq"]})
	next := visitor.await("event", nil)
	require.Equal(t, "Are you still there?", next["text"])
	require.Equal(t, last["seq"], next["prev"])
	visitor.say(conv, "yes", "Yes, on another server now.")
	agent.await("event", of("text", "Yes, on another server now."))
}

func from(o object) any {
	actor, ok := o["from"].(object)
	if !ok {
		return nil
	}
	return actor["kind"]
}
