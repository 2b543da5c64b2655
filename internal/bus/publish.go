package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	publishTry      = time.Second            // one try; a lost leader is replaced within some of them
	publishPatience = 5 * time.Second        // all tries together
	publishPause    = 100 * time.Millisecond // between tries that failed at once

	// busyPause is what a client is asked to wait after we have tried in vain for
	// publishPatience. It is short: of a stream that loses its leader again and
	// again, the next one may stay for a second.
	busyPause = 250 * time.Millisecond
)

// Msg is what to store.
type Msg struct {
	Subject    string
	ID         string            // message id: what is sent twice under one id is stored once; "" takes a random one
	Header     map[string]string // names beginning with Nats- are the broker's own and refused
	Data       []byte
	header     nats.Header // of an event: what Header would hold, as the client wants it
	ExpectLast *uint64     // store only if this is the subject's last sequence (0: it has none); nil does not care
}

// Ack says where the message was stored. Duplicate means that an earlier try
// had stored it already; Seq is that one's.
type Ack struct {
	Stream    string
	Seq       uint64
	Duplicate bool
}

// WrongSequenceError means that somebody else wrote to the subject first:
// nothing was stored. Load the subject's state again and decide again.
type WrongSequenceError struct {
	Subject  string
	Expected uint64
}

func (e *WrongSequenceError) Error() string {
	return fmt.Sprintf("the last sequence of %s is not %d any more", e.Subject, e.Expected)
}

// Publish stores a message, after those that PublishAsync took before, and
// returns when the broker has confirmed it. It
// tries for 5 s with one message id; then the error is errs.Busy with a
// RetryAfter, and whether the message was stored is unknown: send it again
// under the same ID. A wrong ExpectLast is a [*WrongSequenceError]. A message
// that is too large is errs.TooLarge.
func (b *Bus) Publish(ctx context.Context, m Msg) (Ack, error) {
	b.counters.inFlight.Add(1)
	defer b.counters.inFlight.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	msg, err := m.encode()
	if err != nil {
		return Ack{}, err
	}
	b.async.flush() //nolint:contextcheck // sends what others gave it: what PublishAsync took before this call goes first
	ack, err := b.publishOnce(ctx, msg)
	if err != nil {
		return b.persist(ctx, m, msg, err)
	}
	b.counters.published.Add(1)
	return ack, nil
}

// persist goes on after a first try that failed, until the message is stored,
// refused, or ctx ends.
func (b *Bus) persist(ctx context.Context, m Msg, msg *nats.Msg, err error) (Ack, error) {
	for {
		ack, again, reason := b.judge(ctx, m, err)
		if !again {
			return ack, reason
		}
		b.counters.retries.Add(1)
		select {
		case <-ctx.Done():
			return Ack{}, b.busy(m.Subject, reason)
		case <-time.After(publishPause):
		}
		if ack, err = b.publishOnce(ctx, msg); err == nil {
			b.counters.published.Add(1)
			return ack, nil
		}
	}
}

func (b *Bus) publishOnce(ctx context.Context, msg *nats.Msg) (Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, publishTry)
	defer cancel()
	resp, err := b.nc.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return Ack{}, err
	}
	return parseAck(resp)
}

// judge decides about a failed try: settled with an ack or an error, or worth
// another try.
func (b *Bus) judge(ctx context.Context, m Msg, err error) (ack Ack, again bool, reason error) {
	switch code := apiCode(err); {
	case code == jetstream.JSErrCodeStreamWrongLastSequence || code == jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		ack, err := b.afterWrongSequence(ctx, m)
		return ack, err != nil && transient(err), err
	case ctx.Err() != nil || errors.Is(err, nats.ErrConnectionClosed):
		return Ack{}, false, b.busy(m.Subject, err)
	case transient(err):
		return Ack{}, true, err
	case code == codeStoreFailed || code == codeNoDisk || code == codeNoMemory || code == codeNoResources:
		b.counters.failed.Add(1)
		return Ack{}, false, &errs.Error{Code: errs.Busy, Message: "the store is full; please try again later", RetryAfter: 30 * time.Second, Err: err}
	case code == jetstream.JSErrCodeStreamMessageExceedsMaximum || code == codeHeaderTooLarge || errors.Is(err, nats.ErrMaxPayload):
		return Ack{}, false, errs.Wrap(err, errs.TooLarge, "the message is too large")
	default:
		b.counters.failed.Add(1)
		return Ack{}, false, fmt.Errorf("publish to %s: %w", m.Subject, err)
	}
}

