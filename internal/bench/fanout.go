package bench

import (
	"context"
	"time"
)

// fanout lets one visitor talk to many readers of the conversation: the next
// message is sent when all have read the one before.
func (b *Bench) fanout(ctx context.Context) error {
	t, err := b.audience(ctx, b.cfg.Readers)
	if err != nil {
		return err
	}
	defer t.hangUp()
	for range b.cfg.Runs {
		if err := b.quiet(ctx); err != nil {
			return err
		}
		if err := b.fanoutRun(ctx, t); err != nil {
			return err
		}
	}
	return t.end(ctx)
}

func (b *Bench) fanoutRun(ctx context.Context, t *talk) error {
	var last histogram
	t.reads.reset()
	before, err := b.usage(ctx)
	if err != nil {
		return err
	}
	read, started := t.read.Load(), time.Now()
	for time.Since(started) < b.cfg.Duration {
		sent := time.Now()
		if err := t.say(t.convs[0], sent); err != nil {
			return err
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
		last.add(time.Since(sent))
	}
	took := time.Since(started)
	after, err := b.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(t.read.Load() - read)
	b.report.add("fanout", "deliveries", "1/s", n/took.Seconds())
	b.report.times("fanout", "to each reader", &t.reads, 0.5, 0.99)
	b.report.times("fanout", "to the last reader", &last, 0.5, 0.99)
	b.addCPU("fanout", "a delivery", n, before, after)
	return nil
}

// addCPU adds the processor time of one of n things.
func (b *Bench) addCPU(scenario, what string, n float64, before, after usage) {
	if len(b.cfg.Target.Admin) > 0 && n > 0 {
		b.report.add(scenario, "server's processor time "+what, "µs", (after.cpu-before.cpu)/n*1e6)
	}
	if after.postgres > 0 && n > 0 {
		b.report.add(scenario, "PostgreSQL's processor time "+what, "µs", (after.postgres-before.postgres)/n*1e6)
	}
}
