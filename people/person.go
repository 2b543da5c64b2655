package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// Person is all that the module keeps of somebody: for an export, and to find
// what others keep.
type Person struct {
	Contacts   []event.Contact `json:"contacts"` // the one that remains first, then those merged into it
	Identities []Identity      `json:"identities"`
	Visitors   []Visitor       `json:"visitors"`
}

// Identity is what a site has proved.
type Identity struct {
	Inbox    string    `json:"inbox"`
	Kind     string    `json:"kind"` // id or email
	Value    string    `json:"value"`
	ProvedAt time.Time `json:"proved_at"`
}

// Visitor is a browser of the person in an inbox.
type Visitor struct {
	ID         string    `json:"id"`
	Inbox      string    `json:"inbox"`
	UserAgent  string    `json:"user_agent"`
	PageURL    string    `json:"page_url"`
	PageTitle  string    `json:"page_title"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
}

// ContactIDs and VisitorIDs are the ids by which others know the person.
func (p *Person) ContactIDs() []string {
	out := make([]string, len(p.Contacts))
	for i := range p.Contacts {
		out[i] = p.Contacts[i].ID
	}
	return out
}

// VisitorIDs is like ContactIDs.
func (p *Person) VisitorIDs() []string {
	out := make([]string, len(p.Visitors))
	for i := range p.Visitors {
		out[i] = p.Visitors[i].ID
	}
	return out
}

// Find returns the contacts that an e-mail address, compared without case, or an
// id names. Anybody may give any address, so there may be several people of one.
func (s *Service) Find(ctx context.Context, who string) ([]event.Contact, error) {
	who = strings.TrimSpace(who)
	if !strings.Contains(who, "@") {
		if !ids.Valid(who) {
			return nil, errs.New(errs.Invalid, "%q is neither an e-mail address nor the id of a contact", who)
		}
		root, err := rootOf(ctx, s.db, who)
		if errs.Is(err, errs.NotFound) {
			return nil, errNoContact()
		}
		if err != nil {
			return nil, err
		}
		c, err := readContact(ctx, s.db, root)
		return []event.Contact{c.Contact}, err
	}
	return contactsByEmail(ctx, s.db, who)
}

// Person returns what is kept of a contact and those merged into it;
// errs.NotFound when there is none.
func (s *Service) Person(ctx context.Context, contact string) (Person, error) {
	var p Person
	var err error
	if p.Contacts, err = contactGroup(ctx, s.db, contact); err != nil {
		return p, err
	}
	if len(p.Contacts) == 0 {
		return p, errNoContact()
	}
	if p.Identities, err = identitiesOf(ctx, s.db, p.ContactIDs()); err != nil {
		return p, err
	}
	p.Visitors, err = visitorsOf(ctx, s.db, p.ContactIDs())
	return p, err
}

// Erase deletes all of it, and announces contact.erased for each contact, so
// that other systems can do the same. Tokens of the person's browsers are worth
// nothing afterwards, see [Service.Revoke].
func (s *Service) Erase(ctx context.Context, p *Person) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		if err := saveErased(ctx, tx, p.ContactIDs()); err != nil {
			return err
		}
		if err := deletePerson(ctx, tx, p.ContactIDs()); err != nil {
			return err
		}
		var gone []announcement
		for _, id := range p.ContactIDs() {
			gone = append(gone, announcement{change: event.Change{Type: event.ContactErased, ID: id, At: s.now().UTC()}})
		}
		return s.announce(ctx, tx, gone...)
	})
	if err != nil {
		return pg.Map(err)
	}
	s.tellErased(p.ContactIDs())
	return nil
}

// contactsByEmail goes by the trigram index of the search, and then compares.
func contactsByEmail(ctx context.Context, q pg.Querier, email string) ([]event.Contact, error) {
	return collectContacts(ctx, q, `
		SELECT `+publicColumns+` FROM people.contacts
		WHERE merged_into = '' AND search LIKE '%' || $1 || '%' AND lower(email) = lower($2)
		ORDER BY last_seen_at DESC`, likePattern(email), email)
}

// contactGroup is a contact with those merged into it.
func contactGroup(ctx context.Context, q pg.Querier, id string) ([]event.Contact, error) {
	return collectContacts(ctx, q, `
		SELECT `+publicColumns+` FROM people.contacts WHERE id = $1
		UNION ALL SELECT `+publicColumns+` FROM people.contacts WHERE merged_into = $1 AND merged_into <> ''`, id)
}

func collectContacts(ctx context.Context, q pg.Querier, query string, args ...any) ([]event.Contact, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("find contacts: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[event.Contact])
	if err != nil {
		return nil, fmt.Errorf("find contacts: %w", pg.Map(err))
	}
	for i := range list {
		list[i] = inUTC(list[i])
	}
	return list, nil
}

func identitiesOf(ctx context.Context, q pg.Querier, contacts []string) ([]Identity, error) {
	rows, err := q.Query(ctx, `SELECT inbox, kind, value, proved_at FROM people.identities WHERE contact = any($1) ORDER BY proved_at`, contacts)
	if err != nil {
		return nil, fmt.Errorf("find identities: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Identity])
	if err != nil {
		return nil, fmt.Errorf("find identities: %w", pg.Map(err))
	}
	return list, nil
}

func visitorsOf(ctx context.Context, q pg.Querier, contacts []string) ([]Visitor, error) {
	rows, err := q.Query(ctx, `
		SELECT id, inbox, user_agent, page_url, page_title, created_at, last_seen_at
		FROM people.visitors WHERE contact = any($1) ORDER BY created_at`, contacts)
	if err != nil {
		return nil, fmt.Errorf("find visitors: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Visitor])
	if err != nil {
		return nil, fmt.Errorf("find visitors: %w", pg.Map(err))
	}
	return list, nil
}

// deletePerson deletes contacts; their identities and visitors go with them.
func deletePerson(ctx context.Context, q pg.Querier, contacts []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM people.contacts WHERE id = any($1)`, contacts); err != nil {
		return fmt.Errorf("delete contacts: %w", err)
	}
	return nil
}
