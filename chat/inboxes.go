package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// inboxesFresh is how long the copy in memory is trusted without a notice,
// which is sent at most once.
const inboxesFresh = time.Second

// inboxCache is the copy in memory that requests are answered from.
type inboxCache struct {
	mu     sync.Mutex
	list   []event.Inbox
	readAt time.Time // zero: read again before the next answer
	sealed []string  // ids of inboxes whose secret cannot be read, which were reported
}

// report says once that an inbox's secret cannot be read: inboxes are read each
// second.
func (c *inboxCache) report(log *slog.Logger, inbox string, cause error) {
	if slices.Contains(c.sealed, inbox) {
		return
	}
	c.sealed = append(c.sealed, inbox)
	log.Error("the secret of an inbox cannot be read; make a new one", "inbox", inbox, "error", cause)
}

func (c *inboxCache) invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readAt = time.Time{}
}

// inboxes returns all inboxes, oldest first, never older than a second. While
// PostgreSQL is away the last known ones go on working. The slice is shared:
// read it only.
func (s *Service) inboxes(ctx context.Context) ([]event.Inbox, error) {
	c := &s.inboxCache
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.readAt) < inboxesFresh {
		return c.list, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	rows, err := allInboxes(ctx, s.db)
	if err != nil {
		if c.list == nil {
			return nil, unavailable(err)
		}
		c.readAt = time.Now()
		s.log.Warn("inboxes could not be read; the last known ones are used", "error", err)
		return c.list, nil
	}
	list := make([]event.Inbox, 0, len(rows))
	for _, row := range rows {
		in := row.inbox()
		if in.Secret, err = s.secrets.Open(row.Secret, row.ID); err != nil {
			// Nobody can sign with a secret that nobody knows, so identities of this
			// inbox are refused, not believed.
			in.Secret = ids.Secret()
			c.report(s.log, row.ID, err)
		}
		list = append(list, in)
	}
	c.list, c.readAt = list, time.Now()
	return list, nil
}

// RefreshInboxes makes the next answer of [Service.Inbox] as new as the
// database. It is for whoever acts on the notice of a change in a process where
// the module does not run.
func (s *Service) RefreshInboxes() { s.inboxCache.invalidate() }

// Inbox returns an inbox, archived ones too, or errs.NotFound. What it refers
// to is shared: read it only.
func (s *Service) Inbox(ctx context.Context, id string) (event.Inbox, error) {
	return s.findInbox(ctx, func(in *event.Inbox) bool { return in.ID == id })
}

// InboxByKey returns the inbox of a public key, or errs.NotFound. An archived
// inbox has no key any more.
func (s *Service) InboxByKey(ctx context.Context, key string) (event.Inbox, error) {
	return s.findInbox(ctx, func(in *event.Inbox) bool { return in.Key == key && !in.Archived })
}

func (s *Service) findInbox(ctx context.Context, is func(*event.Inbox) bool) (event.Inbox, error) {
	list, err := s.inboxes(ctx)
	if err != nil {
		return event.Inbox{}, err
	}
	for i := range list {
		if is(&list[i]) {
			return list[i], nil
		}
	}
	return event.Inbox{}, errs.New(errs.NotFound, "there is no such inbox")
}

// NewInbox is a new inbox before anybody has said anything about it: when
// nobody is there it asks visitors for an address instead of leaving them
// without an answer.
func NewInbox() event.Inbox {
	return event.Inbox{Offline: event.Offline{
		CollectEmail: true, Message: "Nobody is here right now. Leave your e-mail address and we will answer there.",
	}}
}

// CreateInbox stores a new inbox: id, key and secret are made here, what was
// left out gets its default. It returns the inbox with its secret, which is
// shown once.
func (s *Service) CreateInbox(ctx context.Context, in event.Inbox) (event.Inbox, error) {
	created, err := s.insertInbox(ctx, s.db, in)
	if err != nil {
		return event.Inbox{}, err
	}
	s.inboxesChanged()
	return created, nil
}

func (s *Service) insertInbox(ctx context.Context, q pg.Querier, in event.Inbox) (event.Inbox, error) {
	normalize(&in)
	if err := validate(&in); err != nil {
		return event.Inbox{}, err
	}
	in.ID, in.Key, in.Secret, in.Archived = ids.New(), ids.Secret(), ids.Secret(), false
	return in, insertInbox(ctx, q, rowOf(in, s.secrets.Seal(in.Secret, in.ID)))
}

// changeInbox applies change to an inbox under its lock.
func (s *Service) changeInbox(ctx context.Context, id string, change func(*event.Inbox) error) (event.Inbox, error) {
	var in event.Inbox
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		row, err := lockInbox(ctx, tx, id)
		if err != nil {
			return err
		}
		in = row.inbox()
		if err := change(&in); err != nil {
			return err
		}
		in.ID, in.Key = row.ID, row.Key
		normalize(&in)
		if err := validate(&in); err != nil {
			return err
		}
		sealed := row.Secret
		if in.Secret != "" {
			sealed = s.secrets.Seal(in.Secret, in.ID)
		}
		return updateInbox(ctx, tx, rowOf(in, sealed))
	})
	if err != nil {
		return event.Inbox{}, pg.Map(err)
	}
	s.inboxesChanged()
	return in, nil
}

// ArchiveInbox ends the inbox's widget; its conversations stay. An inbox that
// does not exist or is archived already is errs.NotFound.
func (s *Service) ArchiveInbox(ctx context.Context, id string) error {
	_, err := s.changeInbox(ctx, id, func(in *event.Inbox) error {
		if in.Archived {
			return errs.New(errs.NotFound, "there is no such inbox")
		}
		in.Archived = true
		return nil
	})
	return err
}

// inboxesChanged makes this process and the others read the inboxes again.
func (s *Service) inboxesChanged() {
	s.inboxCache.invalidate()
	if err := s.bus.Ephemeral(event.InboxesSubject, json.RawMessage(`{}`)); err != nil {
		s.log.Warn("other processes learn of the changed inbox within a second only", "error", err)
	}
}

// SeedDemo creates one inbox to try Parley with, unless there is one already.
// origins are the sites that may embed it. It returns the oldest inbox.
func (s *Service) SeedDemo(ctx context.Context, origins []string) (event.Inbox, error) {
	var in event.Inbox
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		if err := lockInboxes(ctx, tx); err != nil {
			return err
		}
		rows, err := allInboxes(ctx, tx)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(rows, func(r inboxRow) bool { return !r.Archived }); i >= 0 {
			in = rows[i].inbox()
			return nil
		}
		in, err = s.insertInbox(ctx, tx, event.Inbox{
			Name: "Parley demo", Origins: slices.Clone(origins), Bot: true, BotName: "Parley",
			Look:    event.Look{Greeting: "Hello! Ask a question about Parley, or ask for a person."},
			Offline: NewInbox().Offline,
		})
		return err
	})
	if err != nil {
		return event.Inbox{}, pg.Map(fmt.Errorf("create the demo inbox: %w", err))
	}
	s.inboxesChanged()
	return in, nil
}
