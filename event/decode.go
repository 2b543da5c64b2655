package event

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Decode reads stored bytes. conv and seq come from the message's subject and
// metadata.
func Decode(conv string, seq uint64, body []byte) (Event, error) {
	e := Event{Conv: conv, Seq: seq}
	if e.decodePlain(string(body)) {
		return e, nil
	}
	e = Event{Conv: conv, Seq: seq}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, err
	}
	if e.Kind == "" {
		return e, errors.New("event without a kind")
	}
	return e, nil
}

// decodePlain reads what encodePlain has written, and gives up at anything
// else: each message is decoded by five consumers. Texts are parts of body.
func (e *Event) decodePlain(body string) bool {
	r := reader{rest: body, good: true}
	at, err := time.Parse(time.RFC3339Nano, r.member(`{"at":`))
	e.At = at
	if r.has(`,"cid":`) {
		e.CID = r.text()
	}
	e.From.Kind = ActorKind(r.member(`,"from":{"kind":`))
	e.From.ID = r.member(`,"id":`)
	e.From.Name = r.member(`,"name":`)
	e.From.Program = r.has(`,"program":true`)
	r.need(`},"kind":"message"`)
	e.Kind = KindMessage
	if r.has(`,"text":`) {
		e.Text = r.text()
	}
	if r.has(`,"html":`) {
		e.HTML = r.text()
	}
	e.Note = r.has(`,"note":true`)
	if r.has(`,"reply_to":`) {
		e.ReplyTo = r.number()
	}
	r.need(`}`)
	return r.good && err == nil && r.rest == ""
}

// reader goes through an object whose members are known. good is false after
// the first thing that is not as expected.
type reader struct {
	rest string
	good bool
}

// has takes what is given, if it comes next.
func (r *reader) has(s string) bool {
	rest, ok := strings.CutPrefix(r.rest, s)
	if ok {
		r.rest = rest
	}
	return ok
}

func (r *reader) need(s string) {
	if !r.has(s) {
		r.good = false
	}
}

func (r *reader) member(name string) string {
	r.need(name)
	return r.text()
}

// text takes a string. One with escapes is left to the general decoder.
func (r *reader) text() string {
	if !r.good || r.rest == "" || r.rest[0] != '"' {
		r.good = false
		return ""
	}
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[1:i]
			r.rest = r.rest[i+1:]
			return s
		case c == '\\':
			return r.escaped()
		case c < ' ':
			r.good = false
			return ""
		}
	}
	r.good = false
	return ""
}

func (r *reader) escaped() string {
	end := 1
	for end < len(r.rest) && r.rest[end] != '"' {
		if r.rest[end] == '\\' {
			end++
		}
		end++
	}
	var s string
	if end >= len(r.rest) || json.Unmarshal([]byte(r.rest[:end+1]), &s) != nil {
		r.good = false
		return ""
	}
	r.rest = r.rest[end+1:]
	return s
}

func (r *reader) number() uint64 {
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(r.rest[:end], 10, 64)
	if err != nil {
		r.good = false
	}
	r.rest = r.rest[end:]
	return n
}
