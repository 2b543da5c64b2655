package gateway

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gofiber/contrib/websocket"

	"parley/internal/auth"
	"parley/internal/errs"
)

const (
	writeTimeout = 10 * time.Second // one write to a reader that does not take it
	closeGrace   = time.Second      // for the client's half of the close handshake
	maxBadFrames = 16               // malformed objects before the socket is closed
)

// socket is one connection. The handler's goroutine reads; a second goroutine
// exists only while something waits to be written. The connection belongs to
// Fiber's pool again when serve returns, so serve waits for the writer.
type socket struct {
	svc     *Service
	conn    *websocket.Conn
	address string
	origin  string
	cookie  string // session cookie of the upgrade

	viewer  auth.Viewer
	session string
	joined  map[string]*room // owned by the reader; guarded by joinMu for summaries
	joinMu  sync.Mutex
	joining map[string]bool // a join is under way; guarded by joinMu
	left    bool            // the socket has left all its rooms for good; guarded by joinMu
	bad     int
	counted bool // its presence counts

	mu       sync.Mutex
	space    *sync.Cond // queue has emptied, or the socket has ended
	buf      []byte     // objects that wait, separated by newlines
	frames   int
	writing  bool
	ending   *disconnect
	finished bool // nothing is written any more
}

func newSocket(s *Service, conn *websocket.Conn) *socket {
	sock := &socket{svc: s, conn: conn, joined: map[string]*room{}, joining: map[string]bool{}}
	sock.space = sync.NewCond(&sock.mu)
	return sock
}

// internal reports whether the reader sees what is for agents only.
func (s *socket) internal() bool { return s.viewer.Staff() }

// send queues an object. It never blocks: a queue over its bound ends the
// socket as slow.
func (s *socket) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil {
		return // the client resumes what it misses
	}
	if s.frames >= maxQueueFrames || len(s.buf)+len(frame)+1 > maxQueueBytes {
		s.svc.metrics.slow.Inc()
		s.endLocked(byeSlow())
		return
	}
	s.push(frame)
}

// sendPaced queues an object of a long answer when there is room for it, so
// that a resume of any length does not look like a slow reader.
func (s *socket) sendPaced(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.ending == nil && (s.frames >= maxQueueFrames/2 || len(s.buf) >= maxQueueBytes/2) {
		s.space.Wait()
	}
	if s.ending == nil {
		s.push(frame)
	}
}

func (s *socket) push(frame []byte) {
	if s.buf == nil {
		s.buf = s.svc.sockets.buffer()
	}
	if len(s.buf) > 0 {
		s.buf = append(s.buf, '\n')
	}
	s.buf = append(s.buf, frame...)
	s.frames++
	s.wake()
}

func (s *socket) wake() {
	if !s.writing && !s.finished {
		s.writing = true
		go s.write()
	}
}

// end makes the socket say goodbye after what waits, then close.
func (s *socket) end(d disconnect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(d)
}

func (s *socket) endLocked(d disconnect) {
	if s.ending != nil || s.finished {
		return
	}
	s.ending = &d
	s.space.Broadcast()
	s.wake()
}

// write empties the queue, as many objects a frame as wait, and ends.
func (s *socket) write() {
	for {
		s.mu.Lock()
		out, slow := s.buf, s.ending != nil && s.ending.Code == closeSlow
		s.buf, s.frames = nil, 0
		if len(out) == 0 || slow {
			bye := s.ending
			s.mu.Unlock()
			if bye != nil {
				s.goodbye(*bye)
			}
			s.mu.Lock()
			if bye == nil && (len(s.buf) > 0 || s.ending != nil) {
				s.mu.Unlock()
				continue
			}
			s.finished = bye != nil
			s.writing = false
			s.space.Broadcast()
			s.mu.Unlock()
			return
		}
		s.space.Broadcast()
		s.mu.Unlock()
		s.put(out)
		s.svc.sockets.recycle(out)
	}
}

