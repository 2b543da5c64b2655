package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// position is how far a pinned consumer is in a stream. It is kept in the
// bucket positions, under <consumer>.<stream>.
type position struct {
	Seq    uint64 `json:"seq"`              // everything up to it is settled
	Starts int    `json:"starts,omitempty"` // times that a process has begun to handle what is after it, and has not lived to settle it
}

func positionKey(consumer, stream string) string { return consumer + "." + stream }

// loadPosition returns where a consumer goes on; found is false for one that is
// new.
func (b *Bus) loadPosition(ctx context.Context, consumer, stream string) (at position, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	entry, err := b.positions.Get(ctx, positionKey(consumer, stream))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return position{}, false, nil
	}
	if err != nil {
		return position{}, false, fmt.Errorf("read the position of %s in %s: %w", consumer, stream, err)
	}
	if err := json.Unmarshal(entry.Value(), &at); err != nil {
		return position{}, false, fmt.Errorf("decode the position of %s in %s: %w", consumer, stream, err)
	}
	return at, true, nil
}

func (b *Bus) savePosition(ctx context.Context, consumer, stream string, at position) error {
	ctx, cancel := context.WithTimeout(ctx, publishTry)
	defer cancel()
	body, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("encode the position of %s in %s: %w", consumer, stream, err)
	}
	if _, err := b.positions.Put(ctx, positionKey(consumer, stream), body); err != nil {
		return fmt.Errorf("save the position of %s in %s: %w", consumer, stream, err)
	}
	return nil
}

// adoptDurable takes the position over from a durable consumer of the same
// name, as earlier versions had, and deletes that.
func (b *Bus) adoptDurable(ctx context.Context, consumer, stream string) (seq uint64, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	old, err := b.workJS.Consumer(ctx, stream, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look for an older consumer: %w", err)
	}
	seq = old.CachedInfo().AckFloor.Stream
	if err := b.savePosition(ctx, consumer, stream, position{Seq: seq}); err != nil {
		return 0, false, err
	}
	if err := b.workJS.DeleteConsumer(ctx, stream, consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, false, fmt.Errorf("delete the older consumer: %w", err)
	}
	return seq, true, nil
}

// surveyPositions lists the pinned consumers, of whatever process, with how far
// each is behind the end of its stream.
func (b *Bus) surveyPositions(ctx context.Context, streams []StreamStats) ([]ConsumerStats, error) {
	last := lastSeqs(streams)
	watch, err := b.positions.WatchAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the positions of consumers: %w", err)
	}
	defer func() { _ = watch.Stop() }() // fails only when it has ended
	var out []ConsumerStats
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case entry, ok := <-watch.Updates():
			if !ok || entry == nil {
				return out, nil
			}
			var at position
			consumer, stream, named := strings.Cut(entry.Key(), ".")
			if json.Unmarshal(entry.Value(), &at) != nil || !named {
				continue
			}
			c := ConsumerStats{Stream: stream, Name: consumer}
			if last[stream] > at.Seq {
				c.Pending = last[stream] - at.Seq
			}
			out = append(out, c)
		}
	}
}

// saveEvery is how often a position that moves is written: that much work may
// be done again after a crash.
const saveEvery = 500 * time.Millisecond
