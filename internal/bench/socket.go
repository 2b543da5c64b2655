package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	readBuffer   = 4 << 10
	dialPatience = 30 * time.Second
)

// socket is a client's connection. One goroutine reads; any may write.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	long []byte // a frame that is larger than the read buffer

	mu  sync.Mutex
	out bytes.Buffer // the frame that is being written

	bye error // why the server says that it closes; owned by the reader
}

// errEnded is a socket that the server has closed without a reason.
var errEnded = errors.New("the connection was lost")

// dial opens a socket and says hello; resume is a further field of it, behind a
// comma.
func dial(ctx context.Context, url, token, resume string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	dialer := ws.Dialer{ReadBufferSize: readBuffer}
	conn, in, _, err := dialer.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/ws/v1")
	if err != nil {
		if status, ok := errors.AsType[ws.StatusError](err); ok {
			err = refused(int(status), "")
		}
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	if in == nil { // else the first frame has come with the answer
		in = bufio.NewReaderSize(conn, readBuffer)
	}
	s := &socket{conn: conn, in: in}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // an open connection takes it
	if _, err := s.ask(`{"type":"hello","client":"parley-bench/1","token":"`+token+`"`+resume+`}`, "welcome"); err != nil {
		s.close()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

func (s *socket) close() { _ = s.conn.Close() } // the server notices

// write sends one object. The key of the mask is zero: a server must undo the
// mask whatever the key is, and the generator saves the work.
func (s *socket) write(object []byte) error {
	return s.frame(ws.OpText, object)
}

func (s *socket) frame(op ws.OpCode, payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Reset()
	header := ws.Header{Fin: true, OpCode: op, Masked: true, Length: int64(len(payload))}
	if err := ws.WriteHeader(&s.out, header); err != nil {
		return err
	}
	s.out.Write(payload)
	_, err := s.conn.Write(s.out.Bytes())
	return err
}

// ask writes an object and reads until one of the type comes; others are
// dropped. An error frame is an error.
func (s *socket) ask(object, kind string) ([]byte, error) {
	if err := s.write([]byte(object)); err != nil {
		return nil, err
	}
	return s.await(func(o []byte) bool { return is(o, kind) })
}

// await reads until an object fits and returns a copy of it.
func (s *socket) await(fits func(object []byte) bool) ([]byte, error) {
	var found []byte
	for found == nil {
		err := s.next(func(o []byte) error {
			switch {
			case found != nil:
			case fits(o):
				found = bytes.Clone(o)
			case is(o, "error"):
				return refusal(o)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// read hands every object to on until the socket ends, on fails, or close.
func (s *socket) read(on func(object []byte) error) error {
	for {
		if err := s.next(on); err != nil {
			return err
		}
	}
}

// next reads one frame. What on is given is valid until it returns.
func (s *socket) next(on func(object []byte) error) error {
	h, err := ws.ReadHeader(s.in)
	if err != nil {
		return s.ended(err)
	}
	if !h.Fin || h.OpCode == ws.OpContinuation {
		return errors.New("the server fragments frames, which this client does not read")
	}
	n := int(h.Length)
	if n <= s.in.Size() {
		payload, err := s.in.Peek(n)
		if err != nil {
			return s.ended(err)
		}
		err = s.handle(h.OpCode, payload, on)
		_, _ = s.in.Discard(n) // it was peeked
		return err
	}
	if cap(s.long) < n {
		s.long = make([]byte, n)
	}
	if _, err := io.ReadFull(s.in, s.long[:n]); err != nil {
		return s.ended(err)
	}
	return s.handle(h.OpCode, s.long[:n], on)
}

func (s *socket) handle(op ws.OpCode, payload []byte, on func(object []byte) error) error {
	switch op {
	case ws.OpPing:
		return s.frame(ws.OpPong, payload)
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		return s.ended(fmt.Errorf("closed with %d %s", code, reason))
	case ws.OpPong:
		return nil
	}
	for len(payload) > 0 {
		var object []byte
		object, payload, _ = bytes.Cut(payload, []byte{'\n'})
		if is(object, "bye") {
			s.bye = refusal(object)
			continue
		}
		if err := on(object); err != nil {
			return err
		}
	}
	return nil
}

// ended says why a socket has ended, as well as is known.
func (s *socket) ended(err error) error {
	switch {
	case s.bye != nil:
		return s.bye
	case errors.Is(err, io.EOF):
		return errEnded
	}
	return err
}
