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

// Team is a group of agents. An inbox names the teams that may see it; a
// handoff or a transfer may name the team that should take it.
type Team struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"` // ids of agents
}

// Types of [Change] on [AgentsSubject].
const (
	AgentCreated = "agent.created"
	AgentUpdated = "agent.updated" // profile, rights, teams or skills
	AgentDeleted = "agent.deleted"
	AgentRevoked = "agent.revoked" // sessions ended; Fields.sessions names them
)
