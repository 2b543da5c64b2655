package gateway

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
)

// room is a conversation that has readers in this process. It knows the end of
// the log for both audiences, so each frame can say what came before it.
type room struct {
	conv string
	refs int // guarded by rooms.mu

	behind time.Time // since when it could not be compared with the log; zero when it could; guarded by rooms.mu

	ready   chan struct{} // closed when opened or failed
	failure error         // why it could not be opened; read after ready
	subs    []*bus.Sub

	mu      sync.Mutex
	subject auth.Subject
	head    uint64             // last entry of the log
	public  uint64             // last entry that visitors see
	readers map[*socket]uint64 // the last sequence each was sent before it joined
	known   map[string]uint64  // sender and cid → sequence, of the whole log; nil until asked for
	oldest  time.Time          // of the first entry; zero until asked for

	frames *sync.Pool // of *frames
}

// frames is what an entry looks like to agents and to visitors, empty until
// somebody sees it so.
type frames struct{ all, shown []byte }

func (r *room) who() auth.Subject {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.subject
}

// tail is the last entry the audience sees.
func (r *room) tail(internal bool) uint64 {
	if internal {
		return r.head
	}
	return r.public
}

// deliver passes a stored entry to the readers. Entries already passed are
// ignored; a hole is filled from the log first.
func (r *room) deliver(ctx context.Context, b *bus.Bus, m bus.Stored) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.Seq <= r.head {
		return nil
	}
	if m.Last > r.head {
		return r.fill(ctx, b)
	}
	r.emit(m)
	return nil
}

// catchUp compares the room with the log and delivers what it missed.
func (r *room) catchUp(ctx context.Context, b *bus.Bus) error {
	last, err := b.Last(ctx, event.ChatSubject(r.conv))
	if errs.Is(err, errs.NotFound) {
		return nil // the log has left the stream; PostgreSQL keeps it
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last.Seq <= r.head {
		return nil
	}
	return r.fill(ctx, b)
}

const fillPage = 256

func (r *room) fill(ctx context.Context, b *bus.Bus) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		page, err := b.Read(ctx, event.ChatSubject(r.conv), r.head, fillPage)
		if err != nil {
			return err
		}
		for _, m := range page {
			r.emit(m)
		}
		if len(page) < fillPage {
			return nil
		}
	}
}

// emit encodes the entry once for each audience and queues it.
func (r *room) emit(m bus.Stored) {
	f := r.frames.Get().(*frames) //nolint:forcetypeassert // the pool has nothing else
	f.all, f.shown = f.all[:0], f.shown[:0]
	for s, had := range r.readers {
		switch {
		case m.Seq <= had: // read from the log while the live copy was on its way
		case s.internal():
			if len(f.all) == 0 {
				f.all = event.AppendFrame(f.all, r.conv, m.Seq, r.head, m.Data)
			}
			s.send(f.all) // copies
		case !m.Internal:
			if len(f.shown) == 0 {
				f.shown = event.AppendFrame(f.shown, r.conv, m.Seq, r.public, event.PublicBody(m.Kind, m.Data))
			}
			s.send(f.shown)
		}
	}
	if cap(f.all)+cap(f.shown) <= keepEncoded {
		r.frames.Put(f)
	}
	r.head = m.Seq
	if !m.Internal {
		r.public = m.Seq
	}
	if r.known != nil {
		r.remember(m)
	}
}

// keepEncoded bounds what is kept for the next entry, in bytes.
const keepEncoded = 8 << 10

func (r *room) remember(m bus.Stored) {
	var head struct {
		CID  string      `json:"cid"`
		From event.Actor `json:"from"`
	}
	if json.Unmarshal(m.Data, &head) == nil && head.CID != "" {
		r.known[event.SenderKey(head.From)+":"+head.CID] = m.Seq
	}
}

// broadcast queues an ephemeral frame for every reader but its author.
func (r *room) broadcast(e event.Ephemeral) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var full, public []byte
	for s := range r.readers {
		if e.From != nil && s.viewer.ID == e.From.ID {
			continue
		}
		if s.internal() {
			if full == nil {
				full = encodeEphemeral(e)
			}
			s.send(full)
			continue
		}
		if public == nil {
			hidden := e
			hidden.Preview = ""
			public = encodeEphemeral(hidden)
		}
		s.send(public)
	}
}

// encodeEphemeral needs no frame head: an Ephemeral names its own type.
func encodeEphemeral(e event.Ephemeral) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("encode ephemeral: " + err.Error()) // a struct of plain fields
	}
	return b
}

// load reads the end of the log. It runs after the subscription began, so
// nothing falls between.
func (r *room) load(ctx context.Context, b *bus.Bus, desk Log) error {
	subject, err := desk.Subject(ctx, r.conv)
	if err != nil {
		return err
	}
	r.subject = subject
	last, err := b.Last(ctx, event.ChatSubject(r.conv))
	switch {
	case err == nil:
		r.head = last.Seq
		if !last.Internal {
			r.public = last.Seq
			return nil
		}
	case !errs.Is(err, errs.NotFound):
		return err
	}
	return r.loadPast(ctx, desk)
}

// loadPast finds the ends that the stream does not show: the last public entry
// behind a note, and everything when the log has left the stream.
func (r *room) loadPast(ctx context.Context, desk Log) error {
	end := uint64(0)
	if r.head > 0 {
		end = r.head + 1 // not what has been stored since head was read
	}
	public, _, err := desk.Before(ctx, r.conv, end, 1, false)
	if err != nil {
		return err
	}
	if len(public) > 0 {
		r.public = public[0].Seq
	}
	if r.head == 0 {
		all, _, err := desk.Before(ctx, r.conv, 0, 1, true)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			r.head = all[0].Seq
		}
	}
	return nil
}

// knownSeq looks a command up in the whole log of the conversation, which is
// read once when the first retry or an old conversation asks for it.
func (r *room) knownSeq(ctx context.Context, b *bus.Bus, sender, cid string) (uint64, error) {
	r.mu.Lock()
	loaded := r.known != nil
	r.mu.Unlock()
	if !loaded {
		if err := r.index(ctx, b); err != nil {
			return 0, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[sender+":"+cid], nil
}

func (r *room) index(ctx context.Context, b *bus.Bus) error {
	index := &room{conv: r.conv, known: map[string]uint64{}}
	for {
		page, err := b.Read(ctx, event.ChatSubject(r.conv), index.head, fillPage)
		if err != nil {
			return err
		}
		for _, m := range page {
			index.remember(m)
			index.head = m.Seq
		}
		if len(page) == fillPage {
			continue
		}
		r.mu.Lock()
		// An empty log has left the stream; PostgreSQL alone keeps it, and no
		// command of the last 30 days can be in it.
		if r.head <= index.head || index.head == 0 || r.known != nil {
			if r.known == nil {
				r.known = index.known
			}
			r.mu.Unlock()
			return nil
		}
		r.mu.Unlock() // more arrived while reading
	}
}
