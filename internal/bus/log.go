package bus

import (
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
)

// Stored is a message of the log. A live one has no Time, Actor, MsgID and
// Header: readers need the body only, and there is one for each message and
// gateway.
type Stored struct {
	Subject  string
	Seq      uint64 // place in the stream
	Last     uint64 // previous sequence of the subject, 0 for its first; only on live messages
	Time     time.Time
	Kind     event.Kind // of the header
	Internal bool       // agents only
	Actor    string     // <kind>.<id>
	MsgID    string
	Header   map[string]string // all but the broker's own
	Data     []byte
}

func stored(subject string, seq uint64, at time.Time, h nats.Header, data []byte) Stored {
	s := Stored{
		Subject: subject, Seq: seq, Time: at, Data: data,
		Kind: event.Kind(h.Get(event.HeaderKind)), Internal: h.Get(event.HeaderInternal) == "1",
		Actor: h.Get(event.HeaderActor), MsgID: h.Get(jetstream.MsgIDHeader),
	}
	for k, v := range h {
		if len(v) == 0 || strings.HasPrefix(k, "Nats-") {
			continue
		}
		if s.Header == nil {
			s.Header = make(map[string]string, len(h))
		}
		s.Header[k] = v[0]
	}
	return s
}

// streamOf is the stream that stores a subject.
func (b *Bus) streamOf(subject string) (string, error) {
	first, rest, _ := strings.Cut(subject, ".")
	if first == "chat" && len(rest) > 2 {
		if p, err := strconv.Atoi(rest[:2]); err == nil && p >= 0 && p < event.Partitions {
			return "CHAT_" + strconv.Itoa(p/(event.Partitions/b.cfg.Shards)), nil
		}
	}
	if name, ok := b.routes[first]; ok {
		return name, nil
	}
	return "", errs.New(errs.NotFound, "no stream stores %s", subject)
}

// getRequest is the body of the broker's get requests.
type getRequest struct {
	Seq     uint64 `json:"seq,omitempty"`
	NextFor string `json:"next_by_subj,omitempty"`
	LastFor string `json:"last_by_subj,omitempty"`
	Batch   int    `json:"batch,omitempty"`
}

// First returns the first message of a subject, errs.NotFound when it has none.
func (b *Bus) First(ctx context.Context, subject string) (Stored, error) {
	return b.getOf(ctx, subject, getRequest{Seq: 1, NextFor: subject})
}

// Last returns the last message of a subject, errs.NotFound when it has none.
// Whoever got an Ack for the subject finds at least that message.
func (b *Bus) Last(ctx context.Context, subject string) (Stored, error) {
	return b.getOf(ctx, subject, getRequest{LastFor: subject})
}

func (b *Bus) getOf(ctx context.Context, subject string, req getRequest) (Stored, error) {
	stream, err := b.streamOf(subject)
	if err != nil {
		return Stored{}, err
	}
	return b.get(ctx, stream, req)
}

// Get returns the message at a place of a stream, errs.NotFound when there is
// none.
func (b *Bus) Get(ctx context.Context, stream string, seq uint64) (Stored, error) {
	return b.get(ctx, stream, getRequest{Seq: seq})
}

// get reads one message. A replica may be some milliseconds behind, and
// "missing" would be a wrong answer, so with replicas the leader is asked.
func (b *Bus) get(ctx context.Context, stream string, req getRequest) (Stored, error) {
	if b.cfg.Replicas > 1 {
		return b.patiently(ctx, func(ctx context.Context) (Stored, error) { return b.getFromLeader(ctx, stream, req) })
	}
	return b.patiently(ctx, func(ctx context.Context) (Stored, error) {
		body, err := json.Marshal(req)
		if err != nil {
			return Stored{}, err
		}
		resp, err := b.nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+stream, body)
		if err != nil {
			return Stored{}, err
		}
		s, _, err := directMessage(resp)
		return s, err
	})
}

// patiently repeats a read while the broker elects or reconnects, 5 s at most.
func (b *Bus) patiently(ctx context.Context, read func(context.Context) (Stored, error)) (Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	for {
		once, cancelOnce := context.WithTimeout(ctx, publishTry)
		s, err := read(once)
		cancelOnce()
		switch {
		case errors.Is(err, nats.ErrConnectionClosed): // this process is ending; the next one knows
			return s, readBusy(err)
		case err == nil || !transient(err):
			return s, err
		}
		select {
		case <-ctx.Done():
			return Stored{}, readBusy(err)
		case <-time.After(publishPause):
		}
	}
}

