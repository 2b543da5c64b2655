package harness

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// given are the ports that this process has handed out: one that nobody
// listens on yet must not be given twice.
var given struct {
	sync.Mutex
	ports map[int]bool
}

// FreePort finds a port of the loopback, below those that the system gives to
// connections, so that nobody takes it while a program is stopped.
func FreePort(t testing.TB) string {
	t.Helper()
	given.Lock()
	defer given.Unlock()
	if given.ports == nil {
		given.ports = map[int]bool{}
	}
	for {
		port := 10_000 + rand.IntN(20_000)
		if given.ports[port] {
			continue
		}
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue // taken
		}
		require.NoError(t, ln.Close())
		given.ports[port] = true
		return strconv.Itoa(port)
	}
}
