package httpd

import (
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"parley/internal/errs"
)

// Limiter holds a token bucket for each key: visitor, address, account. It
// remembers the 50,000 keys used last; a key that falls out begins anew with a
// full bucket.
type Limiter struct {
	buckets   *lru.Cache[string, *rate.Limiter]
	perMinute int
	burst     int
	refused   atomic.Uint64
}

const limiterKeys = 50_000

// NewLimiter allows perMinute events a key and minute, burst of them at once.
// perMinute 0 allows everything.
func NewLimiter(perMinute, burst int) *Limiter {
	buckets, err := lru.New[string, *rate.Limiter](limiterKeys)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Limiter{buckets: buckets, perMinute: perMinute, burst: max(burst, 1)}
}

// Allow takes one token of the key's bucket, or answers rate_limited with the
// time until there is one.
func (l *Limiter) Allow(key string) error {
	if l.perMinute <= 0 {
		return nil
	}
	bucket, ok := l.buckets.Get(key)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.burst)
		if earlier, found, _ := l.buckets.PeekOrAdd(key, bucket); found {
			bucket = earlier
		}
	}
	r := bucket.Reserve()
	wait := r.Delay()
	if wait == 0 {
		return nil
	}
	r.Cancel()
	l.refused.Add(1)
	e := errs.New(errs.RateLimited, "too many requests; try again in %s", roundUp(wait))
	e.RetryAfter = wait
	return e
}

// Refused counts what was refused since the start of the process.
func (l *Limiter) Refused() uint64 { return l.refused.Load() }

func roundUp(d time.Duration) time.Duration {
	return d.Truncate(time.Second) + time.Second
}
