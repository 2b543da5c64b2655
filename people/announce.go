package people

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

// announcement is a change of a contact, for the other modules and, as a public
// fact, for other systems.
type announcement struct {
	change event.Change
	person *event.Contact // as it is now; nil when it was merged
}

// change describes a contact as it is now.
func (s *Service) change(kind string, c *contact, by string) announcement {
	person := c.Contact
	return announcement{
		change: event.Change{
			Type: kind, ID: c.ID, At: s.now().UTC(), By: by,
			Fields: map[string]any{"name": c.Name, "email": c.Email, "verified": c.Verified},
		},
		person: &person,
	}
}

func (s *Service) merged(from, into, by string) announcement {
	return announcement{change: event.Change{Type: event.ContactMerged, ID: from, Into: into, At: s.now().UTC(), By: by}}
}

// announce publishes the changes when the transaction commits. They are written
// in the order of their contacts, because transactions that announce the same
// contact wait for each other.
func (s *Service) announce(ctx context.Context, tx pgx.Tx, list ...announcement) error {
	slices.SortStableFunc(list, func(a, b announcement) int { return cmp.Compare(a.change.ID, b.change.ID) })
	for _, a := range list {
		body, err := json.Marshal(a.change)
		if err != nil {
			return fmt.Errorf("encode %s of %s: %w", a.change.Type, a.change.ID, err)
		}
		public, err := a.public()
		if err != nil {
			return err
		}
		for _, m := range []bus.Msg{{Subject: event.PeopleSubject(a.change.ID), Data: body}, public} {
			if err := s.bus.PublishTx(ctx, tx, a.change.ID, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// public is the fact that other systems hear.
func (a *announcement) public() (bus.Msg, error) {
	c := &a.change
	body, err := json.Marshal(event.ContactFact{Contact: c.ID, At: c.At, By: c.By, Into: c.Into, Person: a.person})
	if err != nil {
		return bus.Msg{}, fmt.Errorf("encode the fact %s of %s: %w", c.Type, c.ID, err)
	}
	fact := strings.TrimPrefix(c.Type, "contact.")
	header := event.CloudEvent{ID: ids.New(), Source: "/contacts", Type: "parley." + c.Type, Subject: c.ID, Time: c.At}.Header()
	return bus.Msg{Subject: event.PublicContactSubject(fact), ID: header["ce-id"], Header: header, Data: body}, nil
}
