package gateway

import (
	"context"
	"slices"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// room returns the room of a conversation that this socket follows, or nil.
func (s *socket) room(conv string) *room {
	s.joinMu.Lock()
	defer s.joinMu.Unlock()
	return s.joined[conv]
}

// join makes the socket a reader of the conversation. With after, everything
// the reader may see after that sequence is sent first; without, it begins at
// the end of the log. While one join of a conversation is under way, a second
// one, by a summary, does nothing.
func (s *socket) join(ctx context.Context, conv string, after *uint64) error {
	if !s.beginJoin(conv) {
		return nil
	}
	return s.joinBegun(ctx, conv, after)
}

// joinBegun is join after beginJoin or claimPlaces.
func (s *socket) joinBegun(ctx context.Context, conv string, after *uint64) error {
	r, err := s.svc.rooms.acquire(ctx, conv, s.svc.desk)
	if err == nil {
		err = s.enter(ctx, r, after)
	}
	if !s.endJoin(conv, r, err) && r != nil {
		s.quit(r)
	}
	return err
}

func (s *socket) enter(ctx context.Context, r *room, after *uint64) error {
	if err := auth.MayRead(s.viewer, r.who()); err != nil {
		return err
	}
	if after != nil {
		return s.catchUp(ctx, r, *after)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers[s] = 0
	return nil
}

func (s *socket) beginJoin(conv string) bool {
	s.joinMu.Lock()
	defer s.joinMu.Unlock()
	if s.left || s.joining[conv] != nil || s.joined[conv] != nil {
		return false
	}
	s.joining[conv] = make(chan struct{})
	return true
}

// claimPlaces keeps the places to resume for joinBegun and leaves their rooms: a
// summary that makes an agent follow one of them meanwhile would send events
// before those that were missed. A join that is under way is waited for. Of two
// places in one conversation the later counts.
func (s *socket) claimPlaces(places []Place) []Place {
	claimed := make([]Place, 0, len(places))
	for _, p := range places {
		i := slices.IndexFunc(claimed, func(c Place) bool { return c.Conv == p.Conv })
		if i >= 0 {
			claimed[i] = p
			continue
		}
		if ids.Valid(p.Conv) {
			s.claimPlace(p.Conv)
		}
		claimed = append(claimed, p)
	}
	return claimed
}

func (s *socket) claimPlace(conv string) {
	s.joinMu.Lock()
	for s.joining[conv] != nil {
		other := s.joining[conv]
		s.joinMu.Unlock()
		<-other
		s.joinMu.Lock()
	}
	s.joining[conv] = make(chan struct{})
	r := s.joined[conv]
	delete(s.joined, conv)
	s.joinMu.Unlock()
	if r != nil {
		s.quit(r)
	}
}

// endJoin records the room, unless joining failed, the socket has ended, or
// the right to read was lost meanwhile.
func (s *socket) endJoin(conv string, r *room, err error) bool {
	s.joinMu.Lock()
	defer s.joinMu.Unlock()
	close(s.joining[conv])
	delete(s.joining, conv)
	if err != nil || s.left || auth.MayRead(s.viewer, r.who()) != nil {
		return false
	}
	s.joined[conv] = r
	return true
}

// quit takes the socket out of a room and gives the room up.
func (s *socket) quit(r *room) {
	r.mu.Lock()
	delete(r.readers, s)
	r.mu.Unlock()
	s.svc.rooms.release(r)
}

// catchUp sends what came after the sequence and adds the socket to the room
// at the very place where the sent part ends.
func (s *socket) catchUp(ctx context.Context, r *room, after uint64) error {
	stalled := 0
	for !s.ended() {
		entries, err := s.svc.desk.After(ctx, r.conv, after, fillPage, s.internal())
		if err != nil {
			return err
		}
		for _, e := range entries {
			s.sendPaced(s.entryFrame(r.conv, e))
			after = e.Seq
		}
		if len(entries) == fillPage {
			continue
		}
		r.mu.Lock()
		if after >= r.tail(s.internal()) {
			r.readers[s] = after
			r.mu.Unlock()
			return nil
		}
		r.mu.Unlock()
		// An entry arrived between reading and looking; read again. A log that
		// never shows what the room has seen is a fault of ours.
		if len(entries) == 0 {
			if stalled++; stalled > 20 {
				return errs.New(errs.Internal, "the conversation cannot be read to its end")
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (s *socket) entryFrame(conv string, e event.Entry) []byte {
	body := e.Body
	if !s.internal() {
		body = event.PublicBody(e.Kind, body)
	}
	return event.AppendFrame(nil, conv, e.Seq, e.Prev, body)
}

// leave stops following a conversation.
func (s *socket) leave(conv string) {
	s.joinMu.Lock()
	r := s.joined[conv]
	delete(s.joined, conv)
	s.joinMu.Unlock()
	if r != nil {
		s.quit(r)
	}
}

// leaveAll is for the end of the socket: no join that is still under way makes
// it a reader again.
func (s *socket) leaveAll() {
	s.joinMu.Lock()
	s.left = true
	convs := make([]string, 0, len(s.joined))
	for conv := range s.joined {
		convs = append(convs, conv)
	}
	s.joinMu.Unlock()
	for _, conv := range convs {
		s.leave(conv)
	}
}

// dedupWindow is how long the broker itself recognises a repeated command;
// event.Streams sets 10 minutes. Beyond it the conversation's own log is asked.
const dedupWindow = 9 * time.Minute

// known returns the receipt of an earlier command with this cid. It costs
// nothing for the first try in a young conversation: there the broker decides.
func (s *socket) known(ctx context.Context, conv, cid string, attempt int) (event.Receipt, bool, error) {
	r := s.room(conv)
	if r == nil {
		acquired, err := s.svc.rooms.acquire(ctx, conv, s.svc.desk)
		if err != nil {
			return event.Receipt{}, false, err
		}
		defer s.svc.rooms.release(acquired)
		r = acquired
	}
	if attempt <= 1 && r.young(event.Now()) {
		return event.Receipt{}, false, nil
	}
	seq, err := r.knownSeq(ctx, s.svc.bus, event.SenderKey(s.viewer.Actor()), cid)
	if err != nil || seq == 0 {
		return event.Receipt{}, false, err
	}
	stored, err := s.svc.bus.Get(ctx, s.svc.bus.ChatStream(conv), seq)
	if err != nil {
		return event.Receipt{}, false, err
	}
	receipt, err := receiptOf(conv, stored)
	return receipt, err == nil, err
}

// young reports whether the whole conversation lies within the broker's own
// window.
func (r *room) young(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.oldest.After(now.Add(-dedupWindow))
}
