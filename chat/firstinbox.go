package chat

import (
	"context"

	"parley/event"
)

// FirstInboxKey returns the key of the oldest inbox in use, for the demo's host
// page; errs.NotFound when there is none.
func (s *Service) FirstInboxKey(ctx context.Context) (string, error) {
	in, err := s.findInbox(ctx, func(in *event.Inbox) bool { return !in.Archived })
	return in.Key, err
}
