package websock

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrQuiet is what [Conn.Read] answers instead of waiting, after
// [Conn.Interrupt] and after what has woken a parked connection was read.
// Reading may go on.
var ErrQuiet = errors.New("websocket: nothing to read")

// lot is where silent connections wait together, in one goroutine. A goroutine
// of its own costs each of them more than everything else that it has.
type lot struct {
	mu     sync.Mutex
	poll   *poll // nil while nothing was parked
	parked map[int32]*Conn
	closed bool
}

// place is a connection's in the lot.
type place struct {
	lot    *lot        // nil when the connection cannot be parked
	stays  atomic.Bool // it cannot any more
	resume func()      // set by Park until the reader has returned
	next   func()      // the same while it is parked; guarded by lot.mu
	fd     int32
	known  bool // to poll
	woken  bool // before it was parked; guarded by lot.mu
}

// Park has the connection wait without a goroutine. Only its reader may call
// it, after ErrQuiet, and must return from what the connection was served by.
// When something can be read, the peer has gone, or Wake is called, resume is
// called in a goroutine of its own; when that returns the connection is closed,
// unless it was parked again. No deadline holds for a parked connection, and
// after a wake it needs a new one.
func (c *Conn) Park(resume func()) { c.place.resume = resume }

// Wake makes a parked connection go on; one that is not parked goes on at once
// when it is the next time.
func (c *Conn) Wake() {
	l := c.place.lot
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.place.next == nil {
		c.place.woken = true
		return
	}
	l.start(c)
}

// release parks the connection or closes it, whichever its reader wanted.
func (c *Conn) release() {
	resume := c.place.resume
	if resume == nil {
		c.CloseNow()
		return
	}
	c.place.resume = nil
	if err := c.place.lot.add(c, resume); err != nil {
		c.place.stays.Store(true) // it waits in a goroutine from now on
		go c.run(resume)
	}
}

// run serves the connection until it is parked or closed.
func (c *Conn) run(serve func()) {
	defer c.release()
	serve()
}

var errLotClosed = errors.New("no connections are parked any more")

func (l *lot) add(c *Conn, resume func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errLotClosed
	}
	if l.poll == nil {
		p, err := newPoll()
		if err != nil {
			return err
		}
		l.poll, l.parked = p, map[int32]*Conn{}
		go l.watch(p)
	}
	if !c.place.known {
		fd, err := c.descriptor()
		if err != nil {
			return err
		}
		c.place.fd = fd
	}
	c.place.next = resume
	l.parked[c.place.fd] = c
	if c.place.woken {
		l.start(c)
		return nil
	}
	if err := l.poll.watch(c.place.fd, c.place.known); err != nil {
		delete(l.parked, c.place.fd)
		c.place.next = nil
		return err
	}
	c.place.known = true
	return nil
}

// start makes a parked connection go on. mu is held.
func (l *lot) start(c *Conn) {
	delete(l.parked, c.place.fd)
	resume := c.place.next
	c.place.next, c.place.woken = nil, false
	c.hurried.Store(true)
	go c.run(resume)
}

// watch wakes connections until the lot is closed. A descriptor may have got
// another owner since it was ready: that one finds nothing to read and is
// parked again.
func (l *lot) watch(p *poll) {
	var ready []int32
	for {
		var err error
		if ready, err = p.wait(ready[:0]); err != nil {
			return
		}
		l.mu.Lock()
		for _, fd := range ready {
			if c := l.parked[fd]; c != nil {
				l.start(c)
			}
		}
		l.mu.Unlock()
	}
}

// close wakes every connection; none is parked from now on.
func (l *lot) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, c := range l.parked {
		l.start(c)
	}
	if l.poll != nil {
		l.poll.close()
	}
}
