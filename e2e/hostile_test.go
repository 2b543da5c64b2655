package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"parley/internal/ids"
)

const shopOrigin = "https://shop.example"

// stage is a running Parley with a visitor whom nothing may disturb.
type stage struct {
	*server
	key      string // of the inbox
	admin    string // API token
	operator operator

	victim    *socket
	visitorID string // the victim's, like what follows
	token     string
	conv      string
}

func newStage(t *testing.T, args ...string) *stage {
	t.Helper()
	s := &stage{server: serve(t, args...)}
	s.key = s.Inbox(shopOrigin, "--bot", "off")
	s.admin = s.CLI("token", "create", "--label", "check", "--role", "admin")
	s.operator = s.server.operator()
	s.token, s.visitorID = s.Visitor(s.key)
	s.victim = s.hello(s.token)
	s.conv, _ = s.victim.open("open", "hello")
	s.victim.await("event", of("kind", "queued"))
	return s
}

// intruder is a visitor with a conversation of their own.
func (s *stage) intruder() (c *socket, token, conv string) {
	s.t.Helper()
	token, _ = s.Visitor(s.key)
	c = s.hello(token)
	conv, _ = c.open("open", "hello")
	c.await("event", of("kind", "queued"))
	return c, token, conv
}

// log is how far every stream of conversations has come.
func (s *stage) log() map[string]uint64 {
	s.t.Helper()
	state := s.operator.settled()
	for name := range state {
		if !strings.HasPrefix(name, "CHAT_") {
			delete(state, name)
		}
	}
	return state
}

// undisturbed checks that the victim goes on, and has heard of nothing but
// their own conversation.
func (s *stage) undisturbed() {
	s.t.Helper()
	s.victim.say(s.conv, "after", "still here")
	s.victim.await("event", of("cid", "after"))
	for _, o := range s.victim.got {
		require.Equal(s.t, s.conv, o["conv"])
		require.Contains(s.t, []any{"event", "queue"}, o["type"])
		if from, ok := o["from"].(object); ok {
			require.Contains(s.t, []any{s.visitorID, "system"}, from["id"])
		}
	}
}

// refuse makes a request and returns its status and the code of its refusal.
func (s *server) refuse(method, path, body string, header ...string) (status int, code string, answer http.Header) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	var e struct {
		Error struct{ Code, Message string }
	}
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	if resp.StatusCode >= http.StatusBadRequest {
		require.NoError(s.t, json.Unmarshal(raw, &e), "%s %s: %d %s", method, path, resp.StatusCode, raw)
		require.NotEmpty(s.t, e.Error.Message)
	}
	return resp.StatusCode, e.Error.Code, resp.Header
}

