package websock

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Close codes of RFC 6455 section 7.4.1 that this package uses or tells.
const (
	CloseProtocolError = 1002
	CloseUnsupported   = 1003
	CloseNoStatus      = 1005 // never sent
	CloseAbnormal      = 1006 // never sent
	CloseInvalidUTF8   = 1007
	CloseTooBig        = 1009
)

// A ReadError says why no further message can be read. The peer is still
// listening unless Gone.
type ReadError struct {
	Code   int    // the close code that fits, or the one the peer has sent
	Reason string // what the peer did wrong, or said
	Gone   bool   // the peer has said goodbye
}

func (e *ReadError) Error() string { return fmt.Sprintf("websocket: %d %s", e.Code, e.Reason) }

// Conn is a connection. One goroutine reads; any may write.
type Conn struct {
	// Heard, if set before the first Read, is called by the reader for every
	// frame, a pong too: the peer lives.
	Heard func()

	stream
	place     place
	used      int // of in
	head      bytes.Reader
	fragments []byte // of a message whose last frame has not come
	state     ws.State

	mu sync.Mutex // one frame is written at a time
}

// HeadRoom is how many bytes [Conn.WriteText] needs before the text.
const HeadRoom = 10

const controlTime = time.Second // a ping, a pong or a goodbye

// Read returns the next text message of at most limit bytes, complete and
// valid UTF-8. It answers pings. The bytes are good until the next Read. What
// the peer does wrong, and its goodbye, is a [*ReadError]; any other error is
// the connection's, or ErrQuiet.
func (c *Conn) Read(limit int) ([]byte, error) {
	if !c.state.Fragmented() { // ErrQuiet comes between fragments too
		c.fragments = c.fragments[:0]
	}
	for {
		// A silent connection waits here, not deeper, until it is parked: a stack
		// that is not much more than a kilobyte deep shrinks to half the size.
		if c.shrink(); c.in == nil {
			if err := c.receive(); err != nil {
				return nil, err
			}
		}
		h, payload, err := c.frame(limit)
		if err != nil {
			return nil, err
		}
		switch {
		case h.OpCode.IsControl():
			if err := c.control(h.OpCode, payload); err != nil {
				return nil, err
			}
			continue
		case h.OpCode == ws.OpBinary:
			return nil, &ReadError{Code: CloseUnsupported, Reason: "send text frames"}
		case h.Fin && h.OpCode == ws.OpText:
			return checkText(payload)
		}
		if len(c.fragments)+len(payload) > limit {
			return nil, tooBig(limit)
		}
		c.fragments = append(c.fragments, payload...)
		if h.Fin {
			c.state = c.state.Clear(ws.StateFragmented)
			return checkText(c.fragments)
		}
		c.state = c.state.Set(ws.StateFragmented)
	}
}

func checkText(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, &ReadError{Code: CloseInvalidUTF8, Reason: "text frames must be valid UTF-8"}
	}
	return text, nil
}

func tooBig(limit int) error {
	return &ReadError{Code: CloseTooBig, Reason: fmt.Sprintf("a frame has at most %d bytes", limit)}
}

// frame returns the next frame, unmasked. The length that its head announces
// is believed only up to limit.
func (c *Conn) frame(limit int) (ws.Header, []byte, error) {
	for {
		c.head.Reset(c.in[c.used:])
		h, err := ws.ReadHeader(&c.head)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if err := c.more(1); err != nil {
				return h, nil, err
			}
			continue
		case err != nil:
			return h, nil, &ReadError{Code: CloseProtocolError, Reason: err.Error()}
		}
		if err := ws.CheckHeader(h, c.state); err != nil {
			return h, nil, &ReadError{Code: CloseProtocolError, Reason: err.Error()}
		}
		if h.Length > int64(limit) {
			return h, nil, tooBig(limit)
		}
		need, have := int(h.Length), c.head.Len()
		if have < need {
			if err := c.more(need - have); err != nil {
				return h, nil, err
			}
			continue
		}
		start := len(c.in) - have
		payload := c.in[start : start+need]
		ws.Cipher(payload, h.Mask, 0)
		c.used = start + need
		if c.Heard != nil {
			c.Heard()
		}
		return h, payload, nil
	}
}

// Drain throws away what still comes until the peer has gone or the time of
// [Conn.Expect] is over. A connection that is closed with something unread is
// reset, and the peer may never see the last words it was sent.
func (c *Conn) Drain() {
	for {
		c.used = len(c.in)
		c.shrink()
		if err := c.receive(); err != nil && !errors.Is(err, ErrQuiet) {
			return
		}
	}
}

