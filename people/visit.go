package people

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// visit is somebody who asks for a token.
type visit struct {
	Inbox event.Inbox
	Token *claims   // what they hold already; nil for a new browser
	Proof *identity // who the site says they are; nil when it says nothing
	Says  patch     // what the page says of them
	From  device
}

// device is the little that is kept of the browser and where it is.
type device struct{ UserAgent, PageURL, PageTitle string }

// seat is the visitor and the contact that a visit belongs to.
type seat struct {
	visitor  visitor
	contact  contact
	created  bool     // the contact is new
	open     bool     // the visitor may change the contact, see contact.own
	absorbed *contact // was merged into contact by this visit
}

// admit finds or makes the visitor and the contact of a visit, records what is
// said of them, and returns the claims of their token.
func (s *Service) admit(ctx context.Context, v visit) (claims, error) {
	now := s.now()
	var out claims
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		place, err := s.seat(ctx, tx, v, now)
		if err != nil {
			return err
		}
		if err := s.settle(ctx, tx, v, place, now); err != nil {
			return err
		}
		out = v.claims(place, now)
		return nil
	})
	return out, err
}

func (s *Service) seat(ctx context.Context, tx pgx.Tx, v visit, now time.Time) (*seat, error) {
	switch {
	case v.Proof != nil:
		return s.seatProved(ctx, tx, v, now)
	case v.Token != nil:
		return s.seatAgain(ctx, tx, v, now)
	}
	c := newContact(now)
	return &seat{visitor: newVisitor(v, now), contact: c, created: true, open: true}, nil
}

