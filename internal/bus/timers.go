package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

const (
	timerStream = "TIMERS"
	firedTTL    = "168h" // what has fired leaves the stream after a week

	tokenLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
)

// Schedule fires a timer at a time, never before it and usually within 300 ms
// after, once, also if processes are restarted meanwhile. It replaces an
// earlier one of the same kind and id. A time that has passed fires at once.
// kind and id are tokens: letters, digits, "-" and "_".
func (b *Bus) Schedule(ctx context.Context, kind, id string, at time.Time, data []byte) error {
	if err := timerToken(kind, id); err != nil {
		return err
	}
	// The header is written here because jetstream.WithScheduleAt cuts to whole
	// seconds and so fires early.
	_, err := b.publishRaw(ctx, Msg{Subject: event.TimerSubject(kind, id), Data: data}, map[string]string{
		jetstream.ScheduleHeader:       "@at " + at.UTC().Format(time.RFC3339Nano),
		jetstream.ScheduleTargetHeader: event.DueSubject(kind, id),
		jetstream.ScheduleTTLHeader:    firedTTL,
	})
	if err != nil {
		return fmt.Errorf("schedule timer %s %s: %w", kind, id, err)
	}
	return nil
}

// Cancel removes a timer. One that is not there is no error; one that fires at
// this moment may still arrive, so handlers check whether it still matters.
func (b *Bus) Cancel(ctx context.Context, kind, id string) error {
	if err := timerToken(kind, id); err != nil {
		return err
	}
	s, err := b.js.Stream(ctx, timerStream)
	if err != nil {
		return fmt.Errorf("open the stream %s: %w", timerStream, err)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSubject(event.TimerSubject(kind, id))); err != nil {
		return fmt.Errorf("cancel timer %s %s: %w", kind, id, err)
	}
	return nil
}

// OnDue runs handle for each timer of a kind that fires, until ctx ends. name
// is the durable consumer, <module>-<purpose>; several processes share the
// work. handle's result settles the timer as with [Consumer].
func (b *Bus) OnDue(ctx context.Context, name, kind string, handle func(ctx context.Context, id string, data []byte) error) error {
	if err := timerToken(kind); err != nil {
		return err
	}
	return b.Consume(ctx, Consumer{
		Name: name, Streams: []string{timerStream}, Filter: event.DueSubject(kind, "*"),
		Handle: func(ctx context.Context, d Delivery) error {
			return handle(ctx, strings.TrimPrefix(d.Subject, event.DueSubject(kind, "")), d.Data)
		},
	})
}

func timerToken(tokens ...string) error {
	for _, t := range tokens {
		if t == "" || strings.Trim(t, tokenLetters) != "" {
			return errs.New(errs.Invalid, "%q cannot name a timer: use letters, digits, - and _", t)
		}
	}
	return nil
}

// publishRaw is Publish with headers of the broker.
func (b *Bus) publishRaw(ctx context.Context, m Msg, broker map[string]string) (Ack, error) {
	msg, err := m.encode()
	if err != nil {
		return Ack{}, err
	}
	for k, v := range broker {
		msg.Header.Set(k, v)
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	ack, err := b.publishOnce(ctx, msg)
	if err != nil {
		return b.persist(ctx, m, msg, err)
	}
	return ack, nil
}
