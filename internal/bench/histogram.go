package bench

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts times in buckets that are 1/64 of their value wide, so a
// quantile is at most 1.6 % too high. Any goroutine may add.
type histogram struct {
	counts [64 * buckets]atomic.Uint64
}

const buckets = 64 // a power of two has as many

func bucketOf(d time.Duration) int {
	v := int(max(d, 0))
	if v < buckets {
		return v
	}
	shift := bits.Len(uint(v)) - bits.Len(buckets)
	return (shift+1)*buckets + v>>shift - buckets
}

// upper is the largest time of a bucket.
func upper(bucket int) time.Duration {
	if bucket < buckets {
		return time.Duration(bucket)
	}
	shift := bucket/buckets - 1
	return time.Duration((bucket%buckets+buckets+1)<<shift - 1)
}

func (h *histogram) add(d time.Duration) { h.counts[bucketOf(d)].Add(1) }

func (h *histogram) reset() {
	for i := range h.counts {
		h.counts[i].Store(0)
	}
}

func (h *histogram) count() (n uint64) {
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// quantile is the smallest time that a share of all, between 0 and 1, does not
// exceed; 0 when nothing was added.
func (h *histogram) quantile(share float64) time.Duration {
	total := h.count()
	rank := min(uint64(share*float64(total))+1, total)
	var seen uint64
	for i := range h.counts {
		if seen += h.counts[i].Load(); seen >= rank && seen > 0 {
			return upper(i)
		}
	}
	return 0
}
