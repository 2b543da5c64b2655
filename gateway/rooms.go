package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/internal/auth"
	"parley/internal/bus"
)

// rooms holds the conversations that have readers here. The broker sends a
// conversation's events to this process from the first reader's arrival to the
// last one's leaving.
type rooms struct {
	bus  *bus.Bus
	log  *slog.Logger
	sink *bus.LiveSink

	frames sync.Pool // see [room.emit]

	mu    sync.Mutex
	open  map[string]*room
	dirty map[string]struct{} // rooms that may have missed something
	wake  chan struct{}
}

func newRooms(b *bus.Bus, log *slog.Logger) *rooms {
	r := &rooms{bus: b, log: log, open: map[string]*room{}, dirty: map[string]struct{}{}, wake: make(chan struct{}, 1)}
	r.frames.New = func() any { return &frames{} }
	r.sink = b.NewLiveSink(bus.LiveConfig{OnEvent: r.onEvent, OnEphemeral: r.onEphemeral, OnGap: r.onGap})
	return r
}

func (r *rooms) get(conv string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[conv]
}

// update keeps an open room's authorisation facts current.
func (r *rooms) update(subject auth.Subject) {
	o := r.get(subject.Conv)
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.subject = subject
}

// count tells how many are open, and how many of them wait to be compared with
// the log.
func (r *rooms) count() (open, suspect int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open), len(r.dirty)
}

func (r *rooms) list() []*room {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*room, 0, len(r.open))
	for _, o := range r.open {
		out = append(out, o)
	}
	return out
}

// acquire returns the conversation's room, opened by whoever comes first. The
// caller releases it.
func (r *rooms) acquire(ctx context.Context, conv string, desk Log) (*room, error) {
	r.mu.Lock()
	o, ok := r.open[conv]
	if !ok {
		o = &room{conv: conv, ready: make(chan struct{}), readers: map[*socket]uint64{}, frames: &r.frames}
		r.open[conv] = o
	}
	o.refs++
	r.mu.Unlock()
	if !ok {
		o.failure = r.start(ctx, o, desk)
		close(o.ready)
	}
	select {
	case <-o.ready:
	case <-ctx.Done():
		r.release(o)
		return nil, ctx.Err()
	}
	if o.failure != nil {
		r.release(o)
		return nil, o.failure
	}
	return o, nil
}

// start subscribes before it reads, so that nothing falls between; what
// arrives meanwhile waits for the room's lock.
func (r *rooms) start(ctx context.Context, o *room, desk Log) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, subscribe := range []func(string, *bus.LiveSink) (*bus.Sub, error){r.bus.SubscribeLive, r.bus.SubscribeEphemeral} {
		sub, err := subscribe(o.conv, r.sink)
		if err != nil {
			return err
		}
		o.subs = append(o.subs, sub)
	}
	return o.load(ctx, r.bus, desk)
}

// release gives the room up; the last one closes it.
func (r *rooms) release(o *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.refs--; o.refs > 0 {
		return
	}
	if r.open[o.conv] == o {
		delete(r.open, o.conv)
	}
	delete(r.dirty, o.conv)
	for _, sub := range o.subs {
		sub.Unsubscribe()
	}
}

func (r *rooms) onEvent(conv string, m bus.Stored) {
	o := r.get(conv)
	if o == nil {
		return
	}
	if err := o.deliver(context.Background(), r.bus, m); err != nil {
		r.failed(o, err)
	}
}

func (r *rooms) onEphemeral(conv string, data []byte) {
	if o := r.get(conv); o != nil {
		o.ephemeral(data, r.log)
	}
}

// onGap is told when live messages of a conversation may have been dropped on
// the way to this process. It only marks the room: the sink must not wait.
func (r *rooms) onGap(conv string) {
	r.mu.Lock()
	if r.open[conv] != nil {
		r.dirty[conv] = struct{}{}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// bearBehind is how long a room may fail to be compared with the log before
// its readers are sent away: longer than elections take.
const bearBehind = 30 * time.Second

// failed has a room compared with the log again soon while its stream elects a
// leader. Its readers keep their places, and whatever comes is sent behind what
// is missing. After bearBehind, and when it will not pass, they are sent away.
func (r *rooms) failed(o *room, err error) {
	if !forNow(err) || !r.retry(o) {
		r.broken(o, err)
	}
}

func (r *rooms) retry(o *room) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if o.behind.IsZero() {
		o.behind = now
	}
	if now.Sub(o.behind) > bearBehind {
		return false
	}
	time.AfterFunc(firstRetry, func() { r.onGap(o.conv) })
	return true
}

func (r *rooms) caughtUp(o *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o.behind = time.Time{}
}

// broken ends the readers of a room whose hole could not be filled: they
// resume, here or elsewhere, and miss nothing.
func (r *rooms) broken(o *room, err error) {
	r.log.Error("conversation cannot be followed", "conv", o.conv, "error", err)
	o.mu.Lock()
	defer o.mu.Unlock()
	for s := range o.readers {
		s.end(byeError(err))
	}
}

// run repairs rooms that missed something, and compares all with the log at an
// interval: the loss of the very last live message shows in no later one.
// So are the rights of the readers: the notice of a changed inbox is sent once.
func (r *rooms) run(ctx context.Context, interval time.Duration, checkRights func(context.Context)) error {
	defer r.sink.Close()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
			r.check(ctx, r.takeDirty())
		case <-tick.C:
			checkRights(ctx)
			r.check(ctx, r.list())
		}
	}
}

func (r *rooms) takeDirty() []*room {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*room, 0, len(r.dirty))
	for conv := range r.dirty {
		if o := r.open[conv]; o != nil {
			out = append(out, o)
		}
	}
	clear(r.dirty)
	return out
}

// maxChecks bounds the rooms that are compared with the log at the same time.
const maxChecks = 16

// check does not let rooms wait for those of a stream without a leader.
func (r *rooms) check(ctx context.Context, list []*room) {
	var g errgroup.Group
	g.SetLimit(maxChecks)
	for _, o := range list {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			if err := o.catchUp(ctx, r.bus); err == nil {
				r.caughtUp(o)
			} else if ctx.Err() == nil {
				r.failed(o, err)
			}
			return nil
		})
	}
	_ = g.Wait() // failures are dealt with where they occur
}
