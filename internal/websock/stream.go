package websock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// stream moves bytes without holding memory while it waits: system calls are
// made on the descriptor when the runtime's poller says that it is ready. One
// goroutine reads at a time, and one writes.
type stream struct {
	nc  net.Conn
	raw syscall.RawConn // nil for a connection without a descriptor

	hurried atomic.Bool // receive answers ErrQuiet, once, instead of waiting

	// What the two calls work on; a closure for each call would cost more than
	// the rest of it.
	in                  []byte // received; nil while nothing is
	take                func() []byte
	give                func([]byte)
	onReadable          func(fd uintptr) bool
	received            int
	receiveErr, sendErr error
	onWritable          func(fd uintptr) bool
	out                 []byte
	sent                int
}

func (s *stream) open(nc net.Conn, take func() []byte, give func([]byte)) {
	s.nc, s.take, s.give = nc, take, give
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return // an ordinary connection will do
	}
	s.raw, s.onReadable, s.onWritable = raw, s.readable, s.writable
}

// receive appends what has come to s.in, and waits until there is something.
func (s *stream) receive() error {
	if s.raw == nil {
		if s.in == nil {
			s.in = s.take()
		}
		n, err := s.nc.Read(s.in[len(s.in):cap(s.in)])
		s.in = s.in[:len(s.in)+n]
		return err
	}
	if err := s.raw.Read(s.onReadable); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) && s.hurried.Swap(false) {
			return ErrQuiet
		}
		return err
	}
	switch {
	case s.receiveErr != nil:
		return s.receiveErr
	case s.received == 0:
		return io.EOF
	}
	s.in = s.in[:len(s.in)+s.received]
	return nil
}

func (s *stream) readable(fd uintptr) bool {
	if s.in == nil {
		s.in = s.take()
	}
	for {
		s.received, s.receiveErr = syscall.Read(int(fd), s.in[len(s.in):cap(s.in)])
		switch {
		case errors.Is(s.receiveErr, syscall.EINTR):
			continue
		case !errors.Is(s.receiveErr, syscall.EAGAIN):
			return true
		}
		if len(s.in) == 0 {
			s.give(s.in)
			s.in = nil
		}
		if s.hurried.Swap(false) {
			s.receiveErr = ErrQuiet
			return true
		}
		return false
	}
}

// descriptor is the connection's number at the kernel.
func (s *stream) descriptor() (fd int32, err error) {
	err = s.raw.Control(func(n uintptr) { fd = int32(n) }) //nolint:gosec // a descriptor
	return fd, err
}

// send writes b. The deadline, which costs a timer, is set only when the
// connection does not take everything at once.
func (s *stream) send(b []byte, within time.Duration) error {
	if s.raw != nil {
		s.out = b
		err := s.raw.Write(s.onWritable)
		s.out = nil
		switch {
		case err != nil:
			return err
		case s.sendErr != nil:
			return s.sendErr
		case s.sent == len(b):
			return nil
		}
		b = b[s.sent:]
	}
	if err := s.nc.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := s.nc.Write(b); err != nil {
		return err
	}
	return s.nc.SetWriteDeadline(time.Time{})
}

func (s *stream) writable(fd uintptr) bool {
	for {
		s.sent, s.sendErr = syscall.Write(int(fd), s.out)
		switch {
		case errors.Is(s.sendErr, syscall.EINTR):
			continue
		case errors.Is(s.sendErr, syscall.EAGAIN):
			s.sent, s.sendErr = 0, nil
		}
		return true
	}
}
