package event

// AgentProfile is what routing and the console know of a member of staff.
type AgentProfile struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Email     string         `json:"email"`
	Role      string         `json:"role"`
	Teams     []string       `json:"teams"`
	Skills    map[string]int `json:"skills"`    // skill → level 1 … 5
	Languages []string       `json:"languages"` // BCP 47
	Capacity  int            `json:"capacity"`  // conversations at once
	Inboxes   []string       `json:"inboxes"`   // the only inboxes they may see; null means all
	Disabled  bool           `json:"disabled,omitempty"`
}
