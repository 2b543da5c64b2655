package people

import (
	"maps"
	"slices"
	"strings"

	"parley/event"
	"parley/internal/errs"
)

// contact is a row of people.contacts.
type contact struct {
	event.Contact
	Signed     []string // fields that only a proof or staff may change; see fieldName
	Absorbed   bool     // an agent merged somebody else into it
	MergedInto string   // the contact that remains; "" for one that was not merged
}

// Names of fields in contact.Signed. An attribute is "attributes.<name>".
const (
	fieldName   = "name"
	fieldEmail  = "email"
	fieldPhone  = "phone"
	fieldLocale = "locale"

	attributePrefix = "attributes."
)

// patch changes the fields that are not nil. A nil attribute removes it.
type patch struct {
	Name       *string        `json:"name"`
	Email      *string        `json:"email"`
	Phone      *string        `json:"phone"`
	Locale     *string        `json:"locale"`
	Attributes map[string]any `json:"attributes"`
}

// authority is who speaks in a patch, and so what it may change.
type authority int

const (
	byPage  authority = iota // anybody could say this: signed fields stay as they are
	bySite                   // a proof: what it says becomes signed
	byStaff                  // an agent, or a program of the desk
)

// own reports whether everything the contact knows came from its own browser,
// so that this browser may read it and take it along to a proved identity.
func (c *contact) own() bool { return !c.Verified && !c.Absorbed && c.MergedInto == "" }

// apply returns the contact as the patch leaves it and whether that is a
// change. A field that by may not change is left alone without an error: a page
// that repeats what it knows must not fail once the site has signed it.
func (c contact) apply(p patch, by authority) (contact, bool, error) {
	if err := p.check(); err != nil {
		return c, false, err
	}
	old := c
	c.Attributes, c.Signed = maps.Clone(c.Attributes), slices.Clone(c.Signed)
	for _, f := range []struct {
		name string
		new  *string
		into *string
	}{
		{fieldName, p.Name, &c.Name},
		{fieldEmail, p.Email, &c.Email},
		{fieldPhone, p.Phone, &c.Phone},
		{fieldLocale, p.Locale, &c.Locale},
	} {
		if f.new != nil && c.allows(f.name, by) {
			*f.into = strings.TrimSpace(*f.new)
		}
	}
	if c.Attributes == nil {
		c.Attributes = map[string]any{}
	}
	for name, value := range p.Attributes {
		if !c.allows(attributePrefix+name, by) {
			continue
		}
		if value == nil {
			delete(c.Attributes, name)
			continue
		}
		c.Attributes[name] = value
	}
	if len(c.Attributes) > maxAttributes {
		return old, false, errs.Field("attributes", "may have at most %d entries", maxAttributes)
	}
	return c, !c.same(&old), nil
}

// allows reports whether by may change the field, and marks it when a proof
// does.
func (c *contact) allows(field string, by authority) bool {
	signed := slices.Contains(c.Signed, field)
	if by == bySite && !signed {
		c.Signed = append(c.Signed, field)
	}
	return by != byPage || !signed
}

func (c *contact) same(o *contact) bool {
	return c.Name == o.Name && c.Email == o.Email && c.Phone == o.Phone && c.Locale == o.Locale &&
		c.ExternalID == o.ExternalID && c.Verified == o.Verified && slices.Equal(c.Signed, o.Signed) &&
		slices.Equal(c.Inboxes, o.Inboxes) && maps.Equal(c.Attributes, o.Attributes)
}

// visit records that the person was seen in an inbox.
func (c *contact) visit(inbox string) {
	if !slices.Contains(c.Inboxes, inbox) {
		c.Inboxes = append(slices.Clone(c.Inboxes), inbox)
	}
}

// absorb returns c with what only the other contact knew. What c has stays.
func (c contact) absorb(other contact) contact {
	c.Attributes, c.Signed = maps.Clone(c.Attributes), slices.Clone(c.Signed)
	if c.Attributes == nil {
		c.Attributes = map[string]any{}
	}
	take := func(field string) {
		if slices.Contains(other.Signed, field) && !slices.Contains(c.Signed, field) {
			c.Signed = append(c.Signed, field)
		}
	}
	for _, f := range []struct {
		name      string
		into, own *string
	}{
		{fieldName, &c.Name, &other.Name},
		{fieldEmail, &c.Email, &other.Email},
		{fieldPhone, &c.Phone, &other.Phone},
		{fieldLocale, &c.Locale, &other.Locale},
	} {
		if *f.into == "" && *f.own != "" {
			*f.into = *f.own
			take(f.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(other.Attributes)) {
		if _, has := c.Attributes[name]; !has && len(c.Attributes) < maxAttributes {
			c.Attributes[name] = other.Attributes[name]
			take(attributePrefix + name)
		}
	}
	for _, inbox := range other.Inboxes {
		c.visit(inbox)
	}
	if c.ExternalID == "" {
		c.ExternalID = other.ExternalID
	}
	c.Verified = c.Verified || other.Verified
	if other.CreatedAt.Before(c.CreatedAt) {
		c.CreatedAt = other.CreatedAt
	}
	if other.LastSeenAt.After(c.LastSeenAt) {
		c.LastSeenAt = other.LastSeenAt
	}
	return c
}

// visibleTo reports whether staff limited to some inboxes may see the contact;
// nil inboxes are no limit.
func (c *contact) visibleTo(inboxes []string) bool {
	return inboxes == nil || slices.ContainsFunc(c.Inboxes, func(i string) bool { return slices.Contains(inboxes, i) })
}
