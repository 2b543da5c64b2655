package agents

import (
	"time"

	"parley/internal/auth"
)

const (
	sessionIdle    = 30 * time.Minute // without a request or an open console
	sessionLife    = 12 * time.Hour
	touchInterval  = time.Minute // how exactly seen_at is kept
	maxSessions    = 20          // of one account; the ones not seen for longest end
	linkLife       = 24 * time.Hour
	sweepInterval  = time.Minute
	maxUserAgent   = 300 // bytes
	maxTokenLabel  = 80  // characters
	tokensShown    = 1000
	cacheStaleness = time.Second
	cacheSize      = 4096
)

// session is a row of agents.sessions without its secret.
type session struct {
	ID        string
	Account   string
	ByLink    bool
	UserAgent string
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

func (s *session) live(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(sessionIdle))
}

// holder is a session with the rights of who holds it.
type holder struct {
	session
	Name    string
	Role    auth.Role
	Inboxes []string
	Teams   []string
}

func (h *holder) viewer() auth.Viewer {
	return auth.Viewer{
		Kind: auth.Agent, ID: h.Account, Name: h.Name, Role: h.Role, Teams: h.Teams, Inboxes: h.Inboxes, Session: h.ID,
	}
}

// device is where somebody signs in from.
type device struct{ Address, UserAgent string }