// afterWrongSequence tells a real conflict from our own earlier try that was
// stored but whose answer was lost. With one replica the broker checks the
// expected sequence before the message id, with three after it, so only here
// both behave the same. If ours was stored, it is the first of the subject
// after the expected sequence.
func (b *Bus) afterWrongSequence(ctx context.Context, m Msg) (Ack, error) {
	conflict := &WrongSequenceError{Subject: m.Subject, Expected: *m.ExpectLast}
	if m.ID == "" {
		return Ack{}, conflict
	}
	stream, err := b.streamOf(m.Subject)
	if err != nil {
		return Ack{}, err
	}
	next, err := b.getFromLeader(ctx, stream, getRequest{Seq: *m.ExpectLast + 1, NextFor: m.Subject})
	switch {
	case errs.Is(err, errs.NotFound):
		return Ack{}, conflict
	case err != nil:
		return Ack{}, err
	case next.MsgID != m.ID:
		return Ack{}, conflict
	}
	return Ack{Stream: stream, Seq: next.Seq, Duplicate: true}, nil
}

func (b *Bus) busy(subject string, cause error) error {
	b.counters.failed.Add(1)
	return &errs.Error{
		Code: errs.Busy, Message: "the message could not be stored in time; please try again", RetryAfter: busyPause,
		Err: fmt.Errorf("publish to %s: %w", subject, cause),
	}
}

func (m *Msg) encode() (*nats.Msg, error) {
	if m.header != nil {
		m.header[jetstream.MsgIDHeader] = []string{m.ID}
		if m.ExpectLast != nil {
			m.header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(*m.ExpectLast, 10)}
		}
		return &nats.Msg{Subject: m.Subject, Header: m.header, Data: m.Data}, nil
	}
	header := make(nats.Header, len(m.Header)+2)
	values := make([]string, 0, len(m.Header)+2) // one array for all of them
	set := func(k, v string) {
		values = append(values, v)
		header[k] = values[len(values)-1 : len(values) : len(values)]
	}
	for k, v := range m.Header {
		if len(k) >= 5 && strings.EqualFold(k[:5], "Nats-") {
			return nil, errs.New(errs.Invalid, "the header %s is reserved for the broker", k)
		}
		set(k, v)
	}
	id := m.ID
	if id == "" {
		id = ids.New() // so that our own tries are stored once
	}
	set(jetstream.MsgIDHeader, id)
	if m.ExpectLast != nil {
		set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(*m.ExpectLast, 10))
	}
	return &nats.Msg{Subject: m.Subject, Header: header, Data: m.Data}, nil
}

// Error codes of the JetStream API that nats.go has no name for.
const (
	codeNoQuorum       = jetstream.ErrorCode(10008) // a cluster that is choosing its leader
	codeNotLeader      = jetstream.ErrorCode(10009)
	codeNoResources    = jetstream.ErrorCode(10023)
	codeNoMemory       = jetstream.ErrorCode(10028)
	codeNoDisk         = jetstream.ErrorCode(10047)
	codeStoreFailed    = jetstream.ErrorCode(10077) // MaxBytes reached, or the disk refused
	codeHeaderTooLarge = jetstream.ErrorCode(10097)
	codeOffline        = jetstream.ErrorCode(10118)
	codeInProcess      = jetstream.ErrorCode(10158) // the same message id is being stored just now
	codeNotReady       = jetstream.ErrorCode(10163) // another message of the subject is being stored just now
)