// seatAgain is for a browser that comes back without a proof. It stays with the
// contact of its token: where an agent has merged that to is not for it to see.
func (s *Service) seatAgain(ctx context.Context, tx pgx.Tx, v visit, now time.Time) (*seat, error) {
	vis, err := heldVisitor(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	verified := v.Token.verified(now)
	lock := lockContact
	if verified {
		lock = lockRoot
	}
	c, err := lock(ctx, tx, v.Token.Contact)
	if errs.Is(err, errs.NotFound) {
		return nil, errBadToken()
	}
	if err != nil {
		return nil, err
	}
	return &seat{visitor: vis, contact: c, open: verified || c.own()}, nil
}

// seatProved is for a browser whose site says who it is; see the package's
// documentation for what becomes of who it was before.
func (s *Service) seatProved(ctx context.Context, tx pgx.Tx, v visit, now time.Time) (*seat, error) {
	place := &seat{visitor: newVisitor(v, now), open: true}
	known, err := lockIdentity(ctx, tx, *v.Proof)
	if err != nil {
		return nil, err
	}
	if known != "" {
		if place.contact, err = lockRoot(ctx, tx, known); err != nil {
			return nil, err
		}
	}
	if v.Token != nil {
		if err := place.bring(ctx, tx, v, known != ""); err != nil {
			return nil, err
		}
	}
	if place.contact.ID == "" {
		place.contact, place.created = newContact(now), true
	}
	return place, nil
}

// bring decides what a browser takes along to a proved identity.
func (p *seat) bring(ctx context.Context, tx pgx.Tx, v visit, known bool) error {
	vis, err := heldVisitor(ctx, tx, v)
	if err != nil {
		return err
	}
	before, err := lockContact(ctx, tx, vis.Contact)
	if err != nil {
		return err
	}
	switch {
	case known && (before.ID == p.contact.ID || before.MergedInto == p.contact.ID):
		p.visitor = vis // comes back
	case before.Verified: // somebody else used this browser: a new visitor
	case !before.own(): // an agent has joined it with others, who are not part of this proof
		p.visitor = vis
	case !known:
		p.visitor, p.contact = vis, before // becomes the proved contact
	default:
		p.visitor, p.absorbed = vis, &before
	}
	return nil
}

// settle writes what the visit has changed, and announces it.
func (s *Service) settle(ctx context.Context, tx pgx.Tx, v visit, place *seat, now time.Time) error {
	c := place.contact
	if place.absorbed != nil {
		c = c.absorb(*place.absorbed)
	}
	var err error
	if v.Proof != nil {
		if c, _, err = c.apply(v.Proof.Says, bySite); err != nil {
			return err
		}
		c.Verified, c.ExternalID = true, v.Proof.Value
	}
	if place.open {
		if c, _, err = c.apply(v.Says, byPage); err != nil {
			return err
		}
	}
	c.visit(v.Inbox.ID)
	c.LastSeenAt = now.UTC()
	changed := !c.same(&place.contact)
	place.contact = c
	if err := place.save(ctx, tx, v, now); err != nil {
		return err
	}
	var changes []announcement
	switch {
	case place.created:
		changes = append(changes, s.change(event.ContactCreated, &c, ""))
	case changed:
		changes = append(changes, s.change(event.ContactUpdated, &c, ""))
	}
	if place.absorbed != nil {
		changes = append(changes, s.merged(place.absorbed.ID, c.ID, ""))
	}
	return s.announce(ctx, tx, changes...)
}

func (p *seat) save(ctx context.Context, tx pgx.Tx, v visit, now time.Time) error {
	write := updateContact
	if p.created {
		write = insertContact
	}
	if err := write(ctx, tx, p.contact); err != nil {
		return err
	}
	if p.absorbed != nil {
		if err := merge(ctx, tx, *p.absorbed, p.contact.ID); err != nil {
			return err
		}
		if err := moveVisitors(ctx, tx, p.absorbed.ID, p.contact.ID); err != nil {
			return err
		}
	}
	if v.Proof != nil || p.created {
		p.visitor.Contact = p.contact.ID
	}
	p.visitor.LastSeenAt = now
	p.visitor.UserAgent = v.From.UserAgent
	if v.From.PageURL != "" {
		p.visitor.PageURL, p.visitor.PageTitle = v.From.PageURL, v.From.PageTitle
	}
	if err := saveVisitor(ctx, tx, p.visitor); err != nil {
		return err
	}
	if v.Proof != nil {
		return saveIdentity(ctx, tx, *v.Proof, p.contact.ID, now)
	}
	return nil
}

// claims are what the token will say.
func (v *visit) claims(place *seat, now time.Time) claims {
	c := claims{
		Visitor: place.visitor.ID, Contact: place.contact.ID, Inbox: v.Inbox.ID, Name: place.contact.Name,
		Expires: now.Add(tokenLife).Truncate(time.Second),
	}
	if v.Token != nil {
		c.Proved = v.Token.Proved
		if !place.open {
			c.Name = v.Token.Name
		}
	}
	if v.Proof != nil {
		c.Proved = now
	}
	return c
}

// heldVisitor is the visitor of the token. One that is not there any more was
// erased: its token is worth nothing.
func heldVisitor(ctx context.Context, tx pgx.Tx, v visit) (visitor, error) {
	vis, err := lockVisitor(ctx, tx, v.Token.Visitor)
	if errs.Is(err, errs.NotFound) || (err == nil && vis.Inbox != v.Inbox.ID) {
		return visitor{}, errBadToken()
	}
	return vis, err
}

// lockRoot locks the contact that remains of id.
func lockRoot(ctx context.Context, q pg.Querier, id string) (contact, error) {
	c, err := lockContact(ctx, q, id)
	if err != nil || c.MergedInto == "" {
		return c, err
	}
	return lockContact(ctx, q, c.MergedInto)
}

func newContact(now time.Time) contact {
	return contact{Contact: event.Contact{ID: ids.New(), CreatedAt: now.UTC(), LastSeenAt: now.UTC()}}
}

func newVisitor(v visit, now time.Time) visitor {
	return visitor{ID: ids.New(), Inbox: v.Inbox.ID, CreatedAt: now}
}