func (s *socket) put(data []byte) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // only stores the time
	if err := s.conn.WriteMessage(websocket.TextMessage, data); err != nil {
		s.mu.Lock()
		if s.ending == nil {
			s.ending = &disconnect{Code: websocket.CloseAbnormalClosure}
		}
		s.space.Broadcast()
		s.mu.Unlock()
	}
}

// goodbye writes bye and the close frame and gives the client a moment to
// answer before the reader is released. Close is a no-op on a hijacked
// fasthttp connection; the deadline is what ends the reader.
func (s *socket) goodbye(d disconnect) {
	wait := closeGrace
	if d.Code == websocket.CloseAbnormalClosure {
		wait = 0
	} else {
		s.put(frame("bye", Bye{Code: d.Code, Reason: d.Reason, Reconnect: d.Reconnect, AfterMS: d.After.Milliseconds()}))
		msg := websocket.FormatCloseMessage(d.Code, clip(d.Reason, 120))
		_ = s.conn.WriteControl(websocket.CloseMessage, msg, time.Now().Add(closeGrace)) // the reader notices a dead connection
	}
	_ = s.conn.NetConn().SetReadDeadline(time.Now().Add(wait)) // likewise
}

// serve runs the socket to its end.
func (s *socket) serve(ctx context.Context) {
	defer s.leaveAll()
	defer s.awaitWriter()
	s.extend(s.svc.cfg.helloTimeout)
	s.conn.SetPongHandler(func(string) error { s.extend(s.svc.cfg.silenceLimit); return nil })
	for {
		data, err := s.read()
		if err != nil {
			s.finish(err)
			return
		}
		if s.ended() {
			continue // only the close handshake is of interest
		}
		s.receive(ctx, data)
	}
}

// extend moves the time by which the client must be heard of, unless the
// socket is ending and its last deadline stands.
func (s *socket) extend(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(d)) // a dead connection fails its next read
	}
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending != nil
}

// read returns the next frame. The length that a frame announces is never
// trusted with memory: at most maxFrame+1 bytes are read.
func (s *socket) read() ([]byte, error) {
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFrame+1))
	switch {
	case err != nil:
		return nil, err
	case kind != websocket.TextMessage:
		return nil, byeFailure(byeProtocol("send text frames"))
	case len(data) > maxFrame:
		return nil, byeFailure(byeError(errs.New(errs.TooLarge, "a frame has at most %d bytes", maxFrame)))
	case !utf8.Valid(data):
		return nil, byeFailure(byeProtocol("text frames must be valid UTF-8"))
	}
	if s.viewer.Kind != "" {
		s.extend(s.svc.cfg.silenceLimit)
	}
	return data, nil
}

// byeFailure is an error that says how to end the socket.
type byeFailure disconnect

func (b byeFailure) Error() string { return b.Reason }

// finish ends the socket for a failed read: with a goodbye when the client can
// still hear it.
func (s *socket) finish(err error) {
	if b, ok := errors.AsType[byeFailure](err); ok {
		s.end(disconnect(b))
		s.drainReads()
		return
	}
	if s.viewer.Kind == "" && !s.ended() && isTimeout(err) {
		s.end(byeProtocol("say hello within the first seconds"))
		return
	}
	s.end(disconnect{Code: websocket.CloseAbnormalClosure})
}

// drainReads lets the client finish the close handshake.
func (s *socket) drainReads() {
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

func (s *socket) awaitWriter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.writing {
		s.space.Wait()
	}
	s.finished = true
	s.buf = nil
}

func (s *socket) ping() {
	_ = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) // silence ends a dead connection
}

// fail tells the client that a command was refused.
func (s *socket) fail(cid string, err error) {
	e := errs.Public(err)
	if e.Code == errs.Internal {
		s.svc.log.Error("command failed", "viewer", s.viewer.ID, "error", err)
	}
	s.svc.metrics.refused.WithLabelValues(string(e.Code)).Inc()
	s.send(frame("error", Failure{
		CID: cid, Code: string(e.Code), Message: e.Message, Fields: e.Fields, RetryAfterMS: e.RetryAfter.Milliseconds(),
	}))
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }
