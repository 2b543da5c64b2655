package chat

import (
	"context"
	"slices"

	"parley/event"
	"parley/internal/auth"
)

// scopeOf is what the member of staff may see of all conversations.
func (s *Service) scopeOf(ctx context.Context, v auth.Viewer) (scope, error) {
	inboxes, err := s.VisibleInboxes(ctx, v)
	return scope{Agent: v.ID, Teams: v.Teams, Inboxes: inboxes}, err
}

// VisibleInboxes are the inboxes of which the member of staff may see every
// conversation, archived ones too; nil means all.
func (s *Service) VisibleInboxes(ctx context.Context, v auth.Viewer) ([]string, error) {
	list, err := s.inboxes(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(in event.Inbox) bool { return !v.Admitted(in.Teams) }) {
		return v.Inboxes, nil
	}
	open := []string{}
	for i := range list {
		if v.SeesInbox(list[i].ID) && v.Admitted(list[i].Teams) {
			open = append(open, list[i].ID)
		}
	}
	return open, nil
}

// Serves reports whether the member of staff may see a conversation of the
// contact for whatever reason, also because it is theirs or their team's.
func (s *Service) Serves(ctx context.Context, v auth.Viewer, contact string) (bool, error) {
	sc, err := s.scopeOf(ctx, v)
	if err != nil {
		return false, err
	}
	return seesContact(ctx, s.db, sc, contact)
}
