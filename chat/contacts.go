package chat

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/pg"
)

// announcedEach bounds how many conversations of a contact are announced to
// open lists after a change; older ones show it when they are loaded.
const announcedEach = 50

// runContacts runs the durable consumer chat-contacts until ctx ends.
func (s *Service) runContacts(ctx context.Context) error {
	return s.bus.Consume(ctx, bus.Consumer{
		Name: "chat-contacts", Streams: []string{"DESK"}, Filter: event.PeopleSubject("*"), Handle: s.onContact,
	})
}

// onContact keeps names and merges of contacts.
func (s *Service) onContact(ctx context.Context, d bus.Delivery) error {
	var change event.Change
	if err := json.Unmarshal(d.Data, &change); err != nil || change.ID == "" {
		return errs.Wrap(err, errs.Invalid, "unreadable change of a contact")
	}
	contact := change.ID
	name, named := change.Fields["name"].(string)
	switch {
	case change.Type == event.ContactMerged && change.Into != "" && change.Into != change.ID:
		contact = change.Into
		err := s.db.InTx(ctx, func(tx pgx.Tx) error { return saveContactMerge(ctx, tx, change.ID, change.Into, change.At) })
		if err != nil {
			return pg.Map(err)
		}
	case named && (change.Type == event.ContactCreated || change.Type == event.ContactUpdated):
		if err := saveContactName(ctx, s.db, change.ID, name, change.At); err != nil {
			return err
		}
	default:
		return nil
	}
	convs, err := conversationsOf(ctx, s.db, contact, announcedEach)
	if err != nil {
		return err
	}
	s.announceStored(ctx, convs)
	return nil
}
