package bot

import (
	"sync"
	"time"
)

// A model that failed breakAfter times in a row rests for breakFor; then one
// call tries it, and only its success lets the others through again.
const (
	breakAfter = 3
	breakFor   = 30 * time.Second
)

// breaker keeps visitors from waiting for a model that is down.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time // rests until then
	trying   bool      // one call is trying it
}

// allow reports whether a call may be made; then report or cancel must follow.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakAfter {
		return true
	}
	if b.trying || b.now().Before(b.until) {
		return false
	}
	b.trying = true
	return true
}

func (b *breaker) report(success bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	if success {
		b.failures = 0
		return
	}
	b.failures++
	b.until = b.now().Add(breakFor)
}

// rest keeps the model in peace for as long as it has asked for.
func (b *breaker) rest(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	b.failures = max(b.failures, breakAfter)
	b.until = b.now().Add(d)
}

// cancel says that the call was not made after all.
func (b *breaker) cancel() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// resting reports whether calls are refused now.
func (b *breaker) resting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= breakAfter && b.now().Before(b.until)
}
