package people

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

// me is what visitors see of themselves.
type me struct {
	Visitor    string         `json:"visitor"`
	Contact    string         `json:"contact"`
	Inbox      string         `json:"inbox"`
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	Phone      string         `json:"phone"`
	Locale     string         `json:"locale"`
	Attributes map[string]any `json:"attributes"`
	Verified   bool           `json:"verified"`
}

// me returns a visitor's own view. Who has not proved who they are sees only
// what came from their own browser.
func (s *Service) me(ctx context.Context, v auth.Viewer) (me, error) {
	id := v.Contact
	if v.Verified {
		root, err := rootOf(ctx, s.db, id)
		if err != nil {
			return me{}, err
		}
		id = root
	}
	c, err := readContact(ctx, s.db, id)
	if err != nil {
		return me{}, err
	}
	return view(v, c), nil
}

func view(v auth.Viewer, c contact) me {
	m := me{Visitor: v.ID, Contact: c.ID, Inbox: v.Inbox, Name: v.Name, Verified: v.Verified, Attributes: map[string]any{}}
	if !v.Verified && !c.own() {
		return m
	}
	m.Name, m.Email, m.Phone, m.Locale = c.Name, c.Email, c.Phone, c.Locale
	if c.Attributes != nil {
		m.Attributes = c.Attributes
	}
	return m
}

// editMe changes what visitors say of themselves.
func (s *Service) editMe(ctx context.Context, v auth.Viewer, p patch) (me, error) {
	var out me
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		lock := lockContact
		if v.Verified {
			lock = lockRoot
		}
		c, err := lock(ctx, tx, v.Contact)
		if err != nil {
			return err
		}
		if !v.Verified && !c.own() {
			return errs.New(errs.Forbidden, "sign in on the site to change this")
		}
		c, err = s.edit(ctx, tx, c, p, byPage, "")
		out = view(v, c)
		return err
	})
	return out, err
}

// contact returns the contact that remains of id, if the viewer may see it.
func (s *Service) contact(ctx context.Context, v auth.Viewer, id string) (event.Contact, error) {
	root, err := rootOf(ctx, s.db, id)
	if errs.Is(err, errs.NotFound) {
		return event.Contact{}, errNoContact()
	}
	if err != nil {
		return event.Contact{}, err
	}
	c, err := readContact(ctx, s.db, root)
	if err != nil {
		return event.Contact{}, err
	}
	return c.Contact, s.maySee(ctx, v, &c)
}

// maySee is nil when the viewer sees an inbox where the contact was, or serves
// them; else a foreign contact looks like a missing one.
func (s *Service) maySee(ctx context.Context, v auth.Viewer, c *contact) error {
	if !v.Staff() {
		return errNoContact()
	}
	inboxes, err := s.desk.VisibleInboxes(ctx, v)
	if err != nil || c.visibleTo(inboxes) {
		return err
	}
	serves, err := s.desk.Serves(ctx, v, c.ID)
	if err == nil && !serves {
		err = errNoContact()
	}
	return err
}

// editContact changes a contact in the name of staff or of a program.
func (s *Service) editContact(ctx context.Context, v auth.Viewer, id string, p patch) (event.Contact, error) {
	seen, err := s.contact(ctx, v, id)
	if err != nil {
		return event.Contact{}, err
	}
	var out contact
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		c, err := lockRoot(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.ID != seen.ID {
			return errNoContact() // merged into another meanwhile
		}
		out, err = s.edit(ctx, tx, c, p, byStaff, v.ID)
		return err
	})
	return out.Contact, err
}

// SetAttributes sets attributes of a contact in the name of the viewer, a
// program or an agent: text, numbers, true and false; nil removes one. The
// others stay as they are.
func (s *Service) SetAttributes(ctx context.Context, v auth.Viewer, id string, attributes map[string]any) (event.Contact, error) {
	return s.editContact(ctx, v, id, patch{Attributes: attributes})
}

func (s *Service) edit(ctx context.Context, tx pgx.Tx, c contact, p patch, by authority, who string) (contact, error) {
	c, changed, err := c.apply(p, by)
	if err != nil || !changed {
		return c, err
	}
	if err := updateContact(ctx, tx, c); err != nil {
		return c, err
	}
	return c, s.announce(ctx, tx, s.change(event.ContactUpdated, &c, who))
}
