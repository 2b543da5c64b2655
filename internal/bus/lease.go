package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/ids"
)

const (
	leaseTTL     = 6 * time.Second
	leaseRefresh = 2 * time.Second
)

// Lead runs run in at most one process at a time: the holder of the lease name.
// The others wait and take over within about 8 s after the holder ended or was
// lost; a holder that stops by itself hands over at once. The context of run
// ends before the lease does. A holder that is frozen for longer than the lease
// may wake up beside the next one, so what run writes must be guarded by the
// store it writes to. Lead returns nil when ctx ends, else the error of run.
func (b *Bus) Lead(ctx context.Context, name string, run func(context.Context) error) error {
	holder := []byte(ids.New())
	defer b.leases.ask(name)()
	for ctx.Err() == nil {
		rev, err := b.lease.Load().Create(ctx, name, holder, jetstream.KeyTTL(leaseTTL))
		if err == nil {
			err = b.lead(ctx, name, holder, rev, run)
			if ctx.Err() == nil && !errors.Is(err, errLeaseLost) {
				return err
			}
		}
		if ctx.Err() == nil && !errors.Is(err, jetstream.ErrKeyExists) {
			b.log.Warn("lease is not held; it will be asked for again", "lease", name, "error", err)
			if err := b.ensureMemoryBuckets(ctx); err != nil {
				b.log.Warn("lease bucket is not there", "error", err)
			}
		}
		b.awaitLease(ctx, name)
	}
	return nil
}

var errLeaseLost = errors.New("the lease was lost")

// awaitLease returns when the lease may be free, or after its life time, or
// when ctx ends.
func (b *Bus) awaitLease(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, leaseTTL)
	defer cancel()
	watch, err := b.lease.Load().Watch(ctx, name)
	if err != nil {
		_ = pause(ctx, leaseRefresh) // the bucket cannot be watched: look again later
		return
	}
	defer func() { _ = watch.Stop() }() // fails only when it has ended
	for {
		select {
		case <-ctx.Done():
			return
		case entry, ok := <-watch.Updates():
			if !ok {
				_ = pause(ctx, leaseRefresh)
				return
			}
			if entry != nil && entry.Operation() != jetstream.KeyValuePut {
				return
			}
		}
	}
}

func (b *Bus) lead(ctx context.Context, name string, holder []byte, rev uint64, run func(context.Context) error) error {
	defer b.leases.hold(name)()
	leading, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- run(leading) }()
	tick := time.NewTicker(leaseRefresh)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case err := <-done:
			b.dropLease(ctx, name, rev)
			if cause := context.Cause(leading); errors.Is(cause, errLeaseLost) {
				return errLeaseLost
			}
			return err
		case <-tick.C:
			next, err := b.renew(ctx, name, holder, rev)
			switch {
			case err == nil:
				rev, renewed = next, time.Now()
			case apiCode(err) != 0 || time.Since(renewed) > leaseTTL-leaseRefresh:
				cancel(errLeaseLost)
			}
		}
	}
}

// renew writes the key again with a new life time, if it is still ours.
func (b *Bus) renew(ctx context.Context, name string, holder []byte, rev uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTry)
	defer cancel()
	ack, err := b.js.Publish(ctx, "$KV."+leaseBucket+"."+name, holder, jetstream.WithMsgTTL(leaseTTL), jetstream.WithExpectLastSequencePerSubject(rev))
	if err != nil {
		return 0, fmt.Errorf("renew the lease %s: %w", name, err)
	}
	return ack.Sequence, nil
}

// dropLease lets the next process begin at once, if the lease is still ours.
func (b *Bus) dropLease(ctx context.Context, name string, rev uint64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTry)
	defer cancel()
	if err := b.lease.Load().Delete(ctx, name, jetstream.LastRevision(rev)); err != nil {
		b.log.Debug("lease was not given back and will run out", "lease", name, "error", err)
	}
}

// leaseBook notes which leases this process asks for and which it holds.
type leaseBook struct {
	mu     sync.Mutex
	asking map[string]int // times it asks for one
	mine   map[string]int
}

// ask notes that the process wants the lease, until the returned function is
// called.
func (l *leaseBook) ask(name string) (forget func()) { return l.count(&l.asking, name) }

// hold notes that the process has the lease, likewise.
func (l *leaseBook) hold(name string) (lose func()) { return l.count(&l.mine, name) }

func (l *leaseBook) count(in *map[string]int, name string) (undo func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *in == nil {
		*in = make(map[string]int)
	}
	(*in)[name]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if (*in)[name]--; (*in)[name] == 0 {
			delete(*in, name)
		}
	}
}

// held tells of each lease that the process asks for whether it has it.
func (l *leaseBook) held() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]bool, len(l.asking))
	for name := range l.asking {
		out[name] = l.mine[name] > 0
	}
	return out
}
