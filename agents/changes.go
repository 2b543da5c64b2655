package agents

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// changes collects what a transaction has to tell others.
type changes struct {
	events  []event.Change // durable, through the outbox
	notices []event.Notice // to open sockets, after the commit
}

// agent says that an account changed.
func (c *changes) agent(kind, id, by string) {
	c.events = append(c.events, event.Change{Type: kind, ID: id, By: by})
}

// ended says that sessions ended, both ways.
func (c *changes) ended(list []ended) {
	byAccount := map[string][]string{}
	for _, s := range list {
		byAccount[s.Account] = append(byAccount[s.Account], s.ID)
		c.notices = append(c.notices, revoked(s.Account, s.ID))
	}
	for acct, sessions := range byAccount {
		c.events = append(c.events, event.Change{
			Type: event.AgentRevoked, ID: acct, Fields: map[string]any{"sessions": sessions},
		})
	}
}

// rights says that an agent may see more than before.
func (c *changes) rights(id string) {
	c.notices = append(c.notices, event.Notice{Type: event.NoticeRights, Agent: id})
}

func revoked(agent, session string) event.Notice {
	return event.Notice{Type: event.NoticeRevoked, Agent: agent, Session: session}
}

// write runs fn in a transaction and tells others what it has changed: what is
// durable with the commit, notices right after it.
func (s *Service) write(ctx context.Context, fn func(tx pgx.Tx, c *changes) error) error {
	var c *changes
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		c = &changes{} // the transaction may run again
		if err := fn(tx, c); err != nil {
			return err
		}
		return s.announce(ctx, tx, c.events)
	})
	if err == nil {
		s.notify(c.notices)
	}
	return err
}

// announce writes the changes in the order of their agents, because
// transactions that announce the same agent wait for each other.
func (s *Service) announce(ctx context.Context, tx pgx.Tx, list []event.Change) error {
	slices.SortStableFunc(list, func(a, b event.Change) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range list {
		c.At = s.now().UTC()
		body, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode %s of %s: %w", c.Type, c.ID, err)
		}
		if err := s.bus.PublishTx(ctx, tx, c.ID, bus.Msg{Subject: event.AgentsSubject(c.ID), Data: body}); err != nil {
			return err
		}
	}
	return nil
}

// notify drops what this process has cached and tells the others. A notice that
// is lost here is sent again from the outbox.
func (s *Service) notify(notices []event.Notice) {
	if len(notices) == 0 {
		return
	}
	s.cache.forget()
	for _, n := range notices {
		if err := s.bus.Ephemeral(event.AgentSubject(n.Agent), n); err != nil {
			s.log.Warn("notice of changed rights was not sent", "agent", n.Agent, "type", n.Type, "error", err)
		}
	}
}

// onNotice forgets what is cached when rights have changed somewhere.
func (s *Service) onNotice(_ string, data []byte) {
	var n event.Notice
	if err := json.Unmarshal(data, &n); err != nil {
		s.log.Warn("unreadable notice", "error", err)
		return
	}
	if n.Type == event.NoticeRevoked || n.Type == event.NoticeRights {
		s.cache.forget()
	}
}

// onChange sends the notices of ended sessions again: the process that ended
// them may have died before it could. Sessions never come back, so a second
// notice finds nothing to close.
func (s *Service) onChange(_ context.Context, d bus.Delivery) error {
	var c struct {
		Type   string
		ID     string
		Fields struct{ Sessions []string }
	}
	if err := json.Unmarshal(d.Data, &c); err != nil {
		return errs.Wrap(err, errs.Invalid, "not an announced change")
	}
	if c.Type != event.AgentRevoked {
		return nil
	}
	for _, session := range c.Fields.Sessions {
		if err := s.bus.Ephemeral(event.AgentSubject(c.ID), revoked(c.ID, session)); err != nil {
			return fmt.Errorf("notify of an ended session: %w", err)
		}
	}
	return nil
}
