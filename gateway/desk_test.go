package gateway

import (
	"context"
	"slices"
	"sync"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
)

// logDesk answers the gateway's questions from the broker alone, as chat does
// while PostgreSQL is away.
type logDesk struct {
	bus     *bus.Bus
	mu      sync.Mutex
	inbox   event.Inbox
	changed *event.Inbox // the inbox after RefreshInboxes; nil when there is no change
	marks   map[string]uint64
	recents []event.ConversationSummary
	before  func(question string) error // see meddle
}

// meddle has f called before each answer to the questions "subject", "recent"
// and "after".
// It may delay the answer, and its error is the answer.
func (d *logDesk) meddle(f func(question string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

func (d *logDesk) asked(question string) error {
	d.mu.Lock()
	before := d.before
	d.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(question)
}

func (d *logDesk) Subject(ctx context.Context, conv string) (auth.Subject, error) {
	if err := d.asked("subject"); err != nil {
		return auth.Subject{}, err
	}
	first, err := d.bus.First(ctx, event.ChatSubject(conv))
	if err != nil {
		return auth.Subject{}, err
	}
	e, err := event.Decode(conv, first.Seq, first.Data)
	if err != nil {
		return auth.Subject{}, err
	}
	return auth.Subject{Conv: conv, Inbox: e.Opened.Inbox, InboxTeams: d.copied().Teams, Visitor: e.Opened.Visitor, Contact: e.Opened.Contact}, nil
}

func (d *logDesk) all(ctx context.Context, conv string, internal bool) ([]event.Entry, error) {
	var out []event.Entry
	var prev, after uint64
	for {
		page, err := d.bus.Read(ctx, event.ChatSubject(conv), after, 100)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			after = m.Seq
			if m.Internal && !internal {
				continue
			}
			out = append(out, event.Entry{Seq: m.Seq, Prev: prev, Internal: m.Internal, Kind: m.Kind, Body: m.Data})
			prev = m.Seq
		}
		if len(page) < 100 {
			return out, nil
		}
	}
}

func (d *logDesk) Before(ctx context.Context, conv string, before uint64, limit int, internal bool) ([]event.Entry, bool, error) {
	list, err := d.all(ctx, conv, internal)
	if err != nil {
		return nil, false, err
	}
	if before > 0 {
		list = slices.DeleteFunc(list, func(e event.Entry) bool { return e.Seq >= before })
	}
	more := len(list) > limit
	if more {
		list = list[len(list)-limit:]
	}
	return list, more, nil
}

func (d *logDesk) After(ctx context.Context, conv string, after uint64, limit int, internal bool) ([]event.Entry, error) {
	if err := d.asked("after"); err != nil {
		return nil, err
	}
	list, err := d.all(ctx, conv, internal)
	list = slices.DeleteFunc(list, func(e event.Entry) bool { return e.Seq <= after })
	return list[:min(limit, len(list))], err
}

func (d *logDesk) Act(ctx context.Context, v auth.Viewer, cmd event.Command) (event.Receipt, error) {
	if cmd.Action != event.ActResolve {
		return event.Receipt{}, errs.Field("action", "is not known")
	}
	subject, err := d.Subject(ctx, cmd.Conv)
	if err != nil {
		return event.Receipt{}, err
	}
	if err := auth.MayRead(v, subject); err != nil {
		return event.Receipt{}, err
	}
	e := event.Event{Conv: cmd.Conv, At: event.Now(), CID: cmd.CID, From: v.Actor(), Kind: event.KindResolved}
	ack, err := d.bus.PublishEvent(ctx, &e, event.SenderKey(e.From), cmd.CID, nil)
	return event.Receipt{CID: cmd.CID, Conv: cmd.Conv, Seq: ack.Seq, At: e.At}, err
}

func (d *logDesk) Recent(context.Context, auth.Viewer) ([]event.ConversationSummary, error) {
	if err := d.asked("recent"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.recents, nil
}

func (d *logDesk) MarkRead(_ context.Context, v auth.Viewer, conv string, seq uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.marks[v.ID+conv] = max(d.marks[v.ID+conv], seq)
	return nil
}

func (d *logDesk) Inbox(_ context.Context, id string) (event.Inbox, error) {
	in := d.copied()
	if id != in.ID {
		return event.Inbox{}, errs.New(errs.NotFound, "there is no such inbox")
	}
	return in, nil
}

// copied is the inbox as it was when it was read last.
func (d *logDesk) copied() event.Inbox {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inbox
}

func (d *logDesk) RefreshInboxes() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changed != nil {
		d.inbox = *d.changed
	}
}

// narrow changes the teams that the inbox is for, of which the copy does not
// know yet.
func (d *logDesk) narrow(teams ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in := d.inbox
	in.Teams = teams
	d.changed = &in
}

func (d *logDesk) Claim(context.Context, auth.Viewer, string, []string) ([]event.Attachment, error) {
	return nil, errs.New(errs.NotFound, "there is no such file")
}

// tokens is a verifier that knows a fixed set.
type tokens map[string]auth.Viewer

func (t tokens) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	v, ok := t[token]
	return v, ok, nil
}
