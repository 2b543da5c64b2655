package websock

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 section 4.2.2 asks for it; it protects nothing
	"encoding/base64"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
)

// acceptGUID is appended to the client's key before hashing (RFC 6455 section
// 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Is reports whether the request asks for a WebSocket.
func Is(c *fiber.Ctx) bool {
	h := &c.Request().Header
	return c.Method() == fiber.MethodGet && h.ConnectionUpgrade() && strings.EqualFold(string(h.Peek(fiber.HeaderUpgrade)), "websocket")
}

// Upgrader makes connections that share their buffers.
type Upgrader struct {
	buffers sync.Pool // of *[readBuffer]byte
	lot     lot
}

// Close wakes every parked connection; from now on those that park wait in a
// goroutine each.
func (u *Upgrader) Close() { u.lot.close() }

const readBuffer = 4 << 10

func (u *Upgrader) take() []byte {
	if b, ok := u.buffers.Get().(*[readBuffer]byte); ok {
		return b[:0]
	}
	return make([]byte, 0, readBuffer)
}

// give takes a buffer back, unless it has grown for a large message.
func (u *Upgrader) give(b []byte) {
	if cap(b) == readBuffer {
		u.buffers.Put((*[readBuffer]byte)(b[:readBuffer]))
	}
}

// Upgrade answers the handshake and calls serve with the connection, in a
// goroutine of its own and after everything of the request has been given back:
// serve must not use c. The connection is closed when serve returns, unless it
// was parked, see [Conn.Park]. The application must keep hijacked connections
// (fasthttp's KeepHijackedConns). A request that is no proper handshake is
// errs.Invalid.
func (u *Upgrader) Upgrade(c *fiber.Ctx, serve func(*Conn)) error {
	h := &c.Request().Header
	if v := string(h.Peek("Sec-WebSocket-Version")); v != "13" {
		c.Set("Sec-WebSocket-Version", "13")
		return errs.New(errs.Invalid, "this server speaks version 13 of WebSocket")
	}
	key := string(h.Peek("Sec-WebSocket-Key"))
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		return errs.New(errs.Invalid, "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see above
	c.Status(fiber.StatusSwitchingProtocols)
	c.Set(fiber.HeaderUpgrade, "websocket")
	c.Set(fiber.HeaderConnection, "Upgrade")
	c.Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	c.Context().Hijack(func(hijacked net.Conn) {
		conn, err := u.adopt(hijacked)
		if err != nil {
			_ = hijacked.Close() // it has failed already
			return
		}
		go conn.run(func() { serve(conn) })
	})
	return nil
}

// adopt frees the connection from the HTTP server: what that has read beyond
// the request is kept, its reader is not.
func (u *Upgrader) adopt(hijacked net.Conn) (*Conn, error) {
	conn := &Conn{state: ws.StateServerSide}
	inner, ok := hijacked.(interface{ UnsafeConn() net.Conn })
	if !ok {
		conn.open(hijacked, u.take, u.give)
		return conn, nil
	}
	nc := inner.UnsafeConn()
	conn.open(nc, u.take, u.give)
	if conn.raw != nil {
		conn.place.lot = &u.lot
	}
	// With a deadline in the past only what is buffered can be read.
	if err := nc.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	early := u.take()
	for {
		if len(early) == cap(early) {
			early = append(early, 0)[:len(early)]
		}
		n, err := hijacked.Read(early[len(early):cap(early)])
		early = early[:len(early)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(early) > 0 {
		conn.in = early
	} else {
		u.give(early)
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return conn, nil
}
