package people

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

const (
	// erasedFresh is how long the list of erased contacts is trusted.
	erasedFresh = time.Second
	// erasedPatience bounds the question for new ones, which is on the way of
	// whoever signs in: without PostgreSQL, the last known list counts.
	erasedPatience = 250 * time.Millisecond
	// erasedOverlap is longer than a transaction that adds to the list takes.
	erasedOverlap = time.Minute
)

// RevokedWithin is when every process refuses the tokens of a revoked person,
// as long as it reaches PostgreSQL.
const RevokedWithin = erasedFresh + erasedPatience

// Revoke makes the tokens of the contacts' browsers worth nothing, for as long
// as they would be good, and ends what is open with them. It is the first step
// of an erasure: nobody adds to what is being erased.
func (s *Service) Revoke(ctx context.Context, contacts []string) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error { return saveErased(ctx, tx, contacts) })
	if err != nil {
		return pg.Map(err)
	}
	s.tellErased(contacts)
	return nil
}

// tellErased has open sockets closed. The notice is not kept, so an erasure
// sends it twice; a gateway that misses both keeps a socket for as long as its
// connection lasts.
func (s *Service) tellErased(contacts []string) {
	if err := s.bus.Ephemeral(event.ErasedSubject, event.Erased{Contacts: contacts}); err != nil {
		s.log.Warn("open connections of an erased person were not closed", "error", err)
	}
}

// erasedContacts is the copy in memory that tokens are compared with: a few
// bytes for each contact that was erased within the life of a token.
type erasedContacts struct {
	mu      sync.Mutex
	ids     map[string]struct{}
	newest  time.Time // of the database's clock
	readAt  time.Time // of ours; zero: never
	failing bool
}

// erased reports whether the contact was erased, by a list that is no older
// than a second.
func (s *Service) erased(ctx context.Context, contact string) bool {
	e := &s.gone
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.readAt) >= erasedFresh {
		err := e.read(context.WithoutCancel(ctx), s.db)
		if err != nil && !e.failing {
			s.log.Warn("erased contacts could not be read; the last known ones are refused", "error", err)
		}
		e.failing, e.readAt = err != nil, time.Now()
	}
	_, gone := e.ids[contact]
	return gone
}

// read adds what is new.
func (e *erasedContacts) read(ctx context.Context, q pg.Querier) error {
	ctx, cancel := context.WithTimeout(ctx, erasedPatience)
	defer cancel()
	rows, err := q.Query(ctx, `SELECT contact, at FROM people.erased WHERE at >= $1`, e.newest.Add(-erasedOverlap))
	if err != nil {
		return fmt.Errorf("read erased contacts: %w", pg.Map(err))
	}
	var contact string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&contact, &at}, func() error {
		if e.ids == nil {
			e.ids = map[string]struct{}{}
		}
		e.ids[contact] = struct{}{}
		if at.After(e.newest) {
			e.newest = at
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read erased contacts: %w", pg.Map(err))
	}
	return nil
}

// saveErased adds to the list, and drops those of whom no token is good any
// more. A day is for clocks that differ.
func saveErased(ctx context.Context, q pg.Querier, contacts []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM people.erased WHERE at < now() - make_interval(secs => $1)`, (tokenLife + 24*time.Hour).Seconds()); err != nil {
		return fmt.Errorf("drop old erased contacts: %w", pg.Map(err))
	}
	if _, err := q.Exec(ctx, `INSERT INTO people.erased (contact) SELECT unnest($1::text[]) ON CONFLICT (contact) DO UPDATE SET at = excluded.at`, contacts); err != nil {
		return fmt.Errorf("note erased contacts: %w", pg.Map(err))
	}
	return nil
}
