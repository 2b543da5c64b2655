package routing

import (
	"context"

	"parley/event"
	"parley/internal/pg"
)

// Away reports whether a conversation of the inbox that began to wait now would
// be told that nobody is there: no agent of the inbox is, or it is outside its
// hours and none of them has room. Skills are not counted, as waiting relaxes
// them.
func (s *Service) Away(ctx context.Context, inbox *event.Inbox) (bool, error) {
	there, room, err := attendance(ctx, s.db, inbox)
	if err != nil {
		return false, err
	}
	reason, _ := offline(inbox, there, s.now())
	return reason != "" && !room, nil
}

// attendance reports whether an agent is there for the inbox, and whether one of
// them can take a conversation.
func attendance(ctx context.Context, q pg.Querier, inbox *event.Inbox) (there, room bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*) > 0, coalesce(bool_or(state = 'online' AND load < capacity), false) FROM routing.agents WHERE state IN ('online', 'busy')
			AND (inboxes IS NULL OR $1 = ANY (inboxes)) AND (coalesce($2::text[], '{}') = '{}' OR teams && $2)`,
		inbox.ID, inbox.Teams).Scan(&there, &room)
	return there, room, pg.Map(err)
}