// Each command that must not be carried out is refused with the code of the
// protocol, and nothing of it is stored.
func TestHostileCommands(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, token, own := s.intruder()
	before := s.log()
	say := func(change object) object {
		o := object{"type": "send", "cid": "c", "conv": own, "text": "hi"}
		maps.Copy(o, change)
		return o
	}
	for name, c := range map[string]struct {
		frame any
		code  string
	}{
		"not JSON":              {`{"type":"send",`, "invalid"},
		"a list":                {`[{"type":"ping"}]`, "invalid"},
		"null":                  {`null`, "invalid"},
		"a number":              {`1`, "invalid"},
		"deep nesting":          {strings.Repeat("[", 60_000), "invalid"},
		"no type":               {object{}, "invalid"},
		"unknown type":          {object{"type": "drop"}, "invalid"},
		"type of a wrong type":  {object{"type": 1}, "invalid"},
		"server's frame":        {object{"type": "event", "conv": own, "seq": 1, "kind": "resolved"}, "invalid"},
		"text of a wrong type":  {say(object{"text": 1}), "invalid"},
		"files of a wrong type": {say(object{"attachments": "x"}), "invalid"},
		"no cid":                {say(object{"cid": ""}), "invalid"},
		"cid with a space":      {say(object{"cid": "a b"}), "invalid"},
		"long cid":              {say(object{"cid": strings.Repeat("c", 65)}), "invalid"},
		"cid of a wrong type":   {say(object{"cid": object{}}), "invalid"},
		"nothing to say":        {say(object{"text": " \n\t"}), "invalid"},
		"long text":             {say(object{"text": strings.Repeat("x", 16<<10+1)}), "too_large"},
		"foreign":               {say(object{"conv": s.conv}), "not_found"},
		"missing":               {say(object{"conv": ids.New()}), "not_found"},
		"a subject":             {say(object{"conv": "*.>"}), "not_found"},
		"another's file":        {say(object{"attachments": []string{ids.New()}}), "not_found"},
		"a note":                {say(object{"note": true}), "forbidden"},
		"history":               {object{"type": "history", "conv": s.conv}, "not_found"},
		"history of a year":     {object{"type": "history", "conv": own, "limit": 201}, "invalid"},
		"typing":                {object{"type": "typing", "conv": s.conv, "on": true}, "not_found"},
		"read":                  {object{"type": "read", "conv": s.conv, "seq": 1}, "not_found"},
		"read backwards":        {object{"type": "read", "conv": own, "seq": -1}, "invalid"},
		"resume":                {object{"type": "hello", "resume": []object{{"conv": s.conv, "seq": 0}}}, "not_found"},
		"resume of all":         {object{"type": "hello", "resume": make([]object, 257)}, "invalid"},
		"watch":                 {object{"type": "watch", "conv": s.conv}, "forbidden"},
		"presence":              {object{"type": "presence", "state": "online"}, "forbidden"},
		"foreign end":           {object{"type": "act", "cid": "c", "conv": s.conv, "action": "resolve"}, "not_found"},
		"agents' action":        {object{"type": "act", "cid": "c", "conv": own, "action": "assign", "args": object{"agent": "x"}}, "forbidden"},
		"unknown action":        {object{"type": "act", "cid": "c", "conv": own, "action": "explode"}, "invalid"},
		"arguments that do not": {object{"type": "act", "cid": "c", "conv": own, "action": "rate", "args": object{"score": "five"}}, "invalid"},
		"a rating of 6":         {object{"type": "act", "cid": "c", "conv": own, "action": "rate", "args": object{"score": 6}}, "invalid"},
		"open with a file":      {object{"type": "open", "cid": "c", "attachments": []string{ids.New()}}, "not_found"},
		"open with a long text": {object{"type": "open", "cid": "c", "text": strings.Repeat("x", 16<<10+1)}, "too_large"},
		"open with long fields": {object{"type": "open", "cid": "c", "fields": object{"a": strings.Repeat("x", 2001)}}, "invalid"},
		"open with a long page": {object{"type": "open", "cid": "c", "page": object{"url": strings.Repeat("x", 4000)}}, "invalid"},
	} {
		c2 := s.hello(token)
		if text, ok := c.frame.(string); ok {
			c2.raw(websocket.MessageText, text)
		} else {
			c2.send(c.frame.(object))
		}
		require.Equal(t, c.code, c2.await("error", nil)["code"], name)
		c2.send(object{"type": "ping"})
		c2.await("pong", nil) // the socket goes on
		require.NoError(t, c2.conn.CloseNow())
	}
	require.Equal(t, before, s.log(), "nothing is stored")
	s.undisturbed()
}

// What does not speak the protocol is closed with the code that says so.
func TestHostileSockets(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, token, own := s.intruder()
	before := s.log()
	hello := func(token string) string { return fmt.Sprintf(`{"type":"hello","token":%q}`, token) }
	wrong := strings.Repeat(`{"type":"drop"}`+"\n", 17)
	for name, c := range map[string]struct {
		header http.Header
		kind   websocket.MessageType
		frames []string
		close  int
		code   string // of the error that goes before
	}{
		"no hello":         {nil, websocket.MessageText, []string{`{"type":"ping"}`}, 4400, ""},
		"not JSON":         {nil, websocket.MessageText, []string{"GET / HTTP/1.1\r\n\r\n"}, 4400, ""},
		"binary":           {nil, websocket.MessageBinary, []string{hello(token)}, 4400, ""},
		"not UTF-8":        {nil, websocket.MessageText, []string{hello(token), `{"type":"send","cid":"c","conv":"` + own + `","text":"` + "\xff\xfe" + `"}`}, 4400, ""},
		"a large frame":    {nil, websocket.MessageText, []string{hello(token), strings.Repeat(" ", 64<<10+1)}, 4413, ""},
		"always wrong":     {nil, websocket.MessageText, []string{hello(token), wrong}, 4400, "invalid"},
		"no token":         {nil, websocket.MessageText, []string{hello("")}, 4401, "unauthenticated"},
		"a forged token":   {nil, websocket.MessageText, []string{hello(token[:len(token)-4] + "AAAA")}, 4401, "unauthenticated"},
		"a long token":     {nil, websocket.MessageText, []string{hello(strings.Repeat("x", 9<<10))}, 4401, "unauthenticated"},
		"a wrong origin":   {http.Header{"Origin": {"https://evil.example"}}, websocket.MessageText, []string{hello(token)}, 4403, "forbidden"},
		"a similar origin": {http.Header{"Origin": {shopOrigin + ".evil.example"}}, websocket.MessageText, []string{hello(token)}, 4403, "forbidden"},
		"a null origin":    {http.Header{"Origin": {"null"}}, websocket.MessageText, []string{hello(token)}, 4403, "forbidden"},
	} {
		client := s.dial(c.header)
		for _, frame := range c.frames {
			client.raw(c.kind, frame)
		}
		bye, code := client.awaitEnd()
		require.Equal(t, c.close, code, name)
		require.Equal(t, c.close, int(number(bye["code"])), name)
		require.Equal(t, false, bye["reconnect"], name)
		if c.code != "" {
			require.Equal(t, c.code, client.await("error", nil)["code"], name)
		}
	}
	own2 := s.dial(http.Header{"Origin": {shopOrigin}})
	own2.raw(websocket.MessageText, hello(token))
	own2.await("welcome", nil)
	s.brokenFraming()
	status, code, _ := s.refuse("GET", "/ws/v1", "")
	require.Equal(t, "422 invalid", fmt.Sprint(status, " ", code))
	require.Equal(t, before, s.log(), "nothing is stored")
	s.undisturbed()
}

