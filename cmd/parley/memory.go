package main

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// startSettles is the time after which modules have migrated, trained and
// indexed on two slow cores.
const startSettles = 10 * time.Second

// releaseStart gives the memory of the start back to the system, once. The
// runtime would hold it for minutes: an idle process hardly collects, and what
// pools keep, such as the encoder that compressed the pages, outlives two
// collections.
func releaseStart(ctx context.Context, log *slog.Logger) {
	select {
	case <-ctx.Done():
	case <-time.After(startSettles):
		for range 3 {
			runtime.GC()
		}
		debug.FreeOSMemory()
		log.Debug("memory of the start given back")
	}
}

const (
	usualPercent = 100      // the runtime's own default
	busyRate     = 16 << 20 // bytes allocated a second from which on the process counts as busy
	busyRoom     = 96 << 20 // bytes that a busy process may allocate between two collections
	mostPercent  = 800
)

// tuneCollector gives the heap of a busy process more room, until ctx ends. The
// live heap is small, so that by the default a collection would run for every
// few thousand messages and take a third of the processor time; an idle process
// keeps the default and stays small. Whoever sets GOGC decides instead.
func tuneCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	c := &collector{at: time.Now(), percent: usualPercent}
	c.arm()
	<-ctx.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}

// collector is told after each collection.
type collector struct {
	mu      sync.Mutex
	at      time.Time
	total   uint64 // bytes allocated until then
	percent int
	over    bool
}

// arm makes an object that the next collection finds unused.
func (c *collector) arm() {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
		if c.collected() {
			c.arm()
		}
	})
}

// collected sets how much the heap may grow until the next collection.
func (c *collector) collected() (again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	total, live := samples[0].Value.Uint64(), samples[1].Value.Uint64()
	percent := growth(total-c.total, live, time.Since(c.at))
	c.at, c.total = time.Now(), total
	if percent != c.percent {
		c.percent = percent
		debug.SetGCPercent(percent)
	}
	return true
}

// growth is the percentage by which a heap of live bytes may grow, after
// allocated bytes in the time since the last collection.
func growth(allocated, live uint64, since time.Duration) int {
	if float64(allocated) < busyRate*since.Seconds() {
		return usualPercent
	}
	return int(min(mostPercent, max(usualPercent, 100*busyRoom/max(live, 1))))
}
