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
	pools := inboxPools(inbox.ID)
	if len(inbox.Teams) > 0 {
		pools = teamPools(inbox.Teams)
	}
	err = q.QueryRow(ctx, attendanceQuery, inbox.ID, inbox.Teams, pools).Scan(&there, &room)
	return there, room, pg.Map(err)
}

// attendanceQuery stops at the first agent it finds.
const attendanceQuery = `
SELECT count(*) FILTER (WHERE found.what = 'here') > 0, count(*) FILTER (WHERE found.what = 'room') > 0
FROM unnest($3::text[]) named (pool) CROSS JOIN LATERAL (
    (SELECT 'here' AS what FROM routing.pools p JOIN routing.agents a ON a.agent = p.agent WHERE p.pool = named.pool AND p.here AND ` + serves + ` LIMIT 1)
    UNION ALL
    (SELECT 'room' FROM routing.pools p JOIN routing.agents a ON a.agent = p.agent WHERE p.pool = named.pool AND p.room > 0 AND ` + serves + ` LIMIT 1)
) found`

const serves = `CASE WHEN (a.inboxes IS NULL OR $1 = ANY (a.inboxes)) AND (coalesce($2::text[], '{}') = '{}' OR a.teams && $2) THEN true ELSE false END`

// Waiting counts the conversations of the inbox that wait for a person, up to
// limit.
func (s *Service) Waiting(ctx context.Context, inbox string, limit int) (int, error) {
	var n int
	err := s.db.QueryRow(ctx, `
SELECT count(*) FROM (SELECT FROM routing.conversations WHERE inbox = $1 AND state = 'waiting' LIMIT $2) waiting`, inbox, limit).Scan(&n)
	return n, pg.Map(err)
}
