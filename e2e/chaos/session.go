package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/coder/websocket"
)

type object = map[string]any

type place struct {
	Conv string `json:"conv"`
	Seq  uint64 `json:"seq"`
}

// inbound is any object that a server sends: what the client uses of it.
type inbound struct {
	Type         string `json:"type"`
	CID          string `json:"cid"`
	Conv         string `json:"conv"`
	Seq          uint64 `json:"seq"`
	Prev         uint64 `json:"prev"`
	At           string `json:"at"`
	Kind         string `json:"kind"`
	Text         string `json:"text"`
	Note         bool   `json:"note"`
	From         struct{ ID string }
	N            int64  `json:"n"`
	Code         any    `json:"code"` // of an error a word, of a goodbye a number
	Message      string `json:"message"`
	Reason       string `json:"reason"`
	RetryAfterMS int64  `json:"retry_after_ms"`
	AfterMS      int64  `json:"after_ms"`
	Reconnect    bool   `json:"reconnect"`
}

// session is one connection of a client.
type session struct {
	c        *Client
	conn     *websocket.Conn
	asked    int // conversations, of the client's order, that hello resumed
	welcomed bool
	after    time.Duration // the server asked to stay away so long
}

const resumedPing = 1 << 40 // of the ping that comes behind the resume

// hello authenticates and resumes every conversation. The ping's answer comes
// behind what was missed.
func (s *session) hello(ctx context.Context) error {
	c := s.c
	c.mu.Lock()
	places := make([]place, 0, len(c.order))
	for _, conv := range c.order {
		places = append(places, place{conv, c.views[conv].last()})
	}
	c.conn, c.ready, c.asked = s.conn, false, map[string]bool{}
	s.asked = len(places)
	c.mu.Unlock()
	first := min(len(places), maxResume)
	frames := []object{{"type": "hello", "token": c.Token, "client": "chaos", "resume": places[:first]}}
	for rest := places[first:]; len(rest) > 0; rest = rest[min(len(rest), maxResume):] {
		frames = append(frames, object{"type": "hello", "resume": rest[:min(len(rest), maxResume)]})
	}
	return write(ctx, s.conn, append(frames, object{"type": "ping", "n": resumedPing})...)
}

// write sends the objects as one frame.
func write(ctx context.Context, conn *websocket.Conn, objects ...object) error {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	var frame bytes.Buffer
	for _, o := range objects {
		raw, err := json.Marshal(o)
		if err != nil {
			return err
		}
		frame.Write(append(raw, '\n'))
	}
	return conn.Write(ctx, websocket.MessageText, frame.Bytes())
}

// watch keeps the connection honest: it pings, cuts it when nothing is heard,
// and sends what was not answered again.
func (s *session) watch(ctx context.Context, alive <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	heard := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-alive:
			heard = time.Now()
			continue
		case <-tick.C:
		}
		if time.Since(heard) > deadAfter && !s.c.isStalled() {
			_ = s.conn.CloseNow() // the reader notices
			return
		}
		_ = write(ctx, s.conn, object{"type": "ping"}) // likewise
		s.c.again(ctx, s.conn)
	}
}

func (c *Client) isStalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stalled != nil
}

// again sends commands whose time has come: put off by the server, or not
// answered for long.
func (c *Client) again(ctx context.Context, conn *websocket.Conn) {
	c.mu.Lock()
	now := time.Now()
	var due []*command
	for _, cmd := range c.outbox {
		put := !cmd.blocked.IsZero() && !now.Before(cmd.blocked)
		if c.ready && (put || cmd.blocked.IsZero() && now.Sub(cmd.sent) > ackPatience) {
			cmd.blocked = time.Time{}
			due = append(due, cmd)
		}
	}
	c.mu.Unlock()
	for _, cmd := range due {
		c.send(ctx, conn, cmd)
	}
}

// read handles what comes until the connection ends.
func (s *session) read(ctx context.Context, alive chan<- struct{}) {
	for {
		s.c.mu.Lock()
		stalled := s.c.stalled
		s.c.mu.Unlock()
		if stalled != nil {
			select {
			case <-stalled:
			case <-ctx.Done():
				return
			}
		}
		_, data, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		select {
		case alive <- struct{}{}:
		default:
		}
		for line := range bytes.SplitSeq(data, []byte{'\n'}) {
			var o inbound
			if err := json.Unmarshal(line, &o); err != nil {
				s.c.complain(fmt.Sprintf("unreadable object %q: %v", line, err))
				continue
			}
			s.handle(ctx, &o)
		}
	}
}

