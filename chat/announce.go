package chat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/event"
	"parley/internal/bus"
)

const (
	announcePause = 250 * time.Millisecond // between two announcements of a conversation
	announceMost  = 10_000                 // conversations remembered for that; more are announced at each change
)

// announcer tells the gateways how conversations look now. It is for lists that
// are open at this moment: whoever misses it asks for the list again. The first
// change of a conversation is told at once; of those within the next 250 ms the
// last one, when that time is over.
type announcer struct {
	tell func(*event.ConversationSummary)

	mu    sync.Mutex
	known map[string]*announced
	queue []*announced // in the order of their time
	timer *time.Timer  // set while the queue is not empty
}

// announced is a conversation that was told of lately.
type announced struct {
	conv  string
	at    time.Time                  // when it was told of
	waits *event.ConversationSummary // what to tell next, nil when nothing has changed since
}

func newAnnouncer(b *bus.Bus, log *slog.Logger) *announcer {
	return &announcer{known: make(map[string]*announced), tell: func(c *event.ConversationSummary) {
		if err := b.Ephemeral(event.DeskSubject(c.Inbox), c); err != nil {
			log.Warn("summary could not be announced", "conv", c.ID, "error", err)
		}
	}}
}

// announce takes the list over.
func (a *announcer) announce(list []event.ConversationSummary) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range list {
		c := &list[i]
		if one := a.known[c.ID]; one != nil {
			if one.waits == nil || one.waits.Seq <= c.Seq {
				one.waits = c
			}
			continue
		}
		a.tell(c)
		if len(a.known) < announceMost {
			a.remember(&announced{conv: c.ID})
		}
	}
}

// remember queues a conversation that was told of now.
func (a *announcer) remember(one *announced) {
	one.at = time.Now()
	a.known[one.conv] = one
	a.queue = append(a.queue, one)
	if a.timer == nil {
		a.timer = time.AfterFunc(announcePause, a.tellWaiting)
	}
}

// tellWaiting tells of what has changed again, and forgets what has not.
func (a *announcer) tellWaiting() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for len(a.queue) > 0 && now.Sub(a.queue[0].at) >= announcePause {
		one := a.queue[0]
		a.queue[0], a.queue = nil, a.queue[1:]
		if one.waits == nil {
			delete(a.known, one.conv)
			continue
		}
		a.tell(one.waits)
		one.waits = nil
		a.remember(one)
	}
	a.timer = nil
	if len(a.queue) > 0 {
		a.timer = time.AfterFunc(announcePause-now.Sub(a.queue[0].at), a.tellWaiting)
	}
}

// count tells of how many conversations the next change waits.
func (a *announcer) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.known)
}

// flush tells all that waits, now. Later changes are told at once again.
func (a *announcer) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
	for _, one := range a.queue {
		if one.waits != nil {
			a.tell(one.waits)
		}
	}
	clear(a.known)
	a.queue, a.timer = nil, nil
}

// announceStored announces conversations as PostgreSQL has them.
func (s *Service) announceStored(ctx context.Context, convs []string) {
	if len(convs) == 0 {
		return
	}
	list, err := summaries(ctx, s.db, convs)
	if err != nil {
		s.log.Warn("summaries could not be announced", "conversations", len(convs), "error", err)
		return
	}
	s.announcer.announce(list)
}

// summarize returns the rows that have changed as lists show them.
func summarize(rows []*projected, names contactNames) []event.ConversationSummary {
	list := make([]event.ConversationSummary, 0, len(rows))
	for _, row := range rows {
		if !row.changed {
			continue
		}
		c := row.summary()
		if known, ok := names[row.Contact]; ok {
			c.Contact = known.ID
			if known.Name != "" {
				c.Name = known.Name
			}
		}
		list = append(list, c)
	}
	return list
}
