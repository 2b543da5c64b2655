package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Names of figures that ratios are made of.
const (
	figureRate = "acked messages"
	figureCPU  = "server's processor time a message"
)

// closed lets each visitor send as soon as the message before is acked. The
// baselines take turns with it.
func (b *Bench) closed(ctx context.Context) (err error) {
	t, err := b.converse(ctx, b.cfg.Conversations)
	if err != nil {
		return err
	}
	defer t.hangUp()
	list, err := b.baselines(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(list)) }()
	if err := b.quiet(ctx); err != nil {
		return err
	}
	for range b.cfg.Runs {
		if err := b.measure(ctx, "closed", t, b.closedLoop(ctx, t)); err != nil {
			return err
		}
		for _, other := range list {
			if err := other.run(ctx); err != nil {
				return err
			}
		}
	}
	b.report.ratios("closed", nameRelay, figureRate, figureCPU)
	b.report.ratios("closed", nameLog, figureRate, figureCPU)
	return t.end(ctx)
}

// closedLoop is the load of one run.
func (b *Bench) closedLoop(ctx context.Context, t *talk) func() error {
	return func() error {
		t.closed.Store(true)
		for _, c := range t.convs {
			if err := t.say(c, time.Now()); err != nil {
				return err
			}
		}
		err := pause(ctx, b.cfg.Duration)
		t.closed.Store(false)
		return err
	}
}

// open sends at fixed rates whatever the answers; times count from when a
// message was due. A rate that is too much for the server is told as such.
func (b *Bench) open(ctx context.Context) error {
	for _, rate := range b.cfg.Rates {
		name := "open"
		if len(b.cfg.Rates) > 1 {
			name = fmt.Sprintf("open, %d/s", rate)
		}
		err := b.openAt(ctx, name, rate)
		if overload, ok := errors.AsType[overloadError](err); ok {
			b.note(fmt.Sprintf("open: %d messages a second are too many: %s", rate, overload))
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) openAt(ctx context.Context, name string, rate int) error {
	t, err := b.converse(ctx, b.cfg.Conversations)
	if err != nil {
		return err
	}
	defer t.hangUp()
	if err := b.quiet(ctx); err != nil {
		return err
	}
	for range b.cfg.Runs {
		if err := b.measure(ctx, name, t, func() error { return t.pace(ctx, rate, b.cfg.Duration) }); err != nil {
			return err
		}
	}
	return t.end(ctx)
}

// pace sends a message of each conversation in turn, rate a second.
func (t *talk) pace(ctx context.Context, rate int, duration time.Duration) error {
	alarm := newAlarm()
	defer alarm.close()
	started := time.Now()
	n := int(int64(rate) * int64(duration) / int64(time.Second))
	for i := range n {
		due := started.Add(time.Duration(int64(i) * int64(time.Second) / int64(rate)))
		alarm.until(due)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.say(t.convs[i%len(t.convs)], due); err != nil {
			return errors.Join(t.failed(), err)
		}
	}
	return nil
}

// measure runs the load once and adds the figures of the run. Two processor
// times are told: what the servers used until all was acked and read, and what
// they used until the consumers behind the log had done their part as well.
func (b *Bench) measure(ctx context.Context, scenario string, t *talk, load func() error) error {
	t.acks.reset()
	t.reads.reset()
	before, err := b.usage(ctx)
	if err != nil {
		return err
	}
	acked, started, own := t.acked.Load(), time.Now(), ownTime()
	if err := load(); err != nil {
		return err
	}
	rate := float64(t.acked.Load()-acked) / time.Since(started).Seconds()
	if err := t.settle(ctx); err != nil {
		return err
	}
	after, err := b.usage(ctx)
	if err != nil {
		return err
	}
	took, own := time.Since(started), ownTime()-own
	if err := b.quiet(ctx); err != nil {
		return err
	}
	final, err := b.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(t.acked.Load() - acked)
	r := b.report
	r.add(scenario, figureRate, "1/s", rate)
	r.times(scenario, "ack", &t.acks, 0.5, 0.99, 0.999)
	r.times(scenario, "visitor to agent", &t.reads, 0.5, 0.99, 0.999)
	b.addUsage(scenario, n, took, before, after, final)
	r.add(scenario, "the benchmark's own processor time a message", "µs", own/n*1e6)
	return nil
}

// addUsage adds what n messages have cost, when the servers can be asked.
func (b *Bench) addUsage(scenario string, n float64, took time.Duration, before, after, final usage) {
	r := b.report
	if len(b.cfg.Target.Admin) > 0 {
		cpu := after.cpu - before.cpu
		r.add(scenario, figureCPU, "µs", cpu/n*1e6)
		r.add(scenario, "processors the server kept busy", "", cpu/took.Seconds())
		r.add(scenario, "allocations a message", "", (after.allocs-before.allocs)/n)
		r.add(scenario, "bytes allocated a message", "B", (after.bytes-before.bytes)/n)
		if cpu > 0 {
			r.add(scenario, "garbage collection's share of it", "%", (after.gc-before.gc)/cpu*100)
		}
	}
	if len(b.cfg.Target.Admin) > 0 && !b.bare {
		r.add(scenario, figureCPU+", until consumers have caught up", "µs", (final.cpu-before.cpu)/n*1e6)
		r.add(scenario, "messages the consumers were behind", "", after.pending)
	}
	if final.postgres > 0 {
		r.add(scenario, "PostgreSQL's processor time a message", "µs", (final.postgres-before.postgres)/n*1e6)
	}
}
