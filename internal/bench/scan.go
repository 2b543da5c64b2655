package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// is looks at the type of an object, which the server writes first.
func is(object []byte, kind string) bool {
	const head = `{"type":"`
	return len(object) > len(head)+len(kind) && string(object[len(head):len(head)+len(kind)]) == kind &&
		object[len(head)+len(kind)] == '"' && string(object[:len(head)]) == head
}

// number reads the digits behind the first key, written as `"seq":`.
func number(object []byte, key string) (n int, ok bool) {
	_, value, found := bytes.Cut(object, []byte(key))
	n, rest := digits(value)
	return n, found && len(rest) < len(value)
}

// digits reads decimal digits, at most the 18 that an int holds for sure, and
// returns what comes after them.
func digits(b []byte) (n int, rest []byte) {
	for i := 0; i < 18 && len(b) > 0 && b[0] >= '0' && b[0] <= '9'; i++ {
		n = n*10 + int(b[0]-'0')
		b = b[1:]
	}
	return n, b
}

// convOf is the id of the conversation that an object names.
func convOf(object []byte) []byte {
	_, rest, _ := bytes.Cut(object, []byte(`"conv":"`))
	id, _, _ := bytes.Cut(rest, []byte{'"'})
	return id
}

// tag is what a message of the benchmark carries in its cid: which conversation
// it belongs to, the how many-eth it is there, counted from 0, and the time
// after the start of the talk from which its times count.
type tag struct {
	conv, n int
	at      time.Duration
}

const tagKey = `"cid":"b`

func (t tag) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, 'b'), int64(t.conv), 10)
	b = strconv.AppendInt(append(b, '-'), int64(t.n), 10)
	return strconv.AppendInt(append(b, '-'), int64(t.at), 10)
}

// tagOf finds the tag of an ack or event. Others have none.
func tagOf(object []byte) (t tag, ok bool) {
	_, rest, ok := bytes.Cut(object, []byte(tagKey))
	var at int
	for _, field := range []struct {
		value *int
		end   byte
	}{{&t.conv, '-'}, {&t.n, '-'}, {&at, '"'}} {
		length := len(rest)
		*field.value, rest = digits(rest)
		if !ok || len(rest) == length || len(rest) == 0 || rest[0] != field.end {
			return tag{}, false
		}
		rest = rest[1:]
	}
	t.at = time.Duration(at)
	return t, true
}

// refusal is what an error or bye frame says.
func refusal(object []byte) error {
	var f struct {
		Code    any    `json:"code"` // a word in errors, a number in byes
		Message string `json:"message"`
		Reason  string `json:"reason"`
	}
	if err := json.Unmarshal(object, &f); err != nil {
		return fmt.Errorf("unreadable frame %.80q: %w", object, err)
	}
	code := fmt.Sprint(f.Code)
	switch code {
	case "rate_limited", "4429":
		return limitError{f.Message + f.Reason}
	case "busy", "4503", "4008":
		return overloadError{strings.TrimSpace(code + " " + f.Message + f.Reason)}
	}
	return fmt.Errorf("the server refuses: %s %s", code, strings.TrimSpace(f.Message+f.Reason))
}

// limitError is a deployment that protects itself against load.
type limitError struct{ said string }

func (e limitError) Error() string {
	return "a rate limit of the deployment stops the benchmark (" + e.said + "); start the server with --rate-visitor 0 --rate-address 0"
}

// overloadError is a server that says it cannot keep up: it takes no more, or a
// reader has fallen behind.
type overloadError struct{ said string }

func (e overloadError) Error() string { return "the server cannot keep up: " + e.said }

// refused is the error of an HTTP status.
func refused(status int, body string) error {
	if status == http.StatusTooManyRequests {
		return limitError{"429 Too Many Requests"}
	}
	return fmt.Errorf("the server answers %d %s %s", status, http.StatusText(status), body)
}
