package gateway

import "time"

// A socket that says nothing rests: its reader's goroutine, which is most of
// what it costs, ends, and the connection wakes it. Pongs interrupt the rest for
// a moment only.

// rest has the reader of a socket that has been silent ask whether it may end,
// and wakes a resting one that has not been heard of for too long.
func (s *socket) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.resting && time.Since(s.extended) > s.svc.cfg.silenceLimit:
		s.conn.Wake()
	case !s.resting && s.silent():
		s.conn.Interrupt()
	}
}

// silent reports whether the socket has said hello and nothing for a while. mu
// is held.
func (s *socket) silent() bool {
	return s.ending == nil && s.viewer.Kind != "" && time.Since(s.said) >= s.svc.cfg.restAfter
}

// mayRest lets the reader end, or gives it the deadline that it waits by.
func (s *socket) mayRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resting = s.silent() && time.Since(s.extended) <= s.svc.cfg.silenceLimit
	if !s.resting {
		s.expect()
	}
	return s.resting
}

// rise ends the rest.
func (s *socket) rise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resting = false
	s.expect()
}

// expect sets the reader's deadline anew, which resting and its end have
// overruled. mu is held.
func (s *socket) expect() {
	wait := closeGrace
	if s.ending == nil {
		limit := s.svc.cfg.silenceLimit
		if s.viewer.Kind == "" {
			limit = s.svc.cfg.helloTimeout
		}
		wait = limit - time.Since(s.extended)
	}
	_ = s.conn.Expect(wait) // a dead connection fails its next read
}

// speaks notes that an object came, unless the socket is ending.
func (s *socket) speaks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = time.Now()
	return s.ending == nil
}