func apiCode(err error) jetstream.ErrorCode {
	if e, ok := errors.AsType[*jetstream.APIError](err); ok {
		return e.ErrorCode
	}
	return 0
}

// transient reports whether trying again may help: nobody answered, or an
// election is going on.
func transient(err error) bool {
	switch apiCode(err) {
	case codeNoQuorum, codeNotLeader, codeOffline, codeInProcess, codeNotReady:
		return true
	}
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrDisconnected) ||
		errors.Is(err, nats.ErrConnectionReconnecting) || errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrStaleConnection)
}

type ackBody struct {
	Error     *jetstream.APIError `json:"error"`
	Stream    string              `json:"stream"`
	Seq       uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
}

func parseAck(resp *nats.Msg) (Ack, error) {
	if len(resp.Data) == 0 && resp.Header.Get("Status") == "503" {
		return Ack{}, nats.ErrNoResponders
	}
	if ack, ok := plainAck(resp.Data); ok {
		return ack, nil
	}
	var body ackBody
	if err := json.Unmarshal(resp.Data, &body); err != nil {
		return Ack{}, fmt.Errorf("decode the broker's answer: %w", err)
	}
	if body.Error != nil {
		return Ack{}, body.Error
	}
	if body.Stream == "" || body.Seq == 0 {
		return Ack{}, errors.New("the broker's answer names no stream")
	}
	return Ack{Stream: body.Stream, Seq: body.Seq, Duplicate: body.Duplicate}, nil
}

// plainAck reads an answer of the form that all but a few have,
// {"stream":"CHAT_0","seq":17}, without the cost of a general decoder.
func plainAck(data []byte) (Ack, bool) {
	rest, ok := bytes.CutPrefix(data, []byte(`{"stream":"`))
	if !ok {
		return Ack{}, false
	}
	stream, rest, ok := bytes.Cut(rest, []byte(`","`))
	if !ok || bytes.ContainsAny(stream, `"\\`) {
		return Ack{}, false
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`seq":`)); !ok {
		return Ack{}, false
	}
	digits, ok := bytes.CutSuffix(rest, []byte("}"))
	if !ok {
		return Ack{}, false
	}
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	return Ack{Stream: string(stream), Seq: seq}, err == nil && seq > 0
}

// PublishEvent stores an event in its conversation and sets its Seq. sender
// and cid make the message id; see [event.MessageID]. Errors are those of
// [Bus.Publish].
func (b *Bus) PublishEvent(ctx context.Context, e *event.Event, sender, cid string, expectLast *uint64) (Ack, error) {
	m, err := EventMsg(e, sender, cid, expectLast)
	if err != nil {
		return Ack{}, err
	}
	ack, err := b.Publish(ctx, m)
	if err != nil {
		return Ack{}, err
	}
	e.Seq = ack.Seq
	return ack, nil
}

// EventMsg is the message by which PublishEvent stores an event, for
// [Bus.PublishAsync].
func EventMsg(e *event.Event, sender, cid string, expectLast *uint64) (Msg, error) {
	body, err := e.Encode()
	if err != nil {
		return Msg{}, fmt.Errorf("encode event %s: %w", e.Kind, err)
	}
	m := Msg{Subject: event.ChatSubject(e.Conv), ID: event.MessageID(e.Conv, sender, cid), Data: body, ExpectLast: expectLast}
	values := [...]string{string(e.Kind), event.ActorHeader(e.From), "1"} // one array for all of them
	m.header = make(nats.Header, 5)
	m.header[event.HeaderKind], m.header[event.HeaderActor] = values[0:1:1], values[1:2:2]
	if e.Internal() {
		m.header[event.HeaderInternal] = values[2:3:3]
	}
	return m, nil
}

// Ephemeral publishes v as JSON at most once: nothing is stored, whoever is
// not listening misses it.
func (b *Bus) Ephemeral(subject string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode for %s: %w", subject, err)
	}
	if err := b.nc.Publish(subject, body); err != nil {
		return fmt.Errorf("publish to %s: %w", subject, err)
	}
	return nil
}
