package gateway

import (
	"context"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
)

// room returns the room of a conversation that this socket follows, or nil.
func (s *socket) room(conv string) *room {
	s.joinMu.Lock()
	defer s.joinMu.Unlock()
	return s.joined[conv]
}

// joining is a join under way.
type joining struct {
	done   chan struct{}      // closed when it has ended
	giveUp context.CancelFunc // ends one that goes on trying; nil for others
}

// join makes the socket a reader of the conversation. With after, everything
// the reader may see after that sequence is sent first, and after is moved
// along; without, it begins at the end of the log. While one join of a
// conversation is under way, a second one, by a summary, does nothing.
func (s *socket) join(ctx context.Context, conv string, after *uint64) error {
	if !s.beginJoin(conv) {
		return nil
	}
	r, err := s.tryJoin(ctx, conv, after)
	s.endJoin(conv, r, err)
	return err
}

// tryJoin is what happens between beginJoin or claimPlace and endJoin.
func (s *socket) tryJoin(ctx context.Context, conv string, after *uint64) (*room, error) {
	r, err := s.svc.rooms.acquire(ctx, conv, s.svc.desk)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx, r, after); err != nil {
		s.quit(r)
		return nil, err
	}
	return r, nil
}

func (s *socket) enter(ctx context.Context, r *room, after *uint64) error {
	if err := auth.MayRead(s.viewer, r.who()); err != nil {
		return err
	}
	if after != nil {
		return s.catchUp(ctx, r, after)
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
	s.occupy(conv)
	return true
}

// occupy notes that a conversation is being joined. joinMu is held.
func (s *socket) occupy(conv string) {
	if s.joining == nil {
		s.joining = make(map[string]*joining, 1)
	}
	s.joining[conv] = &joining{done: make(chan struct{})}
}

// endJoin records the room, unless joining failed, the socket has ended, or
// the right to read was lost meanwhile.
func (s *socket) endJoin(conv string, r *room, err error) {
	s.joinMu.Lock()
	close(s.joining[conv].done)
	if delete(s.joining, conv); len(s.joining) == 0 {
		s.joining = nil // 250 bytes a socket, while it does nothing
	}
	keep := err == nil && !s.left && auth.MayRead(s.viewer, r.who()) == nil
	if keep {
		s.joined[conv] = r
	}
	s.joinMu.Unlock()
	if !keep && r != nil {
		s.quit(r)
	}
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
func (s *socket) catchUp(ctx context.Context, r *room, after *uint64) error {
	if r.enterAtTail(s, *after) {
		return nil // it has missed nothing, as nearly everybody after a restart
	}
	stalled := 0
	for !s.ended() {
		entries, err := s.svc.desk.After(ctx, r.conv, *after, fillPage, s.internal())
		if err != nil {
			return err
		}
		for _, e := range entries {
			s.sendPaced(s.entryFrame(r.conv, e))
			*after = e.Seq
		}
		if len(entries) == fillPage {
			continue
		}
		if r.enterAtTail(s, *after) {
			return nil
		}
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

// enterAtTail makes the socket a reader if it has everything up to the end.
func (r *room) enterAtTail(s *socket, after uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if after < r.tail(s.internal()) {
		return false
	}
	r.readers[s] = after
	return true
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
	if attempt <= 1 {
		if young, err := r.young(ctx, s.svc.bus, s.svc.now()); young || err != nil {
			return event.Receipt{}, false, err
		}
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
func (r *room) young(ctx context.Context, b *bus.Bus, now time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.oldest.IsZero() {
		first, err := b.First(ctx, event.ChatSubject(r.conv))
		if errs.Is(err, errs.NotFound) {
			return false, nil // the log has left the stream
		}
		if err != nil {
			return false, err
		}
		r.oldest = first.Time
	}
	return r.oldest.After(now.Add(-dedupWindow)), nil
}
