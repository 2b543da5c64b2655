package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"parley/internal/errs"
)

// maxRead bounds one Read; longer pages are read by going on.
const maxRead = 1000

// Read returns at most limit (at most 1000) messages of a subject with a
// sequence above after, in order. Everything that was acknowledged before the
// call and fits is there. A subject without messages gives none.
func (b *Bus) Read(ctx context.Context, subject string, after uint64, limit int) ([]Stored, error) {
	stream, err := b.streamOf(subject)
	if err != nil || limit <= 0 {
		return nil, err
	}
	// Most often nothing has come since, and one plain request tells.
	first, err := b.get(ctx, stream, getRequest{Seq: after + 1, NextFor: subject})
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case limit == 1:
		return []Stored{first}, nil
	}
	rest, err := b.read(ctx, stream, subject, first.Seq, min(limit, maxRead)-1)
	if err != nil {
		return nil, err
	}
	return append([]Stored{first}, rest...), nil
}

// ReadStream is Read for all subjects of a stream.
func (b *Bus) ReadStream(ctx context.Context, stream string, after uint64, limit int) ([]Stored, error) {
	return b.read(ctx, stream, ">", after, limit)
}

func (b *Bus) read(ctx context.Context, stream, subject string, after uint64, limit int) (out []Stored, err error) {
	limit = min(limit, maxRead)
	if limit <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	for more := true; more && len(out) < limit; {
		out, more, err = b.readBatch(ctx, stream, subject, out, after, limit)
		if err != nil {
			return nil, err
		}
	}
	if b.cfg.Replicas > 1 && len(out) < limit {
		return b.readTail(ctx, stream, subject, out, after, limit)
	}
	return out, nil
}

// readBatch appends what one request gives; more says that the broker ended it
// early. It goes on by itself while nobody answers.
func (b *Bus) readBatch(ctx context.Context, stream, subject string, out []Stored, after uint64, limit int) ([]Stored, bool, error) {
	for {
		from := next(out, after)
		got, more, err := b.requestBatch(ctx, stream, getRequest{Seq: from, NextFor: subject, Batch: limit - len(out)})
		out = append(out, got...)
		if err == nil {
			return out, more && len(got) > 0, nil
		}
		if errors.Is(err, nats.ErrConnectionClosed) {
			return nil, false, readBusy(err)
		}
		if !transient(err) {
			return nil, false, fmt.Errorf("read %s after %d: %w", subject, after, err)
		}
		if ctx.Err() != nil {
			return nil, false, readBusy(err)
		}
		if len(out) >= limit {
			return out, false, nil
		}
		if err := pause(ctx, publishPause); err != nil {
			return nil, false, readBusy(err)
		}
	}
}

func next(out []Stored, after uint64) uint64 {
	if len(out) > 0 {
		after = out[len(out)-1].Seq
	}
	return after + 1
}

func (b *Bus) requestBatch(ctx context.Context, stream string, req getRequest) (out []Stored, more bool, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, false, err
	}
	answers := make(chan *nats.Msg, req.Batch+1) // all of them fit: nothing is dropped
	inbox := b.nc.NewInbox()
	sub, err := b.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection, where there is nothing to end
	if err := b.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, body); err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, publishTry)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return out, false, ctx.Err()
		case msg := <-answers:
			if msg.Header.Get("Status") == "204" {
				return out, more, nil
			}
			s, left, err := directMessage(msg)
			if errs.Is(err, errs.NotFound) {
				return out, false, nil
			}
			if err != nil {
				return out, false, err
			}
			out, more = append(out, s), left > 0
		}
	}
}

// readTail adds what the replica that answered did not have yet: it asks the
// leader for what follows, one by one, which is seldom more than one or two.
func (b *Bus) readTail(ctx context.Context, stream, subject string, out []Stored, after uint64, limit int) ([]Stored, error) {
	for len(out) < limit {
		req := getRequest{Seq: next(out, after), NextFor: subject}
		s, err := b.patiently(ctx, func(ctx context.Context) (Stored, error) { return b.getFromLeader(ctx, stream, req) })
		if errs.Is(err, errs.NotFound) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s after %d: %w", subject, after, err)
		}
		out = append(out, s)
	}
	return out, nil
}