// brokenFraming speaks WebSocket wrongly, below what a client library can do.
func (s *stage) brokenFraming() {
	s.t.Helper()
	for name, frame := range map[string]string{
		"not masked":          "\x81\x02{}",
		"reserved bits":       "\xf1\x80\x00\x00\x00\x00",
		"unknown opcode":      "\x83\x80\x00\x00\x00\x00",
		"8 EiB are announced": "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00" + strings.Repeat("x", 70<<10),
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		require.NoError(s.t, err)
		require.NoError(s.t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(conn, "GET /ws/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		require.NoError(s.t, err)
		answer := bufio.NewReader(conn)
		resp, err := http.ReadResponse(answer, nil) //nolint:bodyclose // an upgraded connection has no body
		require.NoError(s.t, err)
		require.Equal(s.t, http.StatusSwitchingProtocols, resp.StatusCode)
		_, _ = io.WriteString(conn, frame) // the server may have hung up before the end
		_, err = io.Copy(io.Discard, answer)
		require.False(s.t, isTimeout(err), "%s: the server holds the line", name)
		_ = conn.Close()
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // straight from the connection
	return ok && e.Timeout()
}

// The same cid of the same sender is one message and one answer, whoever else
// uses it.
func TestReplayedCommand(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, token, conv := s.intruder()
	first := c.say(conv, "same", "once")
	require.Equal(t, first, c.say(conv, "same", "once"))
	require.Equal(t, first, c.say(conv, "same", "something else"))
	again := s.hello(token)
	require.Equal(t, first, again.say(conv, "same", "once"))
	again.send(object{"type": "open", "cid": "open", "text": "hello"})
	require.Equal(t, conv, again.await("ack", of("cid", "open"))["conv"])
	require.Equal(t, s.conv, s.victim.say(s.conv, "same", "another's")["conv"])

	var said []object
	for _, e := range s.history(s.admin, conv, number(first["seq"])) {
		if e["kind"] == "message" {
			said = append(said, e)
		}
	}
	require.Len(t, said, 2, "%v", said)
	require.Equal(t, "once", said[1]["text"])
}

// Text that is odd but allowed is stored, and what comes after it is projected.
func TestOddText(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, _, conv := s.intruder()
	odd := `a\u0000b \ud800 \u202eright to left \u0007 <script>alert(1)</script> '; DROP TABLE chat.events; --`
	c.raw(websocket.MessageText, fmt.Sprintf(`{"type":"send","cid":"odd","conv":%q,"text":"%s"}`, conv, odd))
	c.await("ack", of("cid", "odd"))
	c.raw(websocket.MessageText, fmt.Sprintf(`{"type":"open","cid":"odd2","text":"%s","fields":{"%s":"%s"},"page":{"url":"%s","title":"%s"}}`, odd, `\u0000`, odd, odd, odd))
	other := c.await("ack", of("cid", "odd2"))
	last := c.say(conv, "plain", "plain")
	events := s.history(s.admin, conv, number(last["seq"]))
	require.Equal(t, "plain", events[len(events)-1]["text"])
	events = s.history(s.admin, other["conv"].(string), number(other["seq"]))
	require.True(t, slices.ContainsFunc(events, func(e object) bool { // routing may have queued it in between
		text, _ := e["text"].(string)
		return strings.Contains(text, "DROP TABLE")
	}))
}

// Pages of other origins get no visitor, and cannot use an agent's cookie.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	session := s.firstAdmin()
	enter := fmt.Sprintf(`{"inbox":%q}`, s.key)
	cookie := "__Host-parley=" + session
	title := `{"name":"Mallory"}`
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		want               string
	}{
		"visitor, own page":         {"POST", "/api/v1/visitors", enter, []string{"Origin", shopOrigin}, "201 "},
		"visitor, program":          {"POST", "/api/v1/visitors", enter, nil, "201 "},
		"visitor, other page":       {"POST", "/api/v1/visitors", enter, []string{"Origin", "https://evil.example"}, "403 forbidden"},
		"visitor, other scheme":     {"POST", "/api/v1/visitors", enter, []string{"Origin", "http://shop.example"}, "403 forbidden"},
		"visitor, other port":       {"POST", "/api/v1/visitors", enter, []string{"Origin", shopOrigin + ":8443"}, "403 forbidden"},
		"visitor, subdomain":        {"POST", "/api/v1/visitors", enter, []string{"Origin", "https://x.shop.example"}, "403 forbidden"},
		"visitor, sandboxed":        {"POST", "/api/v1/visitors", enter, []string{"Origin", "null"}, "403 forbidden"},
		"visitor, unknown inbox":    {"POST", "/api/v1/visitors", `{"inbox":"nothing"}`, nil, "404 not_found"},
		"visitor, not JSON":         {"POST", "/api/v1/visitors", `{"inbox":`, nil, "422 invalid"},
		"visitor, unknown field":    {"POST", "/api/v1/visitors", `{"inbox":"x","admin":true}`, nil, "422 invalid"},
		"visitor, two values":       {"POST", "/api/v1/visitors", enter + enter, nil, "422 invalid"},
		"visitor, a form":           {"POST", "/api/v1/visitors", enter, []string{"Content-Type", "text/plain"}, "422 invalid"},
		"visitor, 2 MiB":            {"POST", "/api/v1/visitors", `{"inbox":"` + strings.Repeat("x", 2<<20) + `"}`, nil, "413 too_large"},
		"cookie, own page":          {"PATCH", "/api/v1/agents/me", `{"name":"Root"}`, []string{"Cookie", cookie, "Origin", s.URL}, "200 "},
		"cookie, other page":        {"PATCH", "/api/v1/agents/me", title, []string{"Cookie", cookie, "Origin", "https://evil.example"}, "403 forbidden"},
		"cookie, shop's page":       {"PATCH", "/api/v1/agents/me", title, []string{"Cookie", cookie, "Origin", shopOrigin}, "403 forbidden"},
		"cookie, no origin":         {"PATCH", "/api/v1/agents/me", title, []string{"Cookie", cookie}, "403 forbidden"},
		"cookie, cross-site":        {"PATCH", "/api/v1/agents/me", title, []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, "403 forbidden"},
		"cookie, same site":         {"PATCH", "/api/v1/agents/me", title, []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}, "403 forbidden"},
		"cookie, form of a page":    {"POST", "/api/v1/tokens", title, []string{"Cookie", cookie, "Origin", "https://evil.example", "Content-Type", "text/plain"}, "403 forbidden"},
		"cookie, removal by a page": {"DELETE", "/api/v1/inboxes/" + ids.New(), "", []string{"Cookie", cookie, "Origin", "https://evil.example"}, "403 forbidden"},
	} {
		status, code, _ := s.refuse(c.method, c.path, c.body, c.header...)
		require.Equal(t, c.want, fmt.Sprint(status, " ", code), name)
	}
	for origin, want := range map[string]int{"https://evil.example": 4401, shopOrigin: 4401} {
		c := s.dial(http.Header{"Origin": {origin}, "Cookie": {cookie}})
		c.send(object{"type": "hello"})
		_, code := c.awaitEnd()
		require.Equal(t, want, code, "a page of %s opened the socket with the agent's cookie", origin)
	}
	c := s.dial(http.Header{"Origin": {s.URL}, "Cookie": {cookie}})
	c.send(object{"type": "hello"})
	c.await("welcome", nil)
	s.undisturbed()
}