func readBusy(cause error) error {
	return &errs.Error{Code: errs.Busy, Message: "the log does not answer; please try again", RetryAfter: busyPause, Err: cause}
}

type leaderAnswer struct {
	Error   *jetstream.APIError `json:"error"`
	Message struct {
		Subject string    `json:"subject"`
		Seq     uint64    `json:"seq"`
		Header  []byte    `json:"hdrs"`
		Data    []byte    `json:"data"`
		Time    time.Time `json:"time"`
	} `json:"message"`
}

func (b *Bus) getFromLeader(ctx context.Context, stream string, req getRequest) (Stored, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return Stored{}, err
	}
	resp, err := b.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, body)
	if err != nil {
		return Stored{}, err
	}
	var a leaderAnswer
	if err := json.Unmarshal(resp.Data, &a); err != nil {
		return Stored{}, fmt.Errorf("decode a message of %s: %w", stream, err)
	}
	if a.Error != nil {
		if a.Error.Code == 404 {
			return Stored{}, errs.Wrap(a.Error, errs.NotFound, "there is no such message")
		}
		return Stored{}, a.Error
	}
	var h nats.Header
	if len(a.Message.Header) > 0 {
		if h, err = nats.DecodeHeadersMsg(a.Message.Header); err != nil {
			return Stored{}, fmt.Errorf("decode the headers of message %d of %s: %w", a.Message.Seq, stream, err)
		}
	}
	return stored(a.Message.Subject, a.Message.Seq, a.Message.Time, h, a.Message.Data), nil
}

// directMessage reads the answer to a direct get. more is how many further
// messages match, in a batch.
func directMessage(resp *nats.Msg) (s Stored, more uint64, err error) {
	switch resp.Header.Get("Status") {
	case "":
	case "404":
		return Stored{}, 0, errs.New(errs.NotFound, "there is no such message")
	case "503":
		return Stored{}, 0, nats.ErrNoResponders
	default:
		return Stored{}, 0, fmt.Errorf("the broker answered %s %s", resp.Header.Get("Status"), resp.Header.Get("Description"))
	}
	seq, err := strconv.ParseUint(resp.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return Stored{}, 0, fmt.Errorf("read the sequence of a stored message: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, resp.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return Stored{}, 0, fmt.Errorf("read the time of a stored message: %w", err)
	}
	if pending := resp.Header.Get("Nats-Num-Pending"); pending != "" {
		if more, err = strconv.ParseUint(pending, 10, 64); err != nil {
			return Stored{}, 0, fmt.Errorf("read how many messages follow: %w", err)
		}
	}
	return stored(resp.Header.Get(jetstream.SubjectHeader), seq, at, resp.Header, resp.Data), more, nil
}

// SecureDelete removes a message and overwrites its bytes on disk. A message
// that is not there is errs.NotFound.
func (b *Bus) SecureDelete(ctx context.Context, stream string, seq uint64) error {
	_, err := b.patiently(ctx, func(ctx context.Context) (Stored, error) {
		resp, err := b.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.DELETE."+stream, fmt.Appendf(nil, `{"seq":%d}`, seq))
		if err != nil {
			return Stored{}, err
		}
		var answer struct {
			Error *jetstream.APIError `json:"error"`
		}
		if err := json.Unmarshal(resp.Data, &answer); err != nil {
			return Stored{}, fmt.Errorf("decode the broker's answer: %w", err)
		}
		if answer.Error != nil {
			return Stored{}, answer.Error
		}
		return Stored{}, nil
	})
	switch code := apiCode(err); {
	case code == codeNoSequence || code == codeDeleteFailed || code == jetstream.JSErrCodeMessageNotFound:
		return errs.Wrap(err, errs.NotFound, "there is no message %d in %s", seq, stream)
	case err != nil:
		return fmt.Errorf("erase message %d of %s: %w", seq, stream, err)
	}
	return nil
}

const (
	codeNoSequence   = jetstream.ErrorCode(10043)
	codeDeleteFailed = jetstream.ErrorCode(10057)
)
