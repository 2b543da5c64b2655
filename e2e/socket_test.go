package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

type object = map[string]any

// socket is a program's connection to /ws/v1.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	got  []object // arrived and not awaited yet
	code int      // why it was closed, 0 while it is open
}

func (s *server) dial(header http.Header) *socket {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, s.SocketURL(), &websocket.DialOptions{HTTPHeader: header})
	require.NoError(s.t, err)
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(4 << 20)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{t: s.t, conn: conn}
}

// hello opens a socket and authenticates it.
func (s *server) hello(token string, resume ...object) *socket {
	s.t.Helper()
	c := s.dial(nil)
	c.send(object{"type": "hello", "token": token, "resume": resume})
	c.await("welcome", nil)
	return c
}

// send sends the objects as one frame.
func (c *socket) send(objects ...object) {
	c.t.Helper()
	var frame bytes.Buffer
	for _, o := range objects {
		raw, err := json.Marshal(o)
		require.NoError(c.t, err)
		frame.Write(append(raw, '\n'))
	}
	c.raw(websocket.MessageText, frame.String())
}

func (c *socket) raw(kind websocket.MessageType, frame string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	require.NoError(c.t, c.conn.Write(ctx, kind, []byte(frame)))
}

// pull reads a frame; false when the socket was closed.
func (c *socket) pull() bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		c.code = int(websocket.CloseStatus(err))
		require.Positive(c.t, c.code, "no close frame: %v; got %v", err, c.got)
		return false
	}
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		var o object
		require.NoError(c.t, json.Unmarshal(line, &o), "%s", line)
		c.got = append(c.got, o)
	}
	return true
}

// await returns the first object of the type that match accepts, and leaves
// all others for later.
func (c *socket) await(kind string, match func(object) bool) object {
	c.t.Helper()
	for {
		for i, o := range c.got {
			if o["type"] == kind && (match == nil || match(o)) {
				c.got = append(c.got[:i:i], c.got[i+1:]...)
				return o
			}
		}
		require.True(c.t, c.pull(), "closed with %d while waiting for %s; got %v", c.code, kind, c.got)
	}
}

// awaitEnd reads until the server closes, and returns its goodbye and the code.
func (c *socket) awaitEnd() (bye object, code int) {
	c.t.Helper()
	for c.pull() {
	}
	for _, o := range c.got {
		if o["type"] == "bye" {
			bye = o
		}
	}
	return bye, c.code
}

// open starts a conversation.
func (c *socket) open(cid, text string) (conv string, seq uint64) {
	c.t.Helper()
	c.send(object{"type": "open", "cid": cid, "text": text})
	ack := c.await("ack", of("cid", cid))
	return ack["conv"].(string), number(ack["seq"])
}

// say says something and returns the acknowledgement.
func (c *socket) say(conv, cid, text string) object {
	c.t.Helper()
	c.send(object{"type": "send", "cid": cid, "conv": conv, "text": text})
	return c.await("ack", of("cid", cid))
}

// of matches objects whose field has the value.
func of(field string, value any) func(object) bool {
	return func(o object) bool { return o[field] == value }
}

func number(v any) uint64 {
	f, _ := v.(float64)
	return uint64(f)
}
