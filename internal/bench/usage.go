package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// usage is what the servers have used since they started, all together.
type usage struct {
	cpu        float64 // seconds of processor time of the processes
	gc         float64 // of it, what collecting garbage took
	allocs     float64 // objects on the heap, ever
	bytes      float64 // of them
	resident   float64 // bytes in memory
	live       float64 // bytes of heap and stacks in use
	held       float64 // of those in memory, free pages that the runtime has not given back yet
	pending    float64 // messages that consumers behind the log have not handled
	goroutines float64
	postgres   float64 // seconds of processor time of a local PostgreSQL
}

// sums adds up the samples of each metric of an exposition in Prometheus's text
// format, whatever their labels.
func sums(exposition []byte) map[string]float64 {
	out := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(exposition))
	for lines.Scan() {
		line := lines.Text()
		name, rest, ok := strings.Cut(line, " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if i := strings.LastIndexByte(line, '}'); i > 0 {
			name, _, _ = strings.Cut(line, "{")
			rest = strings.TrimSpace(line[i+1:])
		}
		value, _, _ := strings.Cut(rest, " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] += v
		}
	}
	return out
}

// usage asks every admin listener, and /proc for PostgreSQL.
func (b *Bench) usage(ctx context.Context) (usage, error) {
	var u usage
	for _, admin := range b.cfg.Target.Admin {
		exposition, err := b.get(ctx, admin+"/metrics", "")
		if err != nil {
			return usage{}, err
		}
		m := sums(exposition)
		u.cpu += m["process_cpu_seconds_total"]
		u.gc += m["go_cpu_classes_gc_total_cpu_seconds_total"]
		u.allocs += m["go_memstats_mallocs_total"]
		u.bytes += m["go_memstats_alloc_bytes_total"]
		u.resident += m["process_resident_memory_bytes"]
		u.live += m["go_memstats_heap_inuse_bytes"] + m["go_memstats_stack_inuse_bytes"]
		u.held += m["go_memstats_heap_idle_bytes"] - m["go_memstats_heap_released_bytes"]
		u.pending += m["parley_bus_consumer_pending_messages"] + m["parley_bus_consumer_ack_pending_messages"]
		u.goroutines += m["go_goroutines"]
	}
	u.postgres = postgresTime(b.cfg.Target.Data)
	return u, nil
}

// collected is the usage after garbage was collected.
func (b *Bench) collected(ctx context.Context) (usage, error) {
	for _, admin := range b.cfg.Target.Admin {
		for range 3 { // what pools keep outlives two collections
			if _, err := b.get(ctx, admin+"/debug/pprof/heap?gc=1", ""); err != nil {
				return usage{}, err
			}
		}
	}
	return b.usage(ctx)
}

const quietPatience = time.Minute

// quiet waits until the consumers behind the log have handled everything that
// is stored, so that what one run leaves behind does not count in the next. In
// a deployment that others use as well they may never have: then it notes that
// once and does not wait again.
func (b *Bench) quiet(ctx context.Context) error {
	if b.restless {
		return nil
	}
	patience := time.NewTimer(quietPatience)
	defer patience.Stop()
	ticker := time.NewTicker(200 * time.Millisecond) // metrics are asked for; they do not call
	defer ticker.Stop()
	for {
		u, err := b.usage(ctx)
		if err != nil {
			return err
		}
		if u.pending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			b.restless = true
			b.note(fmt.Sprintf("the consumers behind the log were still %.0f messages behind after %s: what they do counts in the runs that follow", u.pending, quietPatience))
			return nil
		case <-ticker.C:
		}
	}
}

// get fetches an address; an answer other than 200 is an error.
func (b *Bench) get(ctx context.Context, url, token string) ([]byte, error) {
	return b.request(ctx, http.MethodGet, url, token, nil)
}
