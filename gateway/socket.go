package gateway

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
	"unicode/utf8"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/websock"
)

const (
	writeTimeout = 10 * time.Second // one write to a reader that does not take it
	closeGrace   = time.Second      // for the client's half of the close handshake
	extendAfter  = 5 * time.Second  // how exact the limit of silence is: moving it costs a timer
	maxBadFrames = 16               // malformed objects before the socket is closed
)

// socket is one connection. One goroutine reads, none while the socket rests; a
// second one exists only while something waits to be written, and the socket
// ends after it. Others exist only while commands wait for the log.
type socket struct {
	svc    *Service
	conn   *websock.Conn
	origin string
	cookie string // session cookie of the upgrade, until hello
	slot   uint   // when it is pinged

	viewer   auth.Viewer
	session  string
	joined   map[string]*room // owned by the reader; guarded by joinMu for summaries
	joinMu   sync.Mutex
	joining  map[string]*joining // guarded by joinMu
	left     bool                // the socket has left all its rooms for good; guarded by joinMu
	bad      int
	counted  bool      // its presence counts
	extended time.Time // when the limit of silence was moved last; written by the reader under mu
	lanes    lanes

	mu       sync.Mutex
	space    sync.Cond // queue has emptied, or the socket has ended
	buf      []byte    // objects that wait, separated by newlines, behind room for the frame's head; nil when none does
	frames   int
	said     time.Time // when the last object came
	resting  bool
	pinging  bool // a ping is due
	writing  bool
	ending   *disconnect
	finished bool // nothing is written any more
}

func newSocket(s *Service, conn *websock.Conn) *socket {
	sock := &socket{svc: s, conn: conn, joined: map[string]*room{}}
	sock.space.L = &sock.mu
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
	} else {
		s.buf = append(s.buf, '\n')
	}
	s.buf = append(s.buf, frame...)
	s.frames++
	s.wake()
}

// waiting is how many bytes wait to be written.
func (s *socket) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(len(s.buf)-websock.HeadRoom, 0)
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

// write empties the queue, as many objects a frame as wait, and ends. Whoever
// is about to queue something else goes first: an ack and the event it is for
// are often one frame then.
func (s *socket) write() {
	runtime.Gosched()
	for {
		s.mu.Lock()
		out, ping, slow := s.buf, s.pinging, s.ending != nil && s.ending.Code == closeSlow
		s.buf, s.frames, s.pinging = nil, 0, false
		if out != nil && !slow {
			s.space.Broadcast()
			s.mu.Unlock()
			s.put(out)
			s.svc.sockets.recycle(out)
			continue
		}
		if bye := s.ending; bye != nil {
			s.mu.Unlock()
			s.goodbye(*bye)
			s.mu.Lock()
			s.finished = true
			ping = false
		}
		if !ping {
			s.writing = false
			s.space.Broadcast()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		_ = s.conn.Ping() // silence ends a dead connection
	}
}

// put writes one frame.
func (s *socket) put(buf []byte) {
	if err := s.conn.WriteText(buf, writeTimeout); err != nil {
		s.mu.Lock()
		if s.ending == nil {
			s.ending = &disconnect{Code: websock.CloseAbnormal}
		}
		s.space.Broadcast()
		s.mu.Unlock()
	}
}

// goodbye writes bye and the close frame and gives the client a moment to
// answer before the reader is released.
func (s *socket) goodbye(d disconnect) {
	wait := closeGrace
	if d.Code == websock.CloseAbnormal {
		wait = 0
	} else {
		bye := frame("bye", Bye{Code: d.Code, Reason: d.Reason, Reconnect: d.Reconnect, AfterMS: d.After.Milliseconds()})
		s.put(append(s.svc.sockets.buffer(), bye...))
		_ = s.conn.WriteClose(d.Code, d.Reason) // the reader notices a dead connection
	}
	_ = s.conn.Expect(wait) // likewise
	s.conn.Wake()
}

// serve reads until the socket has ended, or may rest.
func (s *socket) serve(ctx context.Context) (rests bool) {
	for {
		data, err := s.conn.Read(maxFrame)
		switch {
		case errors.Is(err, websock.ErrQuiet):
			if s.mayRest() {
				return true
			}
		case err != nil:
			s.finish(err)
			return false
		case s.speaks():
			s.receive(ctx, data)
		}
		// Else only the close handshake is of interest.
	}
}

// heard moves the limit of silence of a client that has said hello.
func (s *socket) heard() {
	if s.viewer.Kind != "" && time.Since(s.extended) > min(extendAfter, s.svc.cfg.silenceLimit/4) {
		s.extend(s.svc.cfg.silenceLimit)
	}
}

// extend moves the time by which the client must be heard of, unless the
// socket is ending and its last deadline stands.
func (s *socket) extend(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending == nil {
		s.extended = time.Now()
		_ = s.conn.Expect(d) // a dead connection fails its next read
	}
}

func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending != nil
}

// finish ends the socket for a failed read: with a goodbye when the client can
// still hear it.
func (s *socket) finish(err error) {
	if e, ok := errors.AsType[*websock.ReadError](err); ok {
		if e.Gone {
			_ = s.conn.WriteClose(e.Code, "") // the other half of the handshake
			s.end(disconnect{Code: websock.CloseAbnormal})
			return
		}
		s.end(byeRead(e))
		s.conn.Drain()
		return
	}
	if s.viewer.Kind == "" && !s.ended() && isTimeout(err) {
		s.end(byeLate())
		return
	}
	s.end(disconnect{Code: websock.CloseAbnormal})
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

// ping makes the writer ask the client for a sign of life.
func (s *socket) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending == nil {
		s.pinging = true
		s.wake()
	}
}

// ack tells the client that a command is stored.
func (s *socket) ack(r event.Receipt) {
	var buf [ackBytes]byte
	s.send(appendAck(buf[:0], &r))
}

// fail tells the client that a command was refused.
func (s *socket) fail(cid string, err error) {
	e := errs.Public(err)
	if e.Code == errs.Internal && !errors.Is(err, context.Canceled) { // nobody waits for an answer any more
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
