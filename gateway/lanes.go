package gateway

import (
	"sync"

	"parley/internal/errs"
)

// maxWaiting bounds the commands of one socket that wait in its lanes.
const maxWaiting = 64

// lanes hold commands that may have to wait for the log, one queue for each
// conversation. While a stream has no leader its conversations wait for
// seconds, and those of other streams, and pings, must not wait with them.
type lanes struct {
	mu    sync.Mutex
	queue map[string][]func() // by conversation: what comes after the one that runs; nil before the first
	count int                 // of all, those that run included
}

func (l *lanes) busy(conv string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, busy := l.queue[conv]
	return busy
}

// put runs the command after those of its conversation that wait; false when
// too many do.
func (l *lanes) put(conv string, run func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= maxWaiting {
		return false
	}
	if l.queue == nil {
		l.queue = map[string][]func(){}
	}
	l.count++
	waiting, busy := l.queue[conv]
	if busy {
		l.queue[conv] = append(waiting, run)
		return true
	}
	l.queue[conv] = nil
	go l.drain(conv, run)
	return true
}

func (l *lanes) drain(conv string, run func()) {
	for run != nil {
		run()
		run = l.next(conv)
	}
}

// next ends the lane when nothing waits.
func (l *lanes) next(conv string) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count--
	waiting := l.queue[conv]
	if len(waiting) == 0 {
		delete(l.queue, conv)
		return nil
	}
	l.queue[conv] = waiting[1:]
	return waiting[0]
}

// inTurn runs a command at once, or in the lane of its conversation: when it
// may have to wait for the log, and when one before it does. So the commands of
// a conversation keep their order.
func (s *socket) inTurn(conv, cid string, wait bool, run func() error) error {
	if !wait && !s.lanes.busy(conv) {
		return run()
	}
	started := s.lanes.put(conv, func() {
		defer s.svc.logPanic()
		if err := run(); err != nil {
			s.fail(cid, err)
		}
	})
	if !started {
		return errs.New(errs.Busy, "too many messages of yours wait to be stored; please try again")
	}
	return nil
}
