package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/testkit"
)

const patience = 10 * time.Second

// world is a gateway with its bus, on a loopback port.
type world struct {
	t    testing.TB
	bus  *bus.Bus
	desk *logDesk
	svc  *Service
	addr string
}

func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	b := testkit.Bus(t, testkit.RelaxedBus)
	w := &world{t: t, bus: b, desk: &logDesk{
		bus: b, marks: map[string]uint64{}, inbox: event.Inbox{ID: "inbox", Origins: []string{"https://shop.example"}},
	}}
	w.start(change...)
	return w
}

// start runs one more gateway on the world's bus; the last one started is the
// one that dial connects to.
func (w *world) start(change ...func(*Config)) {
	w.t.Helper()
	public, err := url.Parse("https://desk.example")
	require.NoError(w.t, err)
	cfg := Config{Origins: httpd.OwnOrigins(public), Log: slog.New(slog.NewTextHandler(w.t.Output(), nil))}
	for _, c := range change {
		c(&cfg)
	}
	gate := auth.NewGate(tokens{
		"ann":    {Kind: auth.Visitor, ID: "ann", Name: "Ann", Inbox: "inbox", Contact: "cann"},
		"proved": {Kind: auth.Visitor, ID: "ann", Name: "Ann", Inbox: "inbox", Contact: "proved", Verified: true},
		"bob":    {Kind: auth.Visitor, ID: "bob", Name: "Bob", Inbox: "inbox", Contact: "cbob"},
		"agent":  {Kind: auth.Agent, ID: "ada", Name: "Ada", Role: auth.RoleAgent},
		"sales":  {Kind: auth.Agent, ID: "sam", Name: "Sam", Role: auth.RoleAgent, Teams: []string{"sales"}},
		"other":  {Kind: auth.Agent, ID: "eve", Name: "Eve", Role: auth.RoleAgent, Inboxes: []string{"elsewhere"}},
	})
	w.svc = New(w.bus, gate, w.desk, cfg)
	app := httpd.New(httpd.Config{Gate: gate, Origins: cfg.Origins, Log: cfg.Log})
	w.svc.Routes(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	w.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- w.svc.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		require.NoError(w.t, <-ran)
		require.NoError(w.t, app.ShutdownWithTimeout(patience))
		require.NoError(w.t, <-served)
	})
}

// client is a socket that speaks the protocol and keeps every object it got.
type client struct {
	t    testing.TB
	conn *websocket.Conn
	got  []map[string]any
	last map[string]uint64
	code websocket.StatusCode
}

func (w *world) dial(header http.Header) *client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, "ws://"+w.addr+"/ws/v1", &websocket.DialOptions{HTTPHeader: header})
	require.NoError(w.t, err)
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(4 << 20)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: w.t, conn: conn, last: map[string]uint64{}}
}

// hello dials and authenticates.
func (w *world) hello(token string, resume ...Place) *client {
	w.t.Helper()
	c := w.dial(nil)
	c.send("hello", Hello{Token: token, Resume: resume})
	c.await("welcome", nil)
	return c
}

func (c *client) send(kind string, body any) { c.raw(string(frame(kind, body))) }

func (c *client) raw(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	require.NoError(c.t, c.conn.Write(ctx, websocket.MessageText, []byte(text)))
}

// pull reads one frame and keeps its objects; it checks the chain of each
// conversation on the way.
func (c *client) pull() bool {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		c.code = websocket.CloseStatus(err)
		require.NotEqual(c.t, websocket.StatusCode(-1), c.code, "no close frame: %v", err)
		return false
	}
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		var o map[string]any
		require.NoError(c.t, json.Unmarshal(line, &o), "%s", line)
		c.chain(o)
		c.got = append(c.got, o)
	}
	return true
}

func (c *client) chain(o map[string]any) {
	c.t.Helper()
	if o["type"] != "event" {
		return
	}
	conv, seq, prev := o["conv"].(string), num(o["seq"]), num(o["prev"])
	if last, ok := c.last[conv]; ok {
		require.Equal(c.t, last, prev, "prev of %d", seq)
	}
	require.Greater(c.t, seq, prev)
	c.last[conv] = seq
}

// await returns the next object of the type that match accepts. Those of the
// same type before it are passed over; other types stay for later, because an
// ack and its event may come in either order.
func (c *client) await(kind string, match func(map[string]any) bool) map[string]any {
	c.t.Helper()
	for {
		for i, o := range c.got {
			if o["type"] == kind && (match == nil || match(o)) {
				before := slices.DeleteFunc(slices.Clone(c.got[:i]), func(o map[string]any) bool { return o["type"] == kind })
				c.got = append(before, c.got[i+1:]...)
				return o
			}
		}
		require.True(c.t, c.pull(), "closed with %d while waiting for %s", c.code, kind)
	}
}

// next returns the next object, whatever it is.
func (c *client) next() map[string]any {
	c.t.Helper()
	for len(c.got) == 0 {
		require.True(c.t, c.pull(), "closed with %d", c.code)
	}
	o := c.got[0]
	c.got = c.got[1:]
	return o
}

// awaitClose reads to the end and returns bye and the close code.
func (c *client) awaitClose() (map[string]any, int) {
	c.t.Helper()
	var bye map[string]any
	for c.pull() {
	}
	for _, o := range c.got {
		if o["type"] == "bye" {
			bye = o
		}
	}
	return bye, int(c.code)
}

func (c *client) open(cid, text string) (conv string, seq uint64) {
	c.t.Helper()
	c.send("open", Open{CID: cid, Text: text})
	ack := c.await("ack", byCID(cid))
	return ack["conv"].(string), num(ack["seq"])
}

func (c *client) say(conv, cid, text string) map[string]any {
	c.t.Helper()
	c.send("send", Send{CID: cid, Conv: conv, Text: text})
	return c.await("ack", byCID(cid))
}

// tell says something and waits until it has come to everybody who follows: the
// ack alone may be earlier than the room.
func (c *client) tell(conv, cid, text string) {
	c.t.Helper()
	c.say(conv, cid, text)
	c.await("event", byCID(cid))
}

func byCID(cid string) func(map[string]any) bool {
	return func(o map[string]any) bool { return o["cid"] == cid }
}

func text(s string) func(map[string]any) bool {
	return func(o map[string]any) bool { return o["text"] == s }
}

func num(v any) uint64 {
	f, ok := v.(float64)
	if !ok {
		return 0
	}
	return uint64(f)
}

func cidN(n int) string { return fmt.Sprintf("c-%d", n) }
