package bench

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// idler is a visitor who does nothing.
type idler struct {
	token string
	sock  *socket
	conv  string
	seq   int        // of the newest event
	acked chan error // a conversation was opened, or was not
}

// crowd is a set of idle visitors.
type crowd struct {
	url  string
	all  []*idler
	done sync.WaitGroup
	lost atomic.Int64 // sockets that have ended
}

// idle measures what sockets cost that do nothing: first of visitors who only
// have the page open, then with a conversation of their own; and how soon all
// are back after a restart.
func (b *Bench) idle(ctx context.Context) error {
	c := &crowd{url: b.cfg.Target.URL, all: make([]*idler, b.cfg.Sockets)}
	err := each(ctx, len(c.all), func(ctx context.Context, i int) error {
		token, err := b.visitor(ctx, b.cfg.Target.Key)
		c.all[i] = &idler{token: token, acked: make(chan error, 1)}
		return err
	})
	if err != nil {
		return err
	}
	defer c.hangUp()
	if err := b.fresh(ctx); err != nil {
		return err
	}
	before, err := b.collected(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("connect %d sockets: %w", len(c.all), err)
	}
	took := time.Since(started)
	connected, err := b.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(len(c.all))
	b.report.add("idle", "connect, all in turn", "µs", float64(took.Microseconds())/n)
	if err := b.addSockets(ctx, "a socket", before, connected, n); err != nil {
		return err
	}
	if err := c.converse(ctx); err != nil {
		return fmt.Errorf("open %d conversations: %w", len(c.all), err)
	}
	if err := b.quiet(ctx); err != nil {
		return err
	}
	if err := b.addSockets(ctx, "a socket with its conversation", before, usage{}, n); err != nil {
		return err
	}
	if b.cfg.Restart == nil {
		b.note("idle: the resume of all after a restart is measured only on a server that the benchmark started itself (--own)")
		return nil
	}
	return b.resume(ctx, c, before)
}

// settles is the time in which a server gives back the memory that only its
// start needed, silent sockets their goroutines, and the broker the part of the
// log that it has read or written last, which it keeps for ten seconds.
const settles = 12 * time.Second

// fresh restarts a server that is ours, so that what other scenarios have left
// in its memory does not count.
func (b *Bench) fresh(ctx context.Context) error {
	if b.cfg.Restart == nil {
		return nil
	}
	if err := b.cfg.Restart(ctx); err != nil {
		return fmt.Errorf("restart the server: %w", err)
	}
	return pause(ctx, settles)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// addSockets adds what n sockets have cost since before; connected, when it has
// values, is the usage right after they were opened.
func (b *Bench) addSockets(ctx context.Context, what string, before, connected usage, n float64) error {
	if len(b.cfg.Target.Admin) == 0 {
		return nil
	}
	if connected.cpu > 0 {
		b.report.add("idle", "server's processor time to connect", "µs", (connected.cpu-before.cpu)/n*1e6)
	}
	if err := pause(ctx, settles); err != nil {
		return err
	}
	now, err := b.collected(ctx)
	if err != nil {
		return err
	}
	b.report.add("idle", "memory of "+what+" (RSS)", "B", (now.resident-before.resident)/n)
	b.report.add("idle", "memory of "+what+" (RSS less free pages)", "B", (now.resident-now.held-before.resident+before.held)/n)
	b.report.add("idle", "memory of "+what+" (heap and stacks in use)", "B", (now.live-before.live)/n)
	b.report.add("idle", "goroutines of "+what, "", (now.goroutines-before.goroutines)/n)
	return nil
}

// comers is how many people connect at the same time: after a restart all come
// back within seconds.
const comers = 500

// connect opens the sockets and reads them, because the server closes one that
// does not answer its pings. Each resumes the conversation it has.
func (c *crowd) connect(ctx context.Context) error {
	return eachOf(ctx, len(c.all), comers, func(ctx context.Context, i int) error {
		v := c.all[i]
		resume := ""
		if v.conv != "" {
			resume = `,"resume":[{"conv":"` + v.conv + `","seq":` + strconv.Itoa(v.seq) + `}]`
		}
		s, err := dial(ctx, c.url, v.token, resume)
		if err != nil {
			return err
		}
		if resume != "" { // what comes behind it is read after it
			if _, err := s.ask(`{"type":"ping","n":1}`, "pong"); err != nil {
				s.close()
				return err
			}
		}
		v.sock = s
		c.done.Go(func() {
			_ = s.read(v.on) // that it ends is what counts
			c.lost.Add(1)
		})
		return nil
	})
}

// on takes the ack of the conversation.
func (v *idler) on(object []byte) error {
	switch {
	case is(object, "error"):
		v.acked <- refusal(object)
	case is(object, "ack"):
		v.conv = string(convOf(object))
		v.seq, _ = number(object, `"seq":`)
		v.acked <- nil
	}
	return nil
}

// converse opens a conversation on each socket.
func (c *crowd) converse(ctx context.Context) error {
	return each(ctx, len(c.all), func(ctx context.Context, i int) error {
		v := c.all[i]
		if err := v.sock.write([]byte(`{"type":"open","cid":"open"}`)); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, dialPatience)
		defer cancel()
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the ack: %w", ctx.Err())
		case err := <-v.acked:
			return err
		}
	})
}

// resume restarts the server and brings everybody back. Memory is told against
// base, the server without sockets.
func (b *Bench) resume(ctx context.Context, c *crowd, base usage) error {
	if lost := c.lost.Load(); lost > 0 {
		return fmt.Errorf("%d idle sockets were lost", lost)
	}
	stopped := time.Now()
	if err := b.cfg.Restart(ctx); err != nil {
		return fmt.Errorf("restart the server: %w", err)
	}
	ready := time.Now()
	c.hangUp()
	before, err := b.usage(ctx)
	if err != nil {
		return err
	}
	own := ownTime()
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("come back after the restart: %w", err)
	}
	took := time.Since(ready)
	own = ownTime() - own
	now, err := b.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(len(c.all))
	b.report.add("idle", "restart, from stop to ready", "s", ready.Sub(stopped).Seconds())
	b.report.add("idle", fmt.Sprintf("resume of %d, from ready", len(c.all)), "s", took.Seconds())
	b.report.add("idle", "server's processor time to resume a socket", "µs", (now.cpu-before.cpu)/n*1e6)
	if own > 0 { // it can be read here
		b.report.add("idle", "PostgreSQL's processor time for it", "µs", (now.postgres-before.postgres)/n*1e6)
		b.report.add("idle", "the generator's processor time for it", "µs", own/n*1e6)
	}
	return b.addSockets(ctx, "a resumed socket", base, usage{}, n)
}

// hangUp closes the sockets and waits for their readers.
func (c *crowd) hangUp() {
	for _, v := range c.all {
		if v != nil && v.sock != nil {
			v.sock.close()
		}
	}
	c.done.Wait()
}
