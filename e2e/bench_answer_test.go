package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// questions are answered by the help centre of the demo.
func questions() []string {
	return []string{
		"Can I use an LLM of my own?", "How do I add an inbox?", "Where is my data kept?", "How do I make a backup?",
		"How do I run it with docker compose?", "Can an agent write canned responses?", "How are webhooks signed?", "How do I embed the widget?",
	}
}

// bot measures from a visitor's question to the bot's message on the socket.
// The first question of a conversation warms up: it opens the conversation.
func (b *bench) bot() {
	b.t.Helper()
	token, _ := b.s.visitor(b.s.inbox("https://bot.example"))
	c := b.s.hello(token)
	list := questions()
	var times []time.Duration
	for i := range benchQuestions {
		conv, seq := c.open(fmt.Sprintf("open%d", i), list[i%len(list)])
		c.awaitBot(conv, seq)
		sent := time.Now()
		ack := c.say(conv, fmt.Sprintf("ask%d", i), list[(i+1)%len(list)])
		c.awaitBot(conv, number(ack["seq"]))
		times = append(times, time.Since(sent))
		c.got = nil
	}
	b.quantiles("bot's answer", times, 99)
}

// awaitBot waits for the bot's next message behind seq.
func (c *socket) awaitBot(conv string, seq uint64) {
	c.t.Helper()
	c.await("event", func(o object) bool {
		from, _ := o["from"].(object)
		return o["conv"] == conv && o["kind"] == "message" && from["kind"] == "bot" && number(o["seq"]) > seq
	})
}

// search measures the help centre's search over HTTP.
func (b *bench) search() {
	b.t.Helper()
	list := questions()
	var times []time.Duration
	for i := range benchSearches {
		started := time.Now()
		var out struct{ Results []object }
		require.Equal(b.t, http.StatusOK, b.s.call("GET", "/api/v1/help/search?q="+url.QueryEscape(list[i%len(list)]), "", nil, &out))
		times = append(times, time.Since(started))
		require.NotEmpty(b.t, out.Results, list[i%len(list)])
	}
	b.quantiles("search over HTTP", times, 95)
}

// assignment measures from the acknowledged wish for a person to the event
// that names one, with many agents whose consoles are open.
func (b *bench) assignment() {
	b.t.Helper()
	agents := b.agents()
	defer disconnect(agents)
	key := b.s.inbox("https://people.example", "--assign", "direct")
	var times []time.Duration
	for i := range benchHandoffs {
		token, _ := b.s.visitor(key) // a known one would wait for the agent they had last
		c := b.s.hello(token)
		conv, _ := c.open(fmt.Sprintf("open%d", i), "")
		cid := fmt.Sprintf("person%d", i)
		c.send(object{"type": "act", "cid": cid, "conv": conv, "action": "handoff"})
		c.await("ack", of("cid", cid))
		acked := time.Now()
		c.await("event", func(o object) bool { return o["conv"] == conv && o["kind"] == "assigned" })
		times = append(times, time.Since(acked))
		require.NoError(b.t, c.conn.CloseNow())
	}
	b.quantiles(fmt.Sprintf("assignment, %d agents present", benchAgents), times, 99)
}

// agents hires people and opens a console for each, which makes them present.
func (b *bench) agents() []*peer {
	b.t.Helper()
	admin := b.s.cli("token", "create", "--label", "bench", "--role", "admin")
	peers := make([]*peer, benchAgents)
	b.each(len(peers), func(i int) error {
		person := object{"name": fmt.Sprintf("Agent %d", i), "email": fmt.Sprintf("agent%d@bench.example", i)}
		var made struct{ Link string }
		if err := b.post("/api/v1/agents", admin, person, &made); err != nil {
			return err
		}
		_, link, _ := strings.Cut(made.Link, "token=")
		var session struct{ Token string }
		if err := b.post("/api/v1/agents/signin", "", object{"token": link}, &session); err != nil {
			return err
		}
		p, err := b.connect(session.Token)
		if err == nil {
			go p.read(func([]byte) {})
			peers[i] = p
		}
		return err
	})
	require.Eventually(b.t, func() bool { return b.present(admin) >= benchAgents }, patience, 100*time.Millisecond, "agents are not present")
	return peers
}

// present is the number of agents that routing knows to be online.
func (b *bench) present(token string) (n int) {
	b.t.Helper()
	var out struct{ Agents []struct{ State string } }
	require.Equal(b.t, http.StatusOK, b.s.call("GET", "/api/v1/routing/agents", token, nil, &out))
	for _, a := range out.Agents {
		if a.State == "online" {
			n++
		}
	}
	return n
}
