package bot

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	llmStreamBytes = 1 << 20          // of a whole response
	maxRetryAfter  = 10 * time.Minute // an endpoint that asks for more is tried all the same
)

// exchange is one request to the language model and its response, as the client
// library must see it: bounded, and with what the library does not tell.
type exchange struct {
	client *http.Client
	ended  bool // the response said that it is complete
}

// askedToWait is an endpoint's wish to be left alone (RFC 9110, 10.2.3).
type askedToWait struct {
	status int
	after  time.Duration // 0 when it did not say
}

func (e *askedToWait) Error() string {
	return fmt.Sprintf("the language model answers %d and asks for %s of rest", e.status, e.after)
}

// Do sends the request.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := x.client.Do(req) //nolint:gosec // the operator's own endpoint
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		wait := &askedToWait{status: resp.StatusCode, after: restWanted(resp.Header, time.Now())}
		if err := resp.Body.Close(); err != nil {
			return nil, fmt.Errorf("%w: %w", wait, err)
		}
		return nil, wait
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(io.LimitReader(resp.Body, llmStreamBytes), &endMark{found: &x.ended}), resp.Body}
	return resp, nil
}

// restWanted reads seconds or a date; 0 for neither.
func restWanted(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return min(at.Sub(now), maxRetryAfter)
	}
	return 0
}

// endMark looks for the event that ends a stream of the OpenAI API. The client
// library takes a connection that closes for the same.
type endMark struct {
	found *bool
	tail  []byte
}

const streamEnd = "[DONE]"

func (m *endMark) Write(p []byte) (int, error) {
	m.tail = append(m.tail, p...)
	if bytes.Contains(m.tail, []byte("\ndata: "+streamEnd)) || bytes.Contains(m.tail, []byte("\ndata:"+streamEnd)) {
		*m.found = true
	}
	const keep = 32
	m.tail = append(m.tail[:0], m.tail[max(0, len(m.tail)-keep):]...)
	return len(p), nil
}
