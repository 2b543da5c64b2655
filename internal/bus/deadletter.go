package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"parley/event"
	"parley/internal/errs"
)

const deadLetterStream = "DLQ"

// DeadLetter is a message that a consumer could not digest.
type DeadLetter struct {
	Seq      uint64    `json:"seq"` // its own place, by which it is replayed or dropped
	Module   string    `json:"module"`
	Consumer string    `json:"consumer"`
	Reason   string    `json:"reason"`
	Tries    int       `json:"tries"`
	FailedAt time.Time `json:"failed_at"`
	Stream   string    `json:"stream"` // where the message itself stands
	Message  Stored    `json:"message"`
}

const (
	deadConsumer = "Dead-Consumer"
	deadReason   = "Dead-Reason"
	deadTries    = "Dead-Tries"
	deadStream   = "Dead-Stream"
	deadSubject  = "Dead-Subject"
	deadSeq      = "Dead-Seq"
	deadTime     = "Dead-Time"
	deadMsgID    = "Dead-Msg-Id"

	maxReason = 1024 // bytes
)

func (b *Bus) storeDeadLetter(ctx context.Context, c Consumer, d Delivery, cause error) error {
	header := map[string]string{
		deadConsumer: c.Name, deadReason: oneLine(cause.Error()), deadTries: strconv.Itoa(d.Delivered), deadStream: d.Stream,
		deadSubject: d.Subject, deadSeq: strconv.FormatUint(d.Seq, 10), deadTime: d.Time.Format(time.RFC3339Nano), deadMsgID: d.MsgID,
	}
	maps.Copy(header, d.Header)
	id := fmt.Sprintf("%s:%d:%s", d.Stream, d.Seq, c.Name)
	_, err := b.Publish(ctx, Msg{Subject: event.DeadLetterSubject(c.Module), ID: id, Header: header, Data: d.Data})
	return err
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "")
	}
	return s
}

func deadLetter(s Stored) (DeadLetter, error) {
	h := s.Header
	l := DeadLetter{
		Seq: s.Seq, Module: strings.TrimPrefix(s.Subject, "dlq."), Consumer: h[deadConsumer], Reason: h[deadReason],
		FailedAt: s.Time, Stream: h[deadStream], Message: s,
	}
	l.Message.Subject, l.Message.MsgID = h[deadSubject], h[deadMsgID]
	l.Message.Header = make(map[string]string, len(h))
	for k, v := range h {
		if !strings.HasPrefix(k, "Dead-") {
			l.Message.Header[k] = v
		}
	}
	var bad [3]error
	l.Tries, bad[0] = strconv.Atoi(h[deadTries])
	l.Message.Seq, bad[1] = strconv.ParseUint(h[deadSeq], 10, 64)
	l.Message.Time, bad[2] = time.Parse(time.RFC3339Nano, h[deadTime])
	if err := errors.Join(bad[:]...); err != nil {
		return l, fmt.Errorf("read dead letter %d: %w", s.Seq, err)
	}
	return l, nil
}

// DeadLetters lists the oldest dead letters of a module, or of all for "", at
// most limit.
func (b *Bus) DeadLetters(ctx context.Context, module string, limit int) ([]DeadLetter, error) {
	subject := "dlq.>"
	if module != "" {
		subject = event.DeadLetterSubject(module)
	}
	entries, err := b.Read(ctx, subject, 0, limit)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	out := make([]DeadLetter, 0, len(entries))
	for _, s := range entries {
		l, err := deadLetter(s)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

const replayPatience = 2 * time.Minute

func replaySubject(consumer string) string { return "bus.replay." + consumer }

// ReplayDeadLetter gives a dead letter to the consumer that failed on it, once,
// in whatever process that runs, and drops it when the consumer succeeds. The
// log of the conversation is not touched. The consumer's error is returned
// coded; errs.NotFound means there is no such dead letter, errs.Busy that the
// consumer does not run anywhere.
func (b *Bus) ReplayDeadLetter(ctx context.Context, seq uint64) error {
	s, err := b.Get(ctx, deadLetterStream, seq)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, replayPatience)
	defer cancel()
	resp, err := b.nc.RequestWithContext(ctx, replaySubject(s.Header[deadConsumer]), []byte(strconv.FormatUint(seq, 10)))
	if errors.Is(err, nats.ErrNoResponders) {
		return errs.Wrap(err, errs.Busy, "no process runs the consumer %s; start it and try again", s.Header[deadConsumer])
	}
	if err != nil {
		return fmt.Errorf("replay dead letter %d: %w", seq, err)
	}
	var failure replayResult
	if err := json.Unmarshal(resp.Data, &failure); err != nil {
		return fmt.Errorf("decode the result of replaying dead letter %d: %w", seq, err)
	}
	if failure.Code != "" {
		return &errs.Error{Code: failure.Code, Message: failure.Message}
	}
	return b.DropDeadLetter(ctx, seq)
}

// DropDeadLetter erases a dead letter. One that is not there is errs.NotFound.
func (b *Bus) DropDeadLetter(ctx context.Context, seq uint64) error {
	return b.SecureDelete(ctx, deadLetterStream, seq)
}

type replayResult struct {
	Code    errs.Code `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
}

// serveReplays answers ReplayDeadLetter for this consumer.
func (w *worker) serveReplays() (*nats.Subscription, error) {
	sub, err := w.b.work.QueueSubscribe(replaySubject(w.c.Name), "replay", func(req *nats.Msg) {
		go w.replay(req) // ends when the worker does: a stopping worker gives every job back
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to replays of %s: %w", w.c.Name, err)
	}
	return sub, nil
}

// endReplays returns when the server knows that nobody is here any more, so
// that who asks now is told.
func (w *worker) endReplays(sub *nats.Subscription) {
	if err := sub.Unsubscribe(); err != nil {
		w.b.log.Debug("replays were not unsubscribed", "consumer", w.c.Name, "error", err)
		return
	}
	if err := w.b.work.FlushTimeout(publishTry); err != nil {
		w.b.log.Debug("the end of replays was not confirmed", "consumer", w.c.Name, "error", err)
	}
}

func (w *worker) replay(req *nats.Msg) {
	var result replayResult
	if err := w.replayOne(string(req.Data)); err != nil {
		result = replayResult{Code: errs.CodeOf(err), Message: err.Error()} // for operators, so with the cause
	}
	body, err := json.Marshal(result)
	if err == nil {
		err = req.Respond(body)
	}
	if err != nil {
		w.b.log.Error("the result of a replay could not be sent", "consumer", w.c.Name, "error", err)
	}
}

func (w *worker) replayOne(request string) error {
	seq, err := strconv.ParseUint(request, 10, 64)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "a replay names the number of a dead letter")
	}
	s, err := w.b.Get(w.ctx, deadLetterStream, seq)
	if err != nil {
		return err
	}
	l, err := deadLetter(s)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	if !w.push(&job{d: Delivery{Stored: l.Message, Stream: l.Stream, Delivered: l.Tries + 1}, replayed: result}) {
		return errs.New(errs.Busy, "the consumer is stopping; please try again")
	}
	return <-result
}
