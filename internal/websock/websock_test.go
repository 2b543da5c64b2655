package websock

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), // ends some seconds after the server
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// serve answers handshakes with handle and returns the address.
func serve(t testing.TB, handle func(*Conn)) string {
	t.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	app.Server().KeepHijackedConns = true
	u := &Upgrader{}
	t.Cleanup(u.Close)
	app.Get("/ws", func(c *fiber.Ctx) error {
		if !Is(c) {
			return fiber.ErrUpgradeRequired
		}
		if err := u.Upgrade(c, handle); err != nil {
			return fiber.NewError(fiber.StatusBadRequest, err.Error())
		}
		return nil
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	t.Cleanup(func() {
		require.NoError(t, app.ShutdownWithTimeout(patience))
		require.NoError(t, <-served)
	})
	return ln.Addr().String()
}

const handshake = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// raw is the client's end of a connection, byte by byte.
type raw struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

// dial shakes hands; what early holds is sent in the same packet as the request.
func dial(t testing.TB, addr string, early ...byte) *raw {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	r := &raw{t: t, Conn: nc, in: bufio.NewReader(nc)}
	r.write(append([]byte(handshake), early...))
	resp, err := http.ReadResponse(r.in, nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", resp.Header.Get("Sec-WebSocket-Accept")) // the example of RFC 6455 section 1.3
	return r
}

func (r *raw) write(b []byte) {
	r.t.Helper()
	_, err := r.Write(b)
	require.NoError(r.t, err)
}

func (r *raw) frame() ws.Frame {
	r.t.Helper()
	f, err := ws.ReadFrame(r.in)
	require.NoError(r.t, err)
	return f
}

// masked is a frame as a client sends it.
func masked(f ws.Frame) []byte {
	f.Payload = bytes.Clone(f.Payload)
	return ws.MustCompileFrame(ws.MaskFrameInPlaceWith(f, [4]byte{1, 2, 3, 4}))
}

func text(s string) []byte { return masked(ws.NewTextFrame([]byte(s))) }

// echo sends every message back, and what ended the reading to ended.
func echo(limit int, ended chan<- error) func(*Conn) {
	return func(c *Conn) {
		for {
			msg, err := c.Read(limit)
			if err != nil {
				ended <- err
				return
			}
			if err := c.WriteText(append(make([]byte, HeadRoom), msg...), time.Second); err != nil {
				ended <- err
				return
			}
		}
	}
}

func TestMessagesOfEveryLength(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	c := dial(t, serve(t, echo(1<<20, ended)))
	for _, n := range []int{0, 1, 125, 126, 4095, 4096, 5000, 0xffff, 0x10000, 300_000} {
		want := strings.Repeat("x", n)
		c.write(text(want))
		f := c.frame()
		require.True(t, f.Header.Fin)
		require.False(t, f.Header.Masked)
		require.Equal(t, ws.OpText, f.Header.OpCode)
		require.Equal(t, want, string(f.Payload), "%d bytes", n)
	}
	c.write(masked(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "done"))))
	e, ok := errors.AsType[*ReadError](<-ended)
	require.True(t, ok)
	require.Equal(t, &ReadError{Code: 1000, Reason: "done", Gone: true}, e)
}

func TestWhatCameWithTheHandshakeIsRead(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	c := dial(t, serve(t, echo(1<<20, ended)), append(text("first"), text(strings.Repeat("y", 5000))[:2000]...)...)
	require.Equal(t, "first", string(c.frame().Payload))
	c.write(text(strings.Repeat("y", 5000))[2000:])
	require.Len(t, c.frame().Payload, 5000)
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-ended, io.EOF)
}

func TestOneByteAtATime(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	c := dial(t, serve(t, echo(1<<20, ended)))
	for _, b := range text(strings.Repeat("slow", 40)) {
		c.write([]byte{b})
	}
	require.Equal(t, strings.Repeat("slow", 40), string(c.frame().Payload))
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-ended, io.EOF)
}

// Fragments make one message, and control frames may come between them (RFC
// 6455 section 5.4).
func TestFragments(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	c := dial(t, serve(t, echo(1<<20, ended)))
	c.write(masked(ws.NewFrame(ws.OpText, false, []byte("one \xe2\x82"))))
	c.write(masked(ws.NewPingFrame([]byte("there?"))))
	c.write(masked(ws.NewFrame(ws.OpContinuation, false, []byte("\xac two "))))
	c.write(masked(ws.NewFrame(ws.OpContinuation, true, []byte("three"))))
	pong := c.frame()
	require.Equal(t, ws.OpPong, pong.Header.OpCode)
	require.Equal(t, "there?", string(pong.Payload))
	require.Equal(t, "one € two three", string(c.frame().Payload))
	c.write(text("next"))
	require.Equal(t, "next", string(c.frame().Payload))
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-ended, io.EOF)
}

