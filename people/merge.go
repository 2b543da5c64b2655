package people

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

// Merge joins a contact into another by an agent's judgement and returns the
// one that remains. Both must be visible to the viewer; foreign, missing and
// already merged ones look alike. Two contacts that one site has proved to be
// different people stay apart: errs.Conflict.
func (s *Service) Merge(ctx context.Context, v auth.Viewer, from, into string) (event.Contact, error) {
	if from == into {
		return event.Contact{}, errs.Field("into", "must be another contact")
	}
	for _, id := range []string{from, into} {
		if seen, err := s.contact(ctx, v, id); err != nil {
			return event.Contact{}, err
		} else if seen.ID != id {
			return event.Contact{}, errNoContact()
		}
	}
	var kept contact
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		found, err := lockContacts(ctx, tx, from, into)
		if err != nil {
			return err
		}
		gone, there := found[from]
		kept = found[into]
		if !there || kept.ID == "" || gone.MergedInto != "" || kept.MergedInto != "" {
			return errNoContact() // merged meanwhile
		}
		clash, err := shareInbox(ctx, tx, from, into)
		if err != nil {
			return err
		}
		if clash {
			return errs.New(errs.Conflict, "these are two signed-in customers of one site; they cannot be the same person")
		}
		kept = kept.absorb(gone)
		kept.Absorbed = true
		if err := updateContact(ctx, tx, kept); err != nil {
			return err
		}
		if err := merge(ctx, tx, gone, kept.ID); err != nil {
			return err
		}
		return s.announce(ctx, tx, s.change(event.ContactUpdated, &kept, v.ID), s.merged(from, into, v.ID))
	})
	return kept.Contact, err
}

// merge marks a contact as merged. Its own row keeps what it was.
func merge(ctx context.Context, tx pgx.Tx, gone contact, into string) error {
	gone.MergedInto = into
	if err := updateContact(ctx, tx, gone); err != nil {
		return err
	}
	return retarget(ctx, tx, gone.ID, into)
}
