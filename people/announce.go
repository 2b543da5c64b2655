package people

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
)

// change describes a contact as it is now.
func (s *Service) change(kind string, c *contact, by string) event.Change {
	return event.Change{
		Type: kind, ID: c.ID, At: s.now().UTC(), By: by,
		Fields: map[string]any{"name": c.Name, "email": c.Email, "verified": c.Verified},
	}
}

func (s *Service) merged(from, into, by string) event.Change {
	return event.Change{Type: event.ContactMerged, ID: from, Into: into, At: s.now().UTC(), By: by}
}

// announce publishes the changes when the transaction commits. They are written
// in the order of their contacts, because transactions that announce the same
// contact wait for each other.
func (s *Service) announce(ctx context.Context, tx pgx.Tx, changes ...event.Change) error {
	slices.SortStableFunc(changes, func(a, b event.Change) int { return cmp.Compare(a.ID, b.ID) })
	for _, c := range changes {
		body, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode %s of %s: %w", c.Type, c.ID, err)
		}
		if err := s.bus.PublishTx(ctx, tx, c.ID, bus.Msg{Subject: event.PeopleSubject(c.ID), Data: body}); err != nil {
			return err
		}
	}
	return nil
}
