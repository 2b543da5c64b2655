package agents

import (
	"context"
	"slices"
	"strings"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// NewToken is an API token to make.
type NewToken struct {
	Label   string    `json:"label"`
	Role    auth.Role `json:"role"`
	Inboxes []string  `json:"inboxes"` // the only inboxes it may see; nil means all
}

// CreateToken makes an API token for a program and returns it. Only its hash is
// kept: it cannot be shown again. by is the agent who made it, "" for the
// command line.
func (s *Service) CreateToken(ctx context.Context, by string, n NewToken) (string, APIToken, error) {
	n.Label = strings.TrimSpace(n.Label)
	if !validLine(n.Label, maxTokenLabel) {
		return "", APIToken{}, errs.Field("label", "must say what the token is for, in 1 to %d characters", maxTokenLabel)
	}
	if !slices.Contains(auth.Roles(), n.Role) {
		return "", APIToken{}, errs.Field("role", "must be agent, supervisor or admin")
	}
	if err := checkIDs("inboxes", n.Inboxes, maxInboxes); err != nil {
		return "", APIToken{}, err
	}
	secret, hash := newSecret(tokenPrefix)
	t := APIToken{ID: ids.New(), Label: n.Label, Role: n.Role, Inboxes: n.Inboxes, CreatedBy: by, CreatedAt: s.now().UTC()}
	if err := insertToken(ctx, s.db, t, hash); err != nil {
		return "", APIToken{}, err
	}
	return secret, t, nil
}

// ListTokens returns the thousand newest API tokens, revoked ones too.
func (s *Service) ListTokens(ctx context.Context) ([]APIToken, error) {
	return listTokens(ctx, s.db, tokensShown)
}

// RevokeToken ends an API token and its sockets.
func (s *Service) RevokeToken(ctx context.Context, id string) error {
	if err := revokeToken(ctx, s.db, id, s.now()); err != nil {
		return err
	}
	s.notify([]event.Notice{revoked(id, id)})
	return nil
}
