package gateway

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
)

// Agents who follow a conversation when its inbox becomes one for other teams
// hear nothing more of it, at whichever gateway they are; who keeps the right
// misses nothing.
func TestNarrowedInboxReachesOpenSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	watching := func(token, conv string) *client {
		c := w.hello(token, Place{Conv: conv})
		c.await("event", text("hi"))
		return c
	}
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	agents := []*client{watching("agent", conv)}
	kept := []*client{watching("sales", conv), ann}
	w.start() // a second gateway
	agents = append(agents, watching("agent", conv))
	kept = append(kept, watching("sales", conv))

	said := int64(0)
	hears := func(c *client) bool {
		said++
		word := cidN(int(said))
		ann.say(conv, word, word)
		for _, k := range kept {
			k.await("event", text(word)) // and the chain is whole, see client.chain
		}
		c.send("ping", Ping{N: said})
		c.await("pong", nil)
		heard := false
		for _, o := range c.got {
			heard = heard || o["text"] == word
		}
		return heard
	}
	for _, c := range agents {
		require.True(t, hears(c))
	}
	w.desk.narrow("sales")
	require.NoError(t, w.bus.Ephemeral(event.InboxesSubject, json.RawMessage(`{}`)))
	for _, c := range agents {
		until(t, func() bool { return !hears(c) })
		require.False(t, hears(c))
		c.send("history", History{Conv: conv})
		require.Equal(t, "not_found", c.await("error", nil)["code"])
	}
	w.desk.narrow()
	require.NoError(t, w.bus.Ephemeral(event.InboxesSubject, json.RawMessage(`{}`)))
	for _, c := range agents {
		clear(c.last) // it begins anew
		until(t, func() bool {
			c.send("watch", Watch{Conv: conv})
			return hears(c)
		})
	}
}

// until repeats what talks over sockets, which must stay in the test's goroutine.
func until(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); {
		require.True(t, time.Now().Before(end), "it has not come true")
	}
}

// An agent whose notice was lost leaves with the next comparison.
func TestLostNoticeOfAnInboxIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.checkInterval = 20 * time.Millisecond })
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	ada := w.hello("agent", Place{Conv: conv})
	ada.await("event", text("hi"))
	sam := w.hello("sales", Place{Conv: conv})
	sam.await("event", text("hi"))
	readers := func() int {
		r := w.svc.rooms.get(conv)
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.readers)
	}
	require.Equal(t, 3, readers())
	w.desk.narrow("sales")
	w.desk.RefreshInboxes()
	require.Eventually(t, func() bool { return readers() == 2 }, patience, time.Millisecond)
	ann.say(conv, "more", "more")
	sam.await("event", text("more"))
}
