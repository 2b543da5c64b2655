package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/pg"
)

const publicColumns = `id, name, email, phone, locale, attributes, verified, external_id, inboxes, created_at, last_seen_at`

const contactColumns = publicColumns + `, signed, absorbed, merged_into`

// lockContacts returns the contacts by id, locked until the transaction ends,
// in an order that keeps two merges from waiting for each other.
func lockContacts(ctx context.Context, q pg.Querier, ids ...string) (map[string]contact, error) {
	rows, err := q.Query(ctx, `SELECT `+contactColumns+` FROM people.contacts WHERE id = any($1) ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock contacts: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[contact])
	if err != nil {
		return nil, fmt.Errorf("lock contacts: %w", pg.Map(err))
	}
	found := make(map[string]contact, len(list))
	for _, c := range list {
		c.Contact = inUTC(c.Contact)
		found[c.ID] = c
	}
	return found, nil
}

func lockContact(ctx context.Context, q pg.Querier, id string) (contact, error) {
	found, err := lockContacts(ctx, q, id)
	if err != nil {
		return contact{}, err
	}
	c, ok := found[id]
	if !ok {
		return contact{}, errNoContact()
	}
	return c, nil
}

// readContact returns the contact as it is, merged or not.
func readContact(ctx context.Context, q pg.Querier, id string) (contact, error) {
	rows, err := q.Query(ctx, `SELECT `+contactColumns+` FROM people.contacts WHERE id = $1`, id)
	if err != nil {
		return contact{}, fmt.Errorf("read contact %s: %w", id, pg.Map(err))
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[contact])
	if err != nil {
		return contact{}, fmt.Errorf("read contact %s: %w", id, pg.Map(err))
	}
	c.Contact = inUTC(c.Contact)
	return c, nil
}

// inUTC returns the contact with its times as everybody writes them; the driver
// gives them in the machine's zone.
func inUTC(c event.Contact) event.Contact {
	c.CreatedAt, c.LastSeenAt = c.CreatedAt.UTC(), c.LastSeenAt.UTC()
	return c
}

// rootOf returns the id of the contact that remains of id.
func rootOf(ctx context.Context, q pg.Querier, id string) (string, error) {
	var root string
	err := q.QueryRow(ctx, `SELECT CASE merged_into WHEN '' THEN id ELSE merged_into END FROM people.contacts WHERE id = $1`, id).Scan(&root)
	if err != nil {
		return "", fmt.Errorf("look up contact %s: %w", id, pg.Map(err))
	}
	return root, nil
}

func insertContact(ctx context.Context, q pg.Querier, c contact) error {
	_, err := q.Exec(ctx, `
		INSERT INTO people.contacts (`+contactColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, c.row()...)
	if err != nil {
		return fmt.Errorf("create contact: %w", pg.Map(err))
	}
	return nil
}

func updateContact(ctx context.Context, q pg.Querier, c contact) error {
	_, err := q.Exec(ctx, `
		UPDATE people.contacts SET name = $2, email = $3, phone = $4, locale = $5, attributes = $6, verified = $7, external_id = $8,
			inboxes = $9, created_at = $10, last_seen_at = $11, signed = $12, absorbed = $13, merged_into = $14
		WHERE id = $1`, c.row()...)
	if err != nil {
		return fmt.Errorf("update contact %s: %w", c.ID, pg.Map(err))
	}
	return nil
}

// row is the contact in the order of contactColumns. The columns take no NULL.
func (c *contact) row() []any {
	attributes, signed, inboxes := c.Attributes, c.Signed, c.Inboxes
	if attributes == nil {
		attributes = map[string]any{}
	}
	if signed == nil {
		signed = []string{}
	}
	if inboxes == nil {
		inboxes = []string{}
	}
	return []any{
		c.ID, c.Name, c.Email, c.Phone, c.Locale, attributes, c.Verified, c.ExternalID,
		inboxes, c.CreatedAt, c.LastSeenAt, signed, c.Absorbed, c.MergedInto,
	}
}

// contactsByID returns the contacts that remain of the ids, by the ids.
func contactsByID(ctx context.Context, q pg.Querier, ids []string) (map[string]event.Contact, error) {
	rows, err := q.Query(ctx, `
		SELECT asked.id AS asked, c.id, c.name, c.email, c.phone, c.locale, c.attributes, c.verified, c.external_id, c.inboxes,
			c.created_at, c.last_seen_at
		FROM people.contacts asked
		JOIN people.contacts c ON c.id = CASE asked.merged_into WHEN '' THEN asked.id ELSE asked.merged_into END
		WHERE asked.id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Asked string
		event.Contact
	}])
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", pg.Map(err))
	}
	found := make(map[string]event.Contact, len(list))
	for _, c := range list {
		found[c.Asked] = inUTC(c.Contact)
	}
	return found, nil
}

// search is what the list of contacts is narrowed by.
type search struct {
	Text    string   // part of a name, address, number or external id; "" finds all
	Inboxes []string // the only inboxes the asker may see; nil means all
	SeenAt  time.Time
	ID      string // with SeenAt: where the page before ended; "" begins
	Limit   int
}

// searchContacts returns contacts, the most recently seen first. Merged ones
// are left out. A text below three characters has no trigram and reads along
// the index of the order instead.
func searchContacts(ctx context.Context, q pg.Querier, s search) ([]event.Contact, error) {
	rows, err := q.Query(ctx, `
		SELECT `+publicColumns+` FROM people.contacts
		WHERE merged_into = ''
			AND ($1 = '' OR search LIKE '%' || $1 || '%')
			AND ($2::text[] IS NULL OR inboxes && $2)
			AND ($4 = '' OR (last_seen_at, id) < ($3, $4))
		ORDER BY last_seen_at DESC, id DESC LIMIT $5`,
		// Planned for the values at hand: a generic plan could use no index.
		pgx.QueryExecModeExec, likePattern(s.Text), s.Inboxes, s.SeenAt, s.ID, s.Limit)
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[event.Contact])
	if err != nil {
		return nil, fmt.Errorf("search contacts: %w", pg.Map(err))
	}
	for i := range list {
		list[i] = inUTC(list[i])
	}
	return list, nil
}

// likePattern is the text as LIKE finds it literally.
func likePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text))
}

// retarget makes everything that pointed to one contact point to another:
// identities, and contacts that were merged before, so that following a merge
// is always one step.
func retarget(ctx context.Context, q pg.Querier, from, to string) error {
	if _, err := q.Exec(ctx, `UPDATE people.identities SET contact = $2 WHERE contact = $1`, from, to); err != nil {
		return fmt.Errorf("move identities of %s: %w", from, pg.Map(err))
	}
	if _, err := q.Exec(ctx, `UPDATE people.contacts SET merged_into = $2 WHERE merged_into = $1`, from, to); err != nil {
		return fmt.Errorf("move contacts merged into %s: %w", from, pg.Map(err))
	}
	return nil
}

func errNoContact() error { return errs.New(errs.NotFound, "there is no such contact") }
