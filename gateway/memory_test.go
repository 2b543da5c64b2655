package gateway

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"
)

// A visitor who has a conversation and rests costs some kilobytes.
func TestIdleSocketsAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	w := newWorld(t, func(c *Config) {
		c.restAfter = time.Second / 2
		c.pingInterval = 5 * time.Second
	})
	const n = 500
	ask := func(conn net.Conn, object []byte, answer string) {
		require.NoError(t, wsutil.WriteClientText(conn, object))
		for {
			data, err := wsutil.ReadServerText(conn)
			require.NoError(t, err)
			if bytes.Contains(data, []byte(answer)) {
				return
			}
		}
	}
	connect := func() net.Conn {
		conn, _, _, err := ws.Dial(context.Background(), "ws://"+w.addr+"/ws/v1")
		require.NoError(t, err)
		ask(conn, frame("hello", Hello{Token: "ann"}), `"type":"welcome"`)
		return conn
	}
	var conns [n]net.Conn
	conns[0] = connect()
	stacks, heap := inUse()
	for i := range conns[1:] {
		conns[i+1] = connect()
	}
	w.awaitRest(n)
	idleStacks, idleHeap := inUse()
	for i, conn := range conns {
		ask(conn, frame("open", Open{CID: cidN(i)}), `"type":"ack"`)
	}
	w.awaitRest(n)
	joinedStacks, joinedHeap := inUse()
	t.Logf("idle: stacks %d B, heap %d B; with a conversation: stacks %d B, heap %d B, the client's included",
		(idleStacks-stacks)/n, (idleHeap-heap)/n, (joinedStacks-stacks)/n, (joinedHeap-heap)/n)
	require.Less(t, (joinedStacks-stacks)/n, int64(3<<10), "a socket that rests has no goroutine")
	// The race detector doubles it.
	require.Less(t, (idleStacks-stacks+idleHeap-heap)/n, int64(16<<10))
	require.Less(t, (joinedStacks-stacks+joinedHeap-heap)/n, int64(24<<10), "4 kB of it are the broker's write buffers, however many conversations there are")
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
}

// inUse is the memory of stacks and of the live heap, in bytes.
func inUse() (stacks, heap int64) {
	var m runtime.MemStats
	for range 6 { // a stack is halved by a collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.StackInuse), int64(m.HeapAlloc)
}
