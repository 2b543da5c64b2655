package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// Who floods is told to wait, then closed, and nobody else notices.
func TestFlood(t *testing.T) {
	t.Parallel()
	const perMinute = 20
	s := newStage(t, "--rate-visitor", strconv.Itoa(perMinute))
	c, token, conv := s.intruder()
	watcher := s.hello(s.admin, object{"conv": conv, "seq": 0})

	go flood(c, 2000, func(n int) string {
		return fmt.Sprintf(`{"type":"typing","conv":%q,"on":true,"preview":"%d"}`, conv, n)
	})
	bye, code := c.awaitEnd()
	require.Equal(t, 4429, code)
	require.Positive(t, number(bye["after_ms"]))
	require.Equal(t, true, bye["reconnect"])
	watcher.send(object{"type": "ping"})
	watcher.await("pong", nil) // it would be closed as slow otherwise

	c = s.hello(token)
	go flood(c, 200, func(n int) string {
		return fmt.Sprintf(`{"type":"send","cid":"flood-%d","conv":%q,"text":"%d"}`, n, conv, n)
	})
	_, code = c.awaitEnd()
	require.Equal(t, 4429, code)
	for _, o := range c.got {
		if o["type"] == "error" {
			require.Equal(t, "rate_limited", o["code"])
			require.Positive(t, number(o["retry_after_ms"]))
		}
	}
	var page struct{ Events []object }
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/conversations/"+conv+"/events?limit=200", s.admin, nil, &page))
	require.Greater(t, len(page.Events), 3, "opened, hello, queued, and what the limit lets through")
	require.Less(t, len(page.Events), 3+perMinute)
	s.undisturbed()
}

// flood writes frames until the server hangs up.
func flood(c *socket, n int, frame func(int) string) {
	for i := range n {
		if c.conn.Write(c.t.Context(), websocket.MessageText, []byte(frame(i))) != nil {
			return
		}
	}
}

// An address may open so many visitors and sockets, and try so many passwords,
// in a minute.
func TestFloodFromAnAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--rate-address", "30", "--rate-login", "5")
	limited := func(what string, tries int, try func() (int, string, http.Header)) {
		t.Helper()
		for range tries {
			status, code, header := try()
			if status == http.StatusTooManyRequests {
				require.Equal(t, "rate_limited", code, what)
				wait, err := strconv.Atoi(header.Get("Retry-After"))
				require.NoError(t, err, what)
				require.Positive(t, wait, what)
				return
			}
		}
		require.Fail(t, "there is no limit", what)
	}
	limited("visitors", 40, func() (int, string, http.Header) {
		return s.refuse("POST", "/api/v1/visitors", fmt.Sprintf(`{"inbox":%q}`, s.key))
	})
	limited("passwords", 10, func() (int, string, http.Header) {
		return s.refuse("POST", "/api/v1/agents/login", `{"email":"ada@example.com","password":"guessed"}`)
	})
	limited("sockets", 40, func() (int, string, http.Header) {
		conn, resp, err := websocket.Dial(t.Context(), s.SocketURL(), nil)
		if err == nil {
			require.NoError(t, conn.CloseNow())
			return resp.StatusCode, "", nil
		}
		require.NotNil(t, resp, "%v", err)
		defer func() { _ = resp.Body.Close() }()
		var e struct{ Error struct{ Code string } }
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&e))
		return resp.StatusCode, e.Error.Code, resp.Header
	})
	s.undisturbed()
}
