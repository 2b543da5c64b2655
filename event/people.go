package event

import "time"

// Contact is a person who visits the customers' sites: what the desk knows of
// them.
type Contact struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	Phone      string         `json:"phone,omitempty"`
	Locale     string         `json:"locale,omitempty"` // BCP 47
	Attributes map[string]any `json:"attributes"`       // values are strings, numbers or booleans
	Verified   bool           `json:"verified"`         // a site's signature proved who this is
	ExternalID string         `json:"external_id,omitempty"`
	Inboxes    []string       `json:"inboxes"` // where they have been
	CreatedAt  time.Time      `json:"created_at"`
	LastSeenAt time.Time      `json:"last_seen_at"`
}

// Erased are contacts whose tokens are worth nothing from now on.
type Erased struct {
	Contacts []string `json:"contacts"`
}

// Types of [Change] on [PeopleSubject]. Fields of created and updated hold the
// contact's name, email and verified as they are now.
//
// ContactErased asks whoever has kept something of the contact to delete it.
const (
	ContactCreated = "contact.created"
	ContactUpdated = "contact.updated"
	ContactMerged  = "contact.merged" // Into remains
	ContactErased  = "contact.erased"
)
