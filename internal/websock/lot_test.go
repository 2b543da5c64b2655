//go:build linux

package websock

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
)

// resting serves connections that echo, rest whenever they are silent and then
// say so, and end when they read "end".
type resting struct {
	t     testing.TB
	rests chan *Conn
	ended chan error
}

func newResting(t testing.TB, n int) (*resting, string) {
	t.Helper()
	r := &resting{t: t, rests: make(chan *Conn, 100*n), ended: make(chan error, n)}
	return r, serve(t, func(c *Conn) {
		c.Interrupt()
		r.echo(c)
	})
}

func (r *resting) echo(c *Conn) {
	if err := c.Expect(patience); err != nil {
		r.ended <- err
		return
	}
	for {
		msg, err := c.Read(1000)
		switch {
		case errors.Is(err, ErrQuiet):
			r.rests <- c
			c.Park(func() { r.echo(c) })
			return
		case err == nil && string(msg) != "end":
			deep(20)
			err = c.WriteText(append(make([]byte, HeadRoom), msg...), time.Second)
		case err == nil:
			err = errTold
		}
		if err != nil {
			r.ended <- err
			return
		}
	}
}

var errTold = errors.New("told to end")

func (r *resting) wait() *Conn {
	r.t.Helper()
	select {
	case c := <-r.rests:
		return c
	case <-time.After(patience):
		require.Fail(r.t, "the connection does not rest")
		return nil
	}
}

func (r *resting) end() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		require.Fail(r.t, "the connection does not end")
		return nil
	}
}

func TestParkedConnectionWakes(t *testing.T) {
	t.Parallel()
	r, addr := newResting(t, 1)
	c := dial(t, addr)
	r.wait()
	for i := range 20 {
		c.write(text(fmt.Sprint(i)))
		got := c.frame().Payload
		require.Equal(t, fmt.Sprint(i), string(got))
		r.wait()
	}
	c.write(text("end"))
	require.ErrorIs(t, r.end(), errTold)
	_, err := c.in.ReadByte()
	require.Error(t, err, "it was closed")
}

// A message may come in many pieces with a rest after each.
func TestParkedInsideAMessage(t *testing.T) {
	t.Parallel()
	r, addr := newResting(t, 1)
	c := dial(t, addr)
	r.wait()
	message := slices.Concat(
		masked(ws.NewFrame(ws.OpText, false, []byte("one, "))),
		masked(ws.NewFrame(ws.OpContinuation, false, []byte("two, "))),
		masked(ws.NewFrame(ws.OpContinuation, true, []byte("three"))),
	)
	for _, b := range message {
		c.write([]byte{b})
		r.wait()
	}
	got := c.frame().Payload
	require.Equal(t, "one, two, three", string(got))
}

func TestParkedConnectionIsWokenByTheServer(t *testing.T) {
	t.Parallel()
	r, addr := newResting(t, 1)
	c := dial(t, addr)
	conn := r.wait()
	for range 5 { // before it is parked, or after
		conn.Wake()
		require.Same(t, conn, r.wait())
	}
	require.NoError(t, c.Close())
	require.Error(t, r.end(), "a peer that has gone wakes it too")
}

func TestClosedLotParksNobody(t *testing.T) {
	t.Parallel()
	u := &Upgrader{}
	client, server := tcpPair(t)
	c := &Conn{}
	c.open(server, u.take, u.give)
	c.place.lot = &u.lot
	woken := make(chan error, 2)
	var again func()
	again = func() {
		_, err := c.Read(10)
		woken <- err
		if errors.Is(err, ErrQuiet) {
			c.Park(again)
		}
	}
	c.Interrupt()
	go c.run(again)
	require.ErrorIs(t, <-woken, ErrQuiet)
	require.NoError(t, c.Expect(patience))
	u.Close()
	c.Wake()
	require.NoError(t, client.Close())
	for err := range woken { // once by Close, or not at all
		if !errors.Is(err, ErrQuiet) {
			break
		}
	}
}

func tcpPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	client, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	server, err = ln.Accept()
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return client, server
}

// Many connections come, talk, rest and go at the same time, so that
// descriptors change their owners.
func TestParkedConnectionsComeAndGo(t *testing.T) {
	t.Parallel()
	const workers, rounds = 16, 20
	r, addr := newResting(t, workers*rounds)
	go func() {
		for range r.rests { // nobody waits for them here
		}
	}()
	t.Cleanup(func() { close(r.rests) })
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				c := dial(t, addr)
				for k := range 3 {
					c.write(text(fmt.Sprint(w, i, k)))
					got := c.frame().Payload
					require.Equal(t, fmt.Sprint(w, i, k), string(got))
				}
				require.NoError(t, c.Close())
			}
		})
	}
	wg.Wait()
	for range workers * rounds {
		require.Error(t, r.end())
	}
}

// A parked connection has no goroutine.
func TestParkedConnectionsAreSmall(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	const n = 1000
	r, addr := newResting(t, n)
	before, routines := inUse(), runtime.NumGoroutine()
	conns := make([]*raw, n)
	for i := range conns {
		conns[i] = dial(t, addr)
		r.wait()
		conns[i].write(text("hello"))
		conns[i].frame()
		conns[i].in = nil // the client's own memory is not of interest
		r.wait()
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() < routines+n/2 }, patience, time.Millisecond)
	after := inUse()
	t.Logf("stacks %d B, heap %d B a connection, the client's structures included", (after[0]-before[0])/n, (after[1]-before[1])/n)
	require.Less(t, after[0]-before[0], int64(n<<10), "no stack is kept")
	for _, c := range conns {
		require.NoError(t, c.Close())
		err := r.end()
		require.True(t, err != nil && !os.IsTimeout(err) && !strings.Contains(err.Error(), "told"))
	}
}
