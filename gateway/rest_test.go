package gateway

import (
	"context"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"
)

// restless makes sockets rest as soon as they are silent.
func restless(c *Config) {
	c.restAfter = time.Millisecond
	c.pingInterval = 100 * time.Millisecond
}

// awaitRest waits until n sockets rest.
func (w *world) awaitRest(n int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		resting := 0
		for _, sock := range w.svc.sockets.list() {
			sock.mu.Lock()
			if sock.resting {
				resting++
			}
			sock.mu.Unlock()
		}
		return resting == n
	}, patience, time.Millisecond)
}

// A resting socket hears what is said, speaks, and is told goodbye.
func TestRestingSocketGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, restless)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	ada := w.hello("agent", Place{Conv: conv})
	ada.await("event", text("hi"))
	for i := range 10 {
		w.awaitRest(2)
		ada.tell(conv, cidN(2*i), "more")
		ann.await("event", byCID(cidN(2*i)))
		w.awaitRest(2)
		ann.tell(conv, cidN(2*i+1), "and more")
		ada.await("event", byCID(cidN(2*i+1)))
	}
	w.awaitRest(2)
	for _, sock := range w.svc.sockets.list() {
		sock.end(byeRestart())
	}
	bye, code := ann.awaitClose()
	require.Equal(t, byeRestart().Code, code)
	require.NotNil(t, bye)
	_, code = ada.awaitClose()
	require.Equal(t, byeRestart().Code, code)
	require.Eventually(t, func() bool {
		open, _ := w.svc.sockets.count()
		rooms, _ := w.svc.rooms.count()
		return open+rooms == 0
	}, patience, time.Millisecond)
}

// A resting socket whose client answers no ping is closed.
func TestRestingSocketIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, restless, func(c *Config) { c.silenceLimit = 4 * time.Second })
	conn, _, _, err := ws.Dial(context.Background(), "ws://"+w.addr+"/ws/v1")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, wsutil.WriteClientText(conn, frame("hello", Hello{Token: "ann"})))
	w.awaitRest(1)
	w.awaitRest(0)
	require.Eventually(t, func() bool {
		open, _ := w.svc.sockets.count()
		return open == 0
	}, patience, time.Millisecond)
}