func TestWrongFrames(t *testing.T) {
	t.Parallel()
	huge := []byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}
	cases := map[string]struct {
		send []byte
		code int
	}{
		"not masked":                   {ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), CloseProtocolError},
		"reserved bit":                 {append([]byte{0xc1}, text("x")[1:]...), CloseProtocolError},
		"reserved opcode":              {append([]byte{0x83}, text("x")[1:]...), CloseProtocolError},
		"reserved control opcode":      {append([]byte{0x8b}, text("x")[1:]...), CloseProtocolError},
		"continuation of nothing":      {masked(ws.NewFrame(ws.OpContinuation, true, []byte("x"))), CloseProtocolError},
		"text within a message":        {append(masked(ws.NewFrame(ws.OpText, false, nil)), text("x")...), CloseProtocolError},
		"fragmented ping":              {masked(ws.NewFrame(ws.OpPing, false, nil)), CloseProtocolError},
		"long ping":                    {masked(ws.NewFrame(ws.OpPing, true, make([]byte, 126))), CloseProtocolError},
		"length of 2^63":               {append([]byte{0x81, 0xff, 0x80}, make([]byte, 11)...), CloseProtocolError},
		"length of 2^63-1":             {huge, CloseTooBig},
		"one byte more than allowed":   {text(strings.Repeat("x", 101)), CloseTooBig},
		"fragments more than allowed":  {append(masked(ws.NewFrame(ws.OpText, false, make([]byte, 60))), masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 60)))...), CloseTooBig},
		"binary":                       {masked(ws.NewBinaryFrame([]byte("x"))), CloseUnsupported},
		"invalid UTF-8":                {text("\xff"), CloseInvalidUTF8},
		"UTF-8 cut at the end":         {text("\xe2\x82"), CloseInvalidUTF8},
		"surrogates":                   {text("\xed\xa0\x80"), CloseInvalidUTF8},
		"close with half a code":       {masked(ws.NewCloseFrame([]byte{3})), CloseProtocolError},
		"close with a forbidden code":  {masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))), CloseProtocolError},
		"close with an undefined code": {masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1100, ""))), CloseProtocolError},
		"close with a bad reason":      {masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "\xff"))), CloseProtocolError},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			c := dial(t, serve(t, echo(100, ended)))
			c.write(tc.send)
			e, ok := errors.AsType[*ReadError](<-ended)
			require.True(t, ok)
			require.Equal(t, tc.code, e.Code, e.Reason)
			require.False(t, e.Gone)
		})
	}
}

func TestCloseCodesOfApplications(t *testing.T) {
	t.Parallel()
	for _, code := range []ws.StatusCode{1000, 1001, 3000, 4008} {
		ended := make(chan error, 1)
		c := dial(t, serve(t, echo(100, ended)))
		c.write(masked(ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))))
		e, ok := errors.AsType[*ReadError](<-ended)
		require.True(t, ok)
		require.True(t, e.Gone)
		require.Equal(t, int(code), e.Code)
	}
}

func TestControlFramesWritten(t *testing.T) {
	t.Parallel()
	done := make(chan error, 3)
	c := dial(t, serve(t, func(c *Conn) {
		done <- c.Ping()
		done <- c.WriteClose(4008, strings.Repeat("ü", 100))
		_, err := c.Read(10)
		done <- err
	}))
	require.Equal(t, ws.OpPing, c.frame().Header.OpCode)
	closing := c.frame()
	require.Equal(t, ws.OpClose, closing.Header.OpCode)
	require.Equal(t, uint16(4008), binary.BigEndian.Uint16(closing.Payload))
	require.Equal(t, strings.Repeat("ü", 61), string(closing.Payload[2:]), "cut between letters")
	require.NoError(t, c.Close())
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	require.ErrorIs(t, <-done, io.EOF)
}

func TestSilenceEndsTheRead(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	dial(t, serve(t, func(c *Conn) {
		if err := c.Expect(20 * time.Millisecond); err != nil {
			ended <- err
			return
		}
		_, err := c.Read(10)
		ended <- err
	}))
	require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
}

// A peer that does not read fills the kernel's buffers; then the write ends in
// time.
func TestWriteToWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	dial(t, serve(t, func(c *Conn) {
		buf := make([]byte, HeadRoom+1<<20)
		for {
			if err := c.WriteText(buf, 50*time.Millisecond); err != nil {
				ended <- err
				return
			}
		}
	}))
	require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
}

func TestHandshakesRefused(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(*Conn) {})
	for name, request := range map[string]string{
		"version":    strings.Replace(handshake, "Version: 13", "Version: 8", 1),
		"key":        strings.Replace(handshake, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1),
		"no upgrade": strings.Replace(handshake, "Upgrade: websocket\r\n", "", 1),
		"method":     strings.Replace(handshake, "GET", "POST", 1),
	} {
		nc, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
		_, err = nc.Write([]byte(request))
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		require.NoError(t, err, name)
		require.NoError(t, resp.Body.Close())
		require.GreaterOrEqual(t, resp.StatusCode, 400, name)
		require.NoError(t, nc.Close())
	}
}

// FuzzRead feeds a reader whatever bytes come.
func FuzzRead(f *testing.F) {
	f.Add(text("hello"))
	f.Add(append(masked(ws.NewFrame(ws.OpText, false, []byte("a"))), masked(ws.NewFrame(ws.OpContinuation, true, []byte("b")))...))
	f.Add(masked(ws.NewPingFrame([]byte("p"))))
	f.Add(masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))))
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	const limit = 1 << 10
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		u := &Upgrader{}
		c := &Conn{state: ws.StateServerSide}
		c.open(server, u.take, u.give)
		go func() { _, _ = io.Copy(io.Discard, client) }()
		go func() {
			_, _ = client.Write(data)
			_ = client.Close()
		}()
		for {
			msg, err := c.Read(limit)
			require.LessOrEqual(t, len(msg), limit)
			if err != nil {
				break
			}
		}
		require.LessOrEqual(t, cap(c.in), readBuffer+limit)
		c.CloseNow()
	})
}
