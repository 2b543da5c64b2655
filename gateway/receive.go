package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

// receive handles a frame: one or more objects separated by newlines.
func (s *socket) receive(ctx context.Context, data []byte) {
	for len(data) > 0 && !s.ended() {
		var object []byte
		object, data, _ = bytes.Cut(data, []byte{'\n'})
		if object = bytes.TrimSpace(object); len(object) > 0 {
			s.object(ctx, object)
		}
	}
}

func (s *socket) object(ctx context.Context, object []byte) {
	s.svc.metrics.received.Inc()
	kind, err := typeOf(object)
	if s.viewer.Kind == "" && (err != nil || kind != "hello" || !json.Valid(object)) {
		s.end(byeProtocol("the first object must be hello"))
		return
	}
	if err == nil {
		err = s.dispatch(ctx, kind, object)
	}
	if err == nil {
		return
	}
	s.fail(cidOf(object), err)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.RateLimited) {
		if s.bad++; s.bad > maxBadFrames {
			s.end(s.tooBad(err))
		}
	}
}

// typeOf reads the type of an object. Nearly every client writes it first, and
// then the object is not decoded twice.
func typeOf(object []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(object, []byte(`{"type":"`)); ok {
		if kind, _, ok := bytes.Cut(rest, []byte(`"`)); ok && !bytes.ContainsRune(kind, '\\') {
			return string(kind), nil
		}
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(object, &head); err != nil {
		return "", malformed(err)
	}
	return head.Type, nil
}

// cidOf reads the cid of an object that was refused, "" when it has none that
// can be told back.
func cidOf(object []byte) string {
	var head struct {
		CID string `json:"cid"`
	}
	if json.Unmarshal(object, &head) != nil || !validCID(head.CID) {
		return ""
	}
	return head.CID
}

// tooBad ends a socket that goes on sending what is refused.
func (s *socket) tooBad(err error) disconnect {
	if errs.Is(err, errs.RateLimited) {
		return byeError(err)
	}
	return byeProtocol("too many malformed objects")
}

func (s *socket) dispatch(ctx context.Context, kind string, object []byte) error {
	if err := s.admitAside(kind); err != nil {
		return err
	}
	switch kind {
	case "hello":
		return decode(object, func(f Hello) error { return s.hello(ctx, f) })
	case "open":
		return decode(object, func(f Open) error { return s.open(ctx, f) })
	case "send":
		return decode(object, func(f Send) error { return s.say(ctx, f) })
	case "typing":
		return decode(object, func(f Typing) error { return s.typing(ctx, f) })
	case "read":
		return decode(object, func(f Read) error { return s.markRead(ctx, f) })
	case "history":
		return decode(object, func(f History) error { return s.history(ctx, f) })
	case "watch":
		return decode(object, func(f Watch) error { return s.watch(ctx, f) })
	case "unwatch":
		return decode(object, func(f Watch) error { s.leave(f.Conv); return nil })
	case "act":
		return decode(object, func(f event.Command) error { return s.act(ctx, f) })
	case "presence":
		return decode(object, func(f SetPresence) error { return s.setPresence(ctx, f) })
	case "ping":
		return decode(object, func(f Ping) error {
			s.send(frame("pong", Pong{N: f.N, Now: s.svc.now()}))
			return nil
		})
	}
	return errs.Field("type", "%q is not known", clip(kind, 32))
}

// admitAside bounds what a visitor sends beside commands that are stored, which
// have a limit of their own: who floods the readers of a conversation with
// typing would have them closed as slow.
func (s *socket) admitAside(kind string) error {
	if s.viewer.Kind != auth.Visitor || kind == "open" || kind == "send" || kind == "act" {
		return nil
	}
	return s.svc.asides.Allow(s.viewer.ID)
}

func decode[T any](object []byte, handle func(T) error) error {
	var f T
	if err := json.Unmarshal(object, &f); err != nil {
		return malformed(err)
	}
	return handle(f)
}

func malformed(err error) error {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errs.Field(typeErr.Field, "has the wrong type")
	}
	return errs.Wrap(err, errs.Invalid, "the frame is not valid JSON")
}

// validCID reports whether cid is 1 to 64 of [A-Za-z0-9_-].
func validCID(cid string) bool {
	if len(cid) < 1 || len(cid) > 64 {
		return false
	}
	for i := range len(cid) {
		switch c := cid[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func checkCID(cid string) error {
	if !validCID(cid) {
		return errs.Field("cid", "must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -")
	}
	return nil
}

// mayRead loads what authorisation needs and asks the gate; a conversation the
// socket follows was asked for when it joined.
func (s *socket) mayRead(ctx context.Context, conv string) error {
	if s.room(conv) != nil {
		return nil
	}
	subject, err := s.svc.desk.Subject(ctx, conv)
	if err != nil {
		return err
	}
	return auth.MayRead(s.viewer, subject)
}
