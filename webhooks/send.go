package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// The pauses after each failed try, as Standard Webhooks 1.0.0 recommends; a
// fifth is added at random so that receivers are not hit all at once.
func pauses() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

const (
	timeout   = 20 * time.Second    // of one try
	hold      = time.Minute         // a taken delivery is tried again after this when its process died
	keepDone  = 7 * 24 * time.Hour  // of delivered ones
	keepDead  = 30 * 24 * time.Hour // as long as dead letters
	maxAnswer = 2 << 10             // bytes of an answer that are kept
)

// body is what a receiver gets.
type body struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// onEvent queues a public event for the endpoints that want it.
func (s *Service) onEvent(ctx context.Context, d bus.Delivery) error {
	kind := typeOf(d.Subject)
	if kind == "" || !json.Valid(d.Data) {
		return errs.New(errs.Invalid, "not a public event with a JSON body")
	}
	encoded, err := json.Marshal(body{Type: kind, Timestamp: d.Time.UTC().Truncate(time.Millisecond), Data: d.Data})
	if err != nil {
		return fmt.Errorf("encode the event: %w", err)
	}
	n, err := queue(ctx, s.db, d.Stream+":"+strconv.FormatUint(d.Seq, 10), kind, string(encoded), func() string { return "msg_" + ids.New() })
	if n > 0 {
		s.alarm.Wake()
	}
	return err
}

// typeOf is the event's type: evt.conversation.opened.<inbox> is
// conversation.opened.
func typeOf(subject string) string {
	rest, ok := strings.CutPrefix(subject, "evt.")
	if !ok {
		return ""
	}
	parts := strings.Split(rest, ".")
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// sendDue begins to send what is due, to each endpoint that has a place, and
// returns when the next one is. Who has none is looked at again when a delivery
// has ended.
func (s *Service) sendDue(ctx context.Context) (time.Time, error) {
	for {
		n, busy := s.places.free()
		if n == 0 {
			return time.Time{}, nil
		}
		list, err := due(ctx, s.db, s.now(), hold, busy, n)
		if err != nil {
			return time.Time{}, err
		}
		if len(list) == 0 {
			return nextDue(ctx, s.db, busy)
		}
		for _, d := range list {
			s.places.run(d.Endpoint, func() { s.send(ctx, d) }, s.alarm.Wake)
		}
	}
}

// send delivers; what cannot be recorded is due again after hold.
func (s *Service) send(ctx context.Context, d delivery) {
	if err := s.deliver(ctx, d); err != nil && ctx.Err() == nil {
		s.log.Error("the outcome of a webhook could not be recorded; it is sent again", "delivery", d.ID, "endpoint", d.Endpoint, "error", err)
	}
}

// deliver tries once and records what came of it. Its error is the database's.
func (s *Service) deliver(ctx context.Context, d delivery) error {
	e, err := findEndpoint(ctx, s.db, d.Endpoint)
	if err != nil {
		return err
	}
	status, retryAfter, failure := s.try(ctx, e, d)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // stopped in between: the delivery is due again after hold
	}
	d.Tries++
	d.Status, d.Error, d.NextAt = status, "", nil
	now := s.now()
	outcome := tryFailed
	switch {
	case failure == nil:
		outcome = tryDelivered
		d.State, d.DoneAt = "delivered", &now
	case status == http.StatusGone:
		outcome = tryGivenUp
		d.State, d.Error, d.DoneAt = "dead", failure.Error(), &now
		if err := turnOff(ctx, s.db, e.ID, "the receiver answered 410 Gone"); err != nil {
			return err
		}
	default:
		d.Error = failure.Error()
		if d.Tries > len(pauses()) {
			outcome = tryGivenUp
			d.State, d.DoneAt = "dead", &now
			break
		}
		wait := pauses()[d.Tries-1]
		wait = max(wait+rand.N(wait/5), retryAfter) //nolint:gosec // jitter, not a secret
		next := now.Add(wait)
		d.NextAt = &next
	}
	s.tries.WithLabelValues(outcome).Inc()
	return saveResult(ctx, s.db, d)
}

// try sends the request. The status is 0 when there was no answer.
func (s *Service) try(ctx context.Context, e endpoint, d delivery) (status int, retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	secret, err := s.box.Open(e.Secret, e.ID)
	if err != nil {
		return 0, 0, err
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return 0, 0, fmt.Errorf("read the signing secret: %w", err)
	}
	at := s.now()
	signature, err := signer.Sign(d.ID, at, []byte(d.Body))
	if err != nil {
		return 0, 0, fmt.Errorf("sign: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader([]byte(d.Body)))
	if err != nil {
		return 0, 0, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Parley-Webhooks/1")
	req.Header.Set(standardwebhooks.HeaderWebhookID, d.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, 0, fmt.Errorf("send: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // what it says does not matter any more
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, 0, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode/100 == 2 {
		return resp.StatusCode, 0, nil
	}
	if secs, convErr := strconv.Atoi(resp.Header.Get("Retry-After")); convErr == nil && secs > 0 && secs < 24*60*60 {
		retryAfter = time.Duration(secs) * time.Second
	}
	return resp.StatusCode, retryAfter, fmt.Errorf("the receiver answered %s: %s", resp.Status, printable(answer))
}

// printable keeps a receiver's words from acting on a terminal or a page.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), "?"))
}