// shrink gives the buffer back when everything in it has been used.
func (c *Conn) shrink() {
	if c.in != nil && c.used == len(c.in) {
		c.give(c.in)
		c.in, c.used = nil, 0
	}
}

// more receives, and makes room for at least n bytes first. A connection with
// nothing received takes its buffer only when there is something to read.
func (c *Conn) more(n int) error {
	if c.used > 0 && cap(c.in)-len(c.in) < n {
		c.in = append(c.in[:0], c.in[c.used:]...)
		c.used = 0
	}
	if c.in != nil && cap(c.in)-len(c.in) < n {
		c.in = append(make([]byte, 0, len(c.in)+n), c.in...)
	}
	return c.receive()
}

// control answers a ping and takes a goodbye.
func (c *Conn) control(op ws.OpCode, payload []byte) error {
	switch op {
	case ws.OpPing:
		return c.writeControl(ws.OpPong, payload)
	case ws.OpClose:
		gone := &ReadError{Code: CloseNoStatus, Gone: true}
		if len(payload) > 0 {
			if len(payload) == 1 {
				return &ReadError{Code: CloseProtocolError, Reason: "a close code has two bytes"}
			}
			code, reason := ws.ParseCloseFrameData(payload)
			if err := ws.CheckCloseFrameData(code, reason); err != nil && !code.IsApplicationSpec() && !code.IsPrivateSpec() {
				return &ReadError{Code: CloseProtocolError, Reason: err.Error()}
			}
			gone.Code, gone.Reason = int(code), reason
		}
		return gone
	}
	return nil // a pong: having heard of the peer is all it is for, see Heard
}

// WriteText sends buf[HeadRoom:] as one text frame, within the time. The head is
// written into the room before it.
func (c *Conn) WriteText(buf []byte, within time.Duration) error {
	n := len(buf) - HeadRoom
	start := HeadRoom - putHead(buf[:HeadRoom], ws.OpText, n)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send(buf[start:], within)
}

// Ping asks the peer for a sign of life, within a second.
func (c *Conn) Ping() error { return c.writeControl(ws.OpPing, nil) }

// WriteClose sends a close frame, within a second; the reason is cut to what
// such a frame can hold. Codes that the RFC keeps from the wire send none.
func (c *Conn) WriteClose(code int, reason string) error {
	if code == CloseNoStatus || code == CloseAbnormal {
		return c.writeControl(ws.OpClose, nil)
	}
	for len(reason) > ws.MaxControlFramePayloadSize-2 || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	body := binary.BigEndian.AppendUint16(make([]byte, 0, ws.MaxControlFramePayloadSize), uint16(code)) //nolint:gosec // close codes have four digits
	return c.writeControl(ws.OpClose, append(body, reason...))
}

func (c *Conn) writeControl(op ws.OpCode, payload []byte) error {
	var buf [HeadRoom + ws.MaxControlFramePayloadSize]byte
	start := HeadRoom - putHead(buf[:HeadRoom], op, len(payload))
	end := HeadRoom + copy(buf[HeadRoom:], payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send(buf[start:end], controlTime)
}

// putHead writes the head of an unmasked, unfragmented frame (RFC 6455 section
// 5.2) to the end of room, and returns its length.
func putHead(room []byte, op ws.OpCode, n int) int {
	const final = 0x80
	end := len(room)
	switch {
	case n < 126:
		room[end-2], room[end-1] = final|byte(op), byte(n) //nolint:gosec // below 126
		return 2
	case n <= 0xffff:
		room[end-4], room[end-3] = final|byte(op), 126
		binary.BigEndian.PutUint16(room[end-2:], uint16(n))
		return 4
	}
	room[end-10], room[end-9] = final|byte(op), 127
	binary.BigEndian.PutUint64(room[end-8:], uint64(n))
	return 10
}

// Expect sets how long the peer may be silent from now on: a Read that waits
// longer fails with a timeout. It may be called while a Read waits.
func (c *Conn) Expect(d time.Duration) error { return c.nc.SetReadDeadline(time.Now().Add(d)) }

// Interrupt makes a Read that waits, or else the next one, answer ErrQuiet; the
// peer needs a new deadline then, see [Conn.Expect]. On a connection that
// cannot be parked it does nothing.
func (c *Conn) Interrupt() {
	if c.place.lot == nil || c.place.stays.Load() {
		return
	}
	c.hurried.Store(true)
	_ = c.nc.SetReadDeadline(time.Unix(1, 0)) // a dead connection fails its next read
}

// CloseNow ends the connection without a goodbye.
func (c *Conn) CloseNow() { _ = c.nc.Close() } // an error means that it is closed

// Remote is the address of the peer, or of the proxy before it.
func (c *Conn) Remote() net.Addr { return c.nc.RemoteAddr() }
