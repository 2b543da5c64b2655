package event

import "time"

// Change is what the modules announce on people.*, agents.* and kb.* through
// their outbox: which object changed, how, and which fields.
type Change struct {
	Type   string         `json:"type"` // contact.created, contact.updated, contact.merged, agent.updated, article.published …
	ID     string         `json:"id"`
	Into   string         `json:"into,omitempty"` // contact.merged: the contact that remains
	At     time.Time      `json:"at"`
	By     string         `json:"by,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}
