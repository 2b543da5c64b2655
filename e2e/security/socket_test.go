package security

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// socket is a connection to /ws/v1.
type socket struct {
	t     *testing.T
	conn  *websocket.Conn
	seen  strings.Builder // every byte that came
	got   []object        // arrived and not taken yet
	code  int             // why it was closed, 0 while it is open
	pings int
}

func (d *desk) dial(header http.Header) *socket {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), harness.Patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, d.SocketURL(), &websocket.DialOptions{HTTPHeader: header})
	require.NoError(d.t, err)
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(4 << 20)
	d.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{t: d.t, conn: conn}
}

// hello opens a socket and authenticates it.
func (d *desk) hello(token string) *socket {
	d.t.Helper()
	c := d.dial(nil)
	c.send(object{"type": "hello", "token": token})
	c.await("welcome")
	return c
}

// send writes an object; that the server has hung up is found when reading.
func (c *socket) send(o object) {
	c.t.Helper()
	raw, err := json.Marshal(o)
	require.NoError(c.t, err)
	ctx, cancel := context.WithTimeout(c.t.Context(), harness.Patience)
	defer cancel()
	_ = c.conn.Write(ctx, websocket.MessageText, raw)
}

// pull reads a frame; false when the socket was closed.
func (c *socket) pull() bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), harness.Patience)
	defer cancel()
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		require.NotErrorIs(c.t, err, context.DeadlineExceeded, "nothing came; got %v", c.got)
		var closed websocket.CloseError
		require.ErrorAs(c.t, err, &closed, "no close frame")
		c.code = int(closed.Code)
		return false
	}
	c.seen.Write(data)
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		var o object
		require.NoError(c.t, json.Unmarshal(line, &o), "%s", line)
		c.got = append(c.got, o)
	}
	return true
}

// await takes the first object of the type.
func (c *socket) await(kind string) object {
	c.t.Helper()
	return c.awaitThat(kind, func(object) bool { return true })
}

func (c *socket) awaitThat(kind string, match func(object) bool) object {
	c.t.Helper()
	for {
		for i, o := range c.got {
			if o["type"] == kind && match(o) {
				c.got = append(c.got[:i:i], c.got[i+1:]...)
				return o
			}
		}
		require.True(c.t, c.pull(), "closed with %d while waiting for %s; got %v", c.code, kind, c.got)
	}
}

// end reads until the server closes and returns the code.
func (c *socket) end() int {
	c.t.Helper()
	for c.pull() {
	}
	return c.code
}

// flush waits until the server has dealt with all that was sent, and takes what
// it said meanwhile; nil and the code when it has hung up.
func (c *socket) flush() (got []object, code int) {
	c.t.Helper()
	c.pings++
	c.send(object{"type": "ping", "n": c.pings})
	for {
		for i, o := range c.got {
			if o["type"] == "pong" && o["n"] == float64(c.pings) {
				got, c.got = append(c.got[:i:i], c.got[i+1:]...), nil
				return got, 0
			}
		}
		if !c.pull() {
			return nil, c.code
		}
	}
}

// open starts a conversation.
func (c *socket) open(text string, more object) (conv string) {
	c.t.Helper()
	o := object{"type": "open", "cid": "open", "text": text}
	maps.Copy(o, more)
	c.send(o)
	return c.await("ack")["conv"].(string)
}
