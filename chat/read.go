package chat

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

const (
	recentAgent   = 200
	recentVisitor = 20
	// unverifiedMemory is how far back somebody sees who has only a token: on a
	// shared machine the next person would read on.
	unverifiedMemory = 14 * 24 * time.Hour
	recentPatience   = 2 * time.Second // with PostgreSQL
)

// Recent lists the conversations that a reader's socket begins with: for an
// agent those assigned and offered to them (200 at most), for a visitor their
// own, newest first (20 at most; of the last 14 days while the identity is not
// verified).
func (s *Service) Recent(ctx context.Context, v auth.Viewer) ([]event.ConversationSummary, error) {
	switch {
	case v.Staff():
		return agentsOwn(ctx, s.db, v.ID, recentAgent)
	case v.Kind != auth.Visitor || v.ID == "":
		return nil, errs.New(errs.Unauthenticated, "sign in first")
	}
	list, err := s.recentOf(ctx, v)
	for i := range list {
		list[i] = publicSummary(list[i])
	}
	return list, err
}

// recentOf asks for most visitors together, see [loader]. Few are verified at
// the same time, and their contacts have been merged with others.
func (s *Service) recentOf(ctx context.Context, v auth.Viewer) ([]event.ConversationSummary, error) {
	if v.Verified {
		return visitorsOwn(ctx, s.db, v.Inbox, v.ID, v.Contact, recentVisitor)
	}
	list, _, err := s.own.find(ctx, visitorOf{v.Inbox, v.ID})
	return list, err
}

func (s *Service) recentOfMany(ctx context.Context, visitors []visitorOf) (map[visitorOf][]event.ConversationSummary, error) {
	return visitorsRecent(ctx, s.db, visitors, s.now().Add(-unverifiedMemory), recentVisitor)
}

// publicSummary is a summary as its visitor may see it.
func publicSummary(c event.ConversationSummary) event.ConversationSummary {
	c.Tags, c.Priority, c.Team, c.SnoozedUntil = nil, 0, "", nil
	if c.State == event.StateSnoozed {
		c.State = event.StateAssigned
	}
	return c
}

// MarkRead notes that the viewer has seen all up to seq. A mark never goes back
// and never lies beyond the conversation's end. Agents share one mark.
func (s *Service) MarkRead(ctx context.Context, v auth.Viewer, conv string, seq uint64) error {
	if !ids.Valid(conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	l, err := s.loadFor(ctx, v, conv)
	if err != nil {
		return err
	}
	seq = min(seq, l.Seq)
	if v.Kind == auth.Visitor {
		return saveVisitorRead(ctx, s.db, conv, seq)
	}
	var changed bool
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		changed, err = saveAgentRead(ctx, tx, conv, seq)
		return err
	})
	if err != nil {
		return pg.Map(err)
	}
	if changed {
		s.announceStored(ctx, []string{conv})
	}
	return nil
}
