package routing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// place is where a conversation stands in its inbox's queue.
type place struct {
	Conv     string         `json:"conv"`
	Inbox    string         `json:"inbox"`
	Position int            `json:"position"`
	Since    time.Time      `json:"since"`
	Priority int            `json:"priority"`
	Skills   map[string]int `json:"skills"`
	Expected int            `json:"expected_secs" db:"-"`
}

// At most this many places are computed and told at a time; whoever stands
// further back hears of it when they come nearer.
const maxPlaces = 200

// places returns the front of the queue, in order.
func places(ctx context.Context, q pg.Querier) ([]place, error) {
	rows, err := q.Query(ctx, placesQuery, maxPlaces)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[place])
	if err != nil {
		return nil, pg.Map(err)
	}
	gaps := map[string]time.Duration{}
	for i := range list {
		inbox := list[i].Inbox
		if _, ok := gaps[inbox]; !ok {
			if gaps[inbox], err = pace(ctx, q, inbox); err != nil {
				return nil, err
			}
		}
		list[i].Expected = expected(list[i].Position, gaps[inbox])
	}
	return list, nil
}

const placesQuery = `
SELECT conv, inbox, row_number() OVER (PARTITION BY inbox ORDER BY (-priority), since, conv)::int AS position, since, priority, skills
FROM (SELECT * FROM routing.conversations WHERE state = 'waiting' ORDER BY (-priority), since, conv LIMIT $1) w
ORDER BY (-priority), since, conv`

// farthest is how many places are counted for one conversation.
const farthest = 1000

// position returns a conversation's place in its inbox's queue, from 1; 0 when
// that is beyond 1000, which nobody waits for.
func position(ctx context.Context, q pg.Querier, r *row) (int, error) {
	var ahead int
	if err := q.QueryRow(ctx, positionQuery, r.Inbox, r.Priority, r.Since, r.Conv, farthest).Scan(&ahead); err != nil {
		return 0, pg.Map(err)
	}
	if ahead == farthest {
		return 0, nil
	}
	return ahead + 1, nil
}

const positionQuery = `
SELECT count(*) FROM (
    SELECT FROM routing.conversations
    WHERE state = 'waiting' AND inbox = $1 AND ((-priority), since, conv) < (-$2::int, $3, $4) LIMIT $5) ahead`

// pace is the mean time between the last twenty departures from an inbox's
// queue within four hours; 0 with fewer than three, which is no basis for a
// promise.
func pace(ctx context.Context, q pg.Querier, inbox string) (time.Duration, error) {
	var n int
	var span float64
	err := q.QueryRow(ctx, paceQuery, inbox).Scan(&n, &span)
	if err != nil {
		return 0, pg.Map(err)
	}
	if n < 3 {
		return 0, nil
	}
	return time.Duration(span / float64(n-1) * float64(time.Second)), nil
}

const paceQuery = `
SELECT count(*), coalesce(extract(epoch FROM max(at) - min(at)), 0)
FROM (SELECT at FROM routing.departures WHERE inbox = $1 AND at > now() - interval '4 hours' ORDER BY at DESC LIMIT 20) d`

// depart records that a conversation left the queue, and forgets those that no
// estimate uses any more.
func depart(ctx context.Context, q pg.Querier, inbox string, at time.Time, waited time.Duration) error {
	if _, err := q.Exec(ctx, `INSERT INTO routing.departures (at, inbox, waited) VALUES ($1, $2, $3)`, at, inbox, waited); err != nil {
		return pg.Map(err)
	}
	_, err := q.Exec(ctx, forgetQuery, inbox, at.Add(-24*time.Hour))
	return pg.Map(err)
}

const forgetQuery = `DELETE FROM routing.departures WHERE inbox = $1 AND at < $2`