func (s *session) handle(ctx context.Context, o *inbound) {
	switch o.Type {
	case "welcome":
		s.welcome(ctx)
	case "event":
		s.event(ctx, o)
	case "ack":
		s.c.acknowledged(o)
	case "error":
		s.failure(ctx, o)
	case "pong":
		if o.N == resumedPing {
			s.c.cfg.History.Back(s.c.Name)
		}
	case "bye":
		s.after = time.Duration(o.AfterMS) * time.Millisecond
		if !o.Reconnect {
			s.c.complain(fmt.Sprintf("sent away for ever: %v %s", o.Code, o.Reason))
		}
	}
}

// welcome sends what waits for its acknowledgement, and follows what was to be
// followed since hello.
func (s *session) welcome(ctx context.Context) {
	s.welcomed = true
	c := s.c
	c.mu.Lock()
	c.ready = true
	waiting := slices.Clone(c.outbox)
	for _, cmd := range waiting {
		cmd.blocked = time.Time{}
	}
	var more []object
	for _, conv := range c.order[s.asked:] {
		c.asked[conv] = true
		more = append(more, object{"type": "hello", "resume": []place{{conv, c.views[conv].last()}}})
	}
	c.wakeLocked()
	c.mu.Unlock()
	if len(more) > 0 {
		_ = write(ctx, s.conn, more...) // the reader notices a lost connection
	}
	for _, cmd := range waiting {
		c.send(ctx, s.conn, cmd)
	}
}

// event adds an entry to its conversation. One that does not follow the last
// is a hole: what is missing is asked for, and comes in order. A conversation
// that the server made this client follow begins in its middle.
func (s *session) event(ctx context.Context, o *inbound) {
	c := s.c
	c.mu.Lock()
	v, known := c.views[o.Conv]
	if !known {
		v = c.viewLocked(o.Conv)
	}
	last, asked := v.last(), c.asked[o.Conv]
	switch {
	case o.Seq > last && o.Prev == last:
		v.Events = append(v.Events, o.event())
		c.wakeLocked()
		c.mu.Unlock()
		return
	case o.Seq > last:
		c.asked[o.Conv] = true
	}
	c.mu.Unlock()
	switch {
	case o.Seq > last && !asked:
		if known {
			c.cfg.History.Break(Violation{Hole, o.Conv, c.Name, fmt.Sprintf("%d follows %d, but %d was the last", o.Seq, o.Prev, last)})
		}
		_ = write(ctx, s.conn, object{"type": "hello", "resume": []place{{o.Conv, last}}}) // else the next connection resumes
	case o.Seq <= last && !asked:
		c.cfg.History.Break(Violation{Doubled, o.Conv, c.Name, fmt.Sprintf("%d was sent after %d", o.Seq, last)})
	}
}

func (v *View) last() uint64 {
	if len(v.Events) == 0 {
		return 0
	}
	return v.Events[len(v.Events)-1].Seq
}

func (o *inbound) event() Event {
	return Event{
		Seq: o.Seq, Prev: o.Prev, Kind: o.Kind, Sender: o.From.ID, CID: o.CID, Text: o.Text,
		Internal: o.Note || internalKind(o.Kind),
	}
}

// internalKind tells the kinds that the protocol marks as for agents only.
func internalKind(kind string) bool {
	switch kind {
	case "bot", "offered", "declined", "snoozed", "tagged", "escalated":
		return true
	}
	return false
}

func (c *Client) acknowledged(o *inbound) {
	c.cfg.History.Acknowledge(Key{c.ID, o.CID}, Ack{o.Conv, o.Seq, o.At})
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, cmd := range c.outbox {
		if cmd.key.CID == o.CID {
			if cmd.conv == "" {
				c.opened[o.CID] = o.Conv
			}
			c.outbox = append(c.outbox[:i:i], c.outbox[i+1:]...)
			c.wakeLocked()
			return
		}
	}
}

// failure puts a command off when the server asks for that; any other error is
// one that these clients never earn.
func (s *session) failure(ctx context.Context, o *inbound) {
	c := s.c
	code, _ := o.Code.(string)
	c.cfg.History.Refused(code)
	if code != "busy" && code != "rate_limited" && code != "internal" {
		c.complain(fmt.Sprintf("refused %s: %s: %s", o.CID, code, o.Message))
		return
	}
	wait := max(time.Duration(o.RetryAfterMS)*time.Millisecond, 100*time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cmd := range c.outbox {
		if cmd.key.CID == o.CID {
			cmd.blocked = time.Now().Add(wait)
			time.AfterFunc(wait, func() { c.again(ctx, s.conn) })
		}
	}
}
