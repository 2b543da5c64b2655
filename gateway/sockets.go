package gateway

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/websock"
)

// sockets is the registry of a process: Fiber forgets upgraded connections, so
// whoever drains must know them.
type sockets struct {
	mu      sync.Mutex
	all     map[*socket]struct{}
	agents  map[string]map[*socket]struct{} // by agent
	opened  uint                            // counts up; spreads the pings
	buffers sync.Pool
}

func newSockets() *sockets {
	return &sockets{
		all: map[*socket]struct{}{}, agents: map[string]map[*socket]struct{}{},
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// Buffers larger than this are left to the garbage collector.
const keepBuffer = 64 << 10

// buffer returns an empty one: there is room for a frame's head before what is
// appended.
func (r *sockets) buffer() []byte {
	b, ok := r.buffers.Get().(*[]byte)
	if !ok || cap(*b) < websock.HeadRoom {
		return make([]byte, websock.HeadRoom, 512)
	}
	return (*b)[:websock.HeadRoom]
}

func (r *sockets) recycle(b []byte) {
	if cap(b) <= keepBuffer {
		r.buffers.Put(&b)
	}
}

// add registers a socket, or answers busy when max are open.
func (r *sockets) add(s *socket, limit int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= limit {
		e := errs.New(errs.Busy, "the server has as many connections as it can hold; try again")
		e.RetryAfter = 5 * time.Second
		return e
	}
	s.slot = r.opened % pingSlots
	r.opened++
	r.all[s] = struct{}{}
	return nil
}

func (r *sockets) addAgent(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	set := r.agents[s.viewer.ID]
	if set == nil {
		set = map[*socket]struct{}{}
		r.agents[s.viewer.ID] = set
	}
	set[s] = struct{}{}
}

func (r *sockets) remove(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, s)
	if set := r.agents[s.viewer.ID]; set != nil {
		delete(set, s)
		if len(set) == 0 {
			delete(r.agents, s.viewer.ID)
		}
	}
}

// of returns the sockets of one agent.
func (r *sockets) of(agent string) []*socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*socket, 0, len(r.agents[agent]))
	for s := range r.agents[agent] {
		out = append(out, s)
	}
	return out
}

// staff returns the sockets of every agent.
func (r *sockets) staff() []*socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*socket, 0, len(r.agents))
	for _, set := range r.agents {
		for s := range set {
			out = append(out, s)
		}
	}
	return out
}

func (r *sockets) list() []*socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*socket, 0, len(r.all))
	for s := range r.all {
		out = append(out, s)
	}
	return out
}

func (r *sockets) count() (all, staff int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range r.agents {
		staff += len(set)
	}
	return len(r.all), staff
}

// upgrade accepts the connection. Who it is, and whether its origin fits, is
// decided at hello: only the token names the inbox whose origins count.
func (s *Service) upgrade() fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !websock.Is(c) {
			return fiber.ErrUpgradeRequired
		}
		if s.draining.Load() {
			s.metrics.upgrades.WithLabelValues(refusedDraining).Inc()
			e := errs.New(errs.Busy, "the server restarts; try again")
			e.RetryAfter = 2 * time.Second
			return e
		}
		if err := s.address.AllowAddress(c.IP()); err != nil {
			s.metrics.upgrades.WithLabelValues(refusedRate).Inc()
			return err
		}
		if open, _ := s.sockets.count(); open >= s.cfg.MaxSockets {
			s.metrics.upgrades.WithLabelValues(refusedFull).Inc()
			e := errs.New(errs.Busy, "the server has as many connections as it can hold; try again")
			e.RetryAfter = 5 * time.Second
			return e
		}
		origin, cookie := c.Get(fiber.HeaderOrigin), c.Cookies(httpd.SessionCookie)
		return s.upgrader.Upgrade(c, func(conn *websock.Conn) { s.serve(conn, origin, cookie) })
	}
}

func (s *Service) serve(conn *websock.Conn, origin, cookie string) {
	defer s.logPanic()
	sock := newSocket(s, conn)
	sock.origin, sock.cookie = origin, cookie
	if err := s.sockets.add(sock, s.cfg.MaxSockets); err != nil {
		sock.end(byeError(err))
		sock.awaitWriter()
		return
	}
	ctx, cancel := context.WithCancel(context.Background()) // the request's context ended with the upgrade
	conn.Heard = sock.heard
	sock.extend(s.cfg.helloTimeout)
	s.run(ctx, cancel, sock)
}

// run serves a socket until it ends, which cancels ctx, or rests.
func (s *Service) run(ctx context.Context, cancel context.CancelFunc, sock *socket) {
	defer s.logPanic()
	rests := false
	defer func() {
		if !rests {
			s.drop(sock)
			cancel()
		}
	}()
	if rests = sock.serve(ctx); rests {
		sock.conn.Park(func() {
			sock.rise()
			s.run(ctx, cancel, sock)
		})
	}
}

// drop forgets a socket that has ended.
func (s *Service) drop(sock *socket) {
	sock.awaitWriter()
	sock.leaveAll()
	if sock.counted {
		s.presence.disconnect(sock.viewer.ID)
	}
	s.sockets.remove(sock)
}

// logPanic keeps a panic from ending the process. It must be deferred.
func (s *Service) logPanic() {
	if p := recover(); p != nil {
		s.log.Error("socket handler panicked", "panic", p, "stack", string(debug.Stack()))
	}
}

// pingSlots divides the interval of pings, so that not all sockets are written
// at once.
const pingSlots = 25

// keepAlive pings each socket once an interval, and lets silent ones rest.
func (s *Service) keepAlive(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.pingInterval / pingSlots)
	defer tick.Stop()
	for slot := uint(0); ; slot = (slot + 1) % pingSlots {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.sockets.tick(slot)
		}
	}
}

// tick asks the sockets of a slot for a sign of life. Their writers do it:
// nobody waits for a slow one.
func (r *sockets) tick(slot uint) {
	for _, sock := range r.list() {
		sock.rest()
		if sock.slot == slot {
			sock.ping()
		}
	}
}

const drainWorkers = 64

// drain says goodbye to every socket, some at a time, and waits for them.
func (s *Service) drain(ctx context.Context) {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	queue := make(chan *socket)
	var wg sync.WaitGroup
	for range drainWorkers {
		wg.Go(func() {
			for sock := range queue {
				sock.end(byeRestart())
				sock.awaitEnd(ctx)
			}
		})
	}
	for _, sock := range s.sockets.list() {
		queue <- sock
	}
	close(queue)
	wg.Wait()
}

// awaitEnd waits until the goodbye is written or ctx ends.
func (s *socket) awaitEnd(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		s.space.Broadcast()
		s.mu.Unlock()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.writing && ctx.Err() == nil {
		s.space.Wait()
	}
}
