package websock

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deep uses some kilobytes of stack, as handling a frame does.
//
//go:noinline
func deep(n int) byte {
	var room [256]byte
	if n > 0 {
		room[n%256] = deep(n - 1)
	}
	return room[n%200] + 1
}

// A connection that has worked and is silent again costs what its goroutine's
// stack and its few structures do.
func TestSilentConnectionsAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const n = 1000
	ended := make(chan error, n)
	addr := serve(t, func(c *Conn) {
		for {
			msg, err := c.Read(1000)
			if err != nil {
				ended <- err
				return
			}
			deep(20)
			if err := c.WriteText(append(make([]byte, HeadRoom), msg...), time.Second); err != nil {
				ended <- err
				return
			}
		}
	})
	before := inUse()
	conns := make([]*raw, n)
	for i := range conns {
		conns[i] = dial(t, addr)
		conns[i].write(text("hello"))
		conns[i].frame()
		conns[i].in = nil // the client's own memory is not of interest
	}
	after := inUse()
	t.Logf("stacks %d B, heap %d B a connection, the client's structures included", (after[0]-before[0])/n, (after[1]-before[1])/n)
	require.Less(t, (after[0]-before[0]+after[1]-before[1])/n, int64(16<<10), "the race detector doubles it")
	for _, c := range conns {
		require.NoError(t, c.Close())
		require.Error(t, <-ended)
	}
}

// inUse is the memory of stacks and of the live heap, in bytes.
func inUse() [2]int64 {
	var m runtime.MemStats
	for range 6 { // a stack is halved by a collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return [2]int64{int64(m.StackInuse), int64(m.HeapAlloc)}
}
