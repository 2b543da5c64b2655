package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// Promise 1 and 4 for the whole program: whatever was acknowledged before the
// process was killed is there once, in order and without a hole, in the log and
// in the database, and what was not acknowledged can be sent again.
func TestKillUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	const visitors, load = 8, 2 * time.Second
	s := serve(t)
	key := s.Inbox("https://shop.example", "--bot", "off")
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")

	talkers := make([]*talker, visitors)
	var talking sync.WaitGroup
	for i := range talkers {
		token, _ := s.Visitor(key)
		c := s.hello(token)
		talkers[i] = &talker{token: token, conn: c.conn, acked: map[string]uint64{}}
		talkers[i].conv, _ = c.open("open", "")
		talking.Go(func() { talkers[i].talk(t.Context()) })
	}
	<-time.After(load)
	s.Kill()
	talking.Wait()
	began := time.Now()
	s.Start()
	took := time.Since(began).Round(time.Millisecond)
	sent, acked := 0, 0
	for _, k := range talkers {
		sent, acked = sent+len(k.sent), acked+len(k.acked)
	}
	t.Logf("killed after %d acknowledged of %d sent messages; the second start took %s", acked, sent, took)
	require.Greater(t, acked, 10*visitors, "that was no load")

	for _, k := range talkers {
		c := s.hello(k.token, object{"conv": k.conv, "seq": 0})
		k.compare(t, c.resumed())
		for _, cid := range k.sent {
			if _, ok := k.acked[cid]; !ok {
				c.send(object{"type": "send", "cid": cid, "conv": k.conv, "text": text(cid), "attempt": 2})
				k.acked[cid] = number(c.await("ack", of("cid", cid))["seq"])
			}
		}
		k.compare(t, s.history(admin, k.conv, slices.Max(slices.Collect(maps.Values(k.acked)))))
	}
}

// talker is a visitor who says things faster than they are acknowledged.
type talker struct {
	token, conv string
	conn        *websocket.Conn
	sent        []string          // cids, in the order in which they were sent
	acked       map[string]uint64 // cid → seq
}

const underWay = 32 // messages of a talker that wait for their acknowledgement

func text(cid string) string { return "says " + cid }

// talk goes on until the connection breaks.
func (k *talker) talk(ctx context.Context) {
	slots := make(chan struct{}, underWay)
	broken := make(chan struct{})
	go func() {
		defer close(broken)
		k.listen(ctx, slots)
	}()
	for n := 0; ; n++ {
		select {
		case <-broken:
			return
		case slots <- struct{}{}:
		}
		cid := name(n)
		k.sent = append(k.sent, cid)
		frame := fmt.Sprintf(`{"type":"send","cid":%q,"conv":%q,"text":%q}`, cid, k.conv, text(cid))
		if k.conn.Write(ctx, websocket.MessageText, []byte(frame)) != nil {
			<-broken
			return
		}
	}
}

func (k *talker) listen(ctx context.Context, slots <-chan struct{}) {
	for {
		_, data, err := k.conn.Read(ctx)
		if err != nil {
			return
		}
		for line := range bytes.SplitSeq(data, []byte{'\n'}) {
			var o struct {
				Type, CID string
				Seq       uint64
			}
			if json.Unmarshal(line, &o) == nil && o.Type == "ack" {
				k.acked[o.CID] = o.Seq
				<-slots
			}
		}
	}
}

// compare checks the events of the whole conversation: their order, their chain
// for this reader, and that each acknowledged message is there once, where its
// acknowledgement said. Others may be there: they were stored, and the process
// died before it could say so.
func (k *talker) compare(t *testing.T, events []object) {
	t.Helper()
	require.NotEmpty(t, events)
	require.Equal(t, "opened", events[0]["kind"])
	last := uint64(0)
	found := map[string]uint64{}
	for _, e := range events {
		seq := number(e["seq"])
		require.Equal(t, last, number(e["prev"]), "prev of %d", seq)
		require.Greater(t, seq, last)
		last = seq
		if e["kind"] != "message" {
			continue
		}
		cid, _ := e["cid"].(string)
		require.NotContains(t, found, cid)
		require.Equal(t, text(cid), e["text"])
		found[cid] = seq
	}
	for cid, seq := range k.acked {
		require.Equal(t, seq, found[cid], "%s was acknowledged", cid)
	}
	require.LessOrEqual(t, len(found), len(k.sent))
}

// resumed returns the events that a hello has asked for: the answer to a ping
// comes behind them.
func (c *socket) resumed() []object {
	c.t.Helper()
	c.send(object{"type": "ping"})
	c.await("pong", nil)
	var events []object
	for _, o := range c.got {
		if o["type"] == "event" {
			events = append(events, o)
		}
	}
	c.got = nil
	return events
}

// history reads a conversation over the API once its projection has come as
// far as seq.
func (s *server) history(token, conv string, seq uint64) []object {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		var list struct{ Conversations []object }
		require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/conversations?view=all&limit=50", token, nil, &list))
		return slices.ContainsFunc(list.Conversations, func(c object) bool { return c["id"] == conv && number(c["seq"]) >= seq })
	}, patience, 20*time.Millisecond, "%s is not projected up to %d", conv, seq)
	return s.events(token, conv)
}

// events reads a whole conversation over the API.
func (s *server) events(token, conv string) []object {
	s.t.Helper()
	var events []object
	path := "/api/v1/conversations/" + conv + "/events?limit=200"
	for before := ""; ; {
		var page struct {
			Events []object
			More   bool
		}
		require.Equal(s.t, http.StatusOK, s.Call("GET", path+before, token, nil, &page))
		events = append(page.Events, events...)
		if !page.More {
			return events
		}
		before = fmt.Sprintf("&before=%d", number(events[0]["seq"]))
	}
}
