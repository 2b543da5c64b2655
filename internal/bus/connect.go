package bus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func (b *Bus) connect(ctx context.Context) error {
	var err error
	if b.nc, err = b.dial(ctx, "parley"); err != nil {
		return err
	}
	if b.live, err = b.dial(ctx, "parley live"); err != nil {
		return err
	}
	if b.work, err = b.dial(ctx, "parley consumers"); err != nil {
		return err
	}
	b.nc.SetReconnectHandler(func(*nats.Conn) { b.back.tell() })
	b.live.SetReconnectHandler(func(*nats.Conn) { b.sinks.allGaps() })
	if b.js, err = jetstream.New(b.nc); err != nil {
		return fmt.Errorf("prepare JetStream: %w", err)
	}
	if b.workJS, err = jetstream.New(b.work); err != nil {
		return fmt.Errorf("prepare JetStream: %w", err)
	}
	b.async, err = newAsyncPublisher(b) //nolint:contextcheck // it lives as long as the bus
	return err
}

const dialPatience = 30 * time.Second

func (b *Bus) dial(ctx context.Context, name string) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectBufSize(-1), // a publish while disconnected fails at once and is retried by us, it never waits unseen
		nats.FlusherTimeout(10 * time.Second),
		nats.IgnoreAuthErrorAbort(), // credentials that are being changed are right again soon; giving up would be for ever
		nats.ErrorHandler(b.asyncError),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("NATS connection lost", "conn", name, "error", err)
			}
		}),
	}
	if b.srv != nil {
		nc, err := nats.Connect("", append(opts, b.srv.connectOptions()...)...)
		if err != nil {
			return nil, fmt.Errorf("connect to the embedded NATS server: %w", err)
		}
		return nc, nil
	}
	if b.joining {
		return dialOnce(b.cfg, opts)
	}
	return dialExternal(ctx, b.cfg, opts)
}

func dialOnce(cfg Config, opts []nats.Option) (*nats.Conn, error) {
	switch {
	case cfg.CredsFile != "":
		opts = append(opts, nats.UserCredentials(cfg.CredsFile))
	case cfg.User != "":
		opts = append(opts, nats.UserInfo(cfg.User, cfg.Password))
	case cfg.Token != "":
		opts = append(opts, nats.Token(cfg.Token))
	}
	nc, err := nats.Connect(cfg.URL, opts...)
	if errors.Is(err, nats.ErrAuthorization) {
		return nil, fmt.Errorf("connect to NATS at %s: the credentials were refused: %w", redacted(cfg.URL), err)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w (is it running, and reachable from here?)", redacted(cfg.URL), err)
	}
	return nc, nil
}

// dialExternal waits for a server that starts together with this process.
func dialExternal(ctx context.Context, cfg Config, opts []nats.Option) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	for {
		nc, err := dialOnce(cfg, opts)
		if err == nil || errors.Is(err, nats.ErrAuthorization) {
			return nc, err
		}
		if pause(ctx, 250*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// asyncError hears what nats.go has no caller to tell: mostly channels that
// are full. It runs on the connection's callback goroutine.
func (b *Bus) asyncError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if sub != nil && errors.Is(err, nats.ErrSlowConsumer) {
		b.counters.slow.Add(1)
		if b.sinks.gap(sub) {
			return
		}
		b.log.Warn("messages were dropped because the reader is too slow", "subject", sub.Subject)
		return
	}
	b.log.Warn("NATS reported an error", "error", err)
}

// listeners are functions to call when something happens.
type listeners struct {
	mu   sync.Mutex
	next int
	all  map[int]func()
}

// add registers f, which must not block, until the returned function is called.
func (l *listeners) add(f func()) (remove func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[int]func())
	}
	id := l.next
	l.next++
	l.all[id] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, id)
	}
}

func (l *listeners) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.all {
		f()
	}
}

// pause waits, or returns the context's error when it ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// redacted is a list of server addresses without passwords, for messages.
func redacted(urls string) string {
	list := strings.Split(urls, ",")
	for i, raw := range list {
		if u, err := url.Parse(strings.TrimSpace(raw)); err == nil {
			list[i] = u.Redacted()
		} else {
			list[i] = "(an address that cannot be read)"
		}
	}
	return strings.Join(list, ",")
}
