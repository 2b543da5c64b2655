package routing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// row is a conversation as routing knows it.
type row struct {
	Conv      string
	Inbox     string
	Contact   string
	State     string
	Agent     string
	Team      string
	Skills    map[string]int
	Language  string
	Priority  int
	Since     time.Time
	NextAt    *time.Time
	Declined  []string
	Announced bool
	Seq       uint64
	Need      string // the line it waits in, see [row.queue]
}

// States of a row.
const (
	idle     = "idle" // with the bot, or resolved
	waits    = "waiting"
	claimed  = "claimed" // given to an agent, the event not stored yet
	offered  = "offered"
	assigned = "assigned"
	snoozed  = "snoozed"
)

// loads reports whether the row counts towards its agent's load.
func (r *row) loads() bool { return r.State == claimed || r.State == offered || r.State == assigned }

const rowColumns = `conv, inbox, contact, state, agent, team, skills, language, priority, since, next_at, declined, announced, seq, need`

// lockRow returns the conversation's row, locked until the transaction ends;
// not_found when routing does not know it.
func lockRow(ctx context.Context, q pg.Querier, conv string) (row, error) {
	return oneRow(ctx, q, lockRowQuery, conv)
}

const lockRowQuery = `SELECT ` + rowColumns + ` FROM routing.conversations WHERE conv = $1 FOR UPDATE`

// findRow is lockRow without the lock.
func findRow(ctx context.Context, q pg.Querier, conv string) (row, error) {
	return oneRow(ctx, q, `SELECT `+rowColumns+` FROM routing.conversations WHERE conv = $1`, conv)
}

func someRows(ctx context.Context, q pg.Querier, query string, args ...any) ([]row, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	return list, pg.Map(err)
}

func oneRow(ctx context.Context, q pg.Querier, query string, args ...any) (row, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return row{}, pg.Map(err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	return r, pg.Map(err)
}

// save writes the row and moves one load from the old agent to the new. A row
// that waits is put in its line as of now.
func save(ctx context.Context, q pg.Querier, now time.Time, old, r row) error {
	if r.State == waits {
		r.queue(now)
	}
	if r.Skills == nil {
		r.Skills = map[string]int{}
	}
	if r.Declined == nil {
		r.Declined = []string{}
	}
	_, err := q.Exec(ctx, `
		INSERT INTO routing.conversations (`+rowColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (conv) DO UPDATE SET state = excluded.state, agent = excluded.agent, team = excluded.team, skills = excluded.skills,
			language = excluded.language, priority = excluded.priority, since = excluded.since, next_at = excluded.next_at,
			declined = excluded.declined, announced = excluded.announced, seq = excluded.seq, need = excluded.need`,
		r.Conv, r.Inbox, r.Contact, r.State, r.Agent, r.Team, r.Skills, r.Language, r.Priority, r.Since, r.NextAt, r.Declined, r.Announced, r.Seq, r.Need)
	if err != nil {
		return pg.Map(err)
	}
	if old.loads() && (!r.loads() || old.Agent != r.Agent) {
		if err := addLoad(ctx, q, old.Agent, -1); err != nil {
			return err
		}
	}
	if r.loads() && (!old.loads() || old.Agent != r.Agent) {
		return addLoad(ctx, q, r.Agent, 1)
	}
	return nil
}

// addLoad changes an agent's load; a person may assign more than the capacity,
// routing itself never does (see claim).
func addLoad(ctx context.Context, q pg.Querier, agent string, delta int) error {
	_, err := q.Exec(ctx, `
		INSERT INTO routing.agents (agent, load) VALUES ($1, greatest($2, 0))
		ON CONFLICT (agent) DO UPDATE SET load = greatest(routing.agents.load + $2, 0),
			last_assigned = CASE WHEN $2 > 0 THEN now() ELSE routing.agents.last_assigned END`, agent, delta)
	return pg.Map(err)
}

// recount sets every load to what the conversations say, for a start after a
// restored backup.
func recount(ctx context.Context, q pg.Querier) error {
	_, err := q.Exec(ctx, `
		UPDATE routing.agents a SET load = n.load
		FROM (SELECT a.agent, count(c.conv) AS load FROM routing.agents a
			LEFT JOIN routing.conversations c ON c.agent = a.agent AND c.state IN ('claimed', 'offered', 'assigned') GROUP BY a.agent) n
		WHERE n.agent = a.agent AND a.load <> n.load`)
	return pg.Map(err)
}

// anyRoom reports whether any online agent can take one more.
func anyRoom(ctx context.Context, q pg.Querier) (bool, error) {
	var room bool
	err := q.QueryRow(ctx, roomQuery).Scan(&room)
	return room, pg.Map(err)
}

const roomQuery = `SELECT count(*) > 0 FROM (SELECT FROM routing.agents WHERE state = 'online' AND load < capacity ORDER BY agent LIMIT 1) somebody`

// lastAgent returns who served the contact last, "" when nobody did within a
// month or they are not online.
func lastAgent(ctx context.Context, q pg.Querier, contact string) (string, error) {
	rows, err := q.Query(ctx, lastAgentQuery, contact)
	if err != nil {
		return "", pg.Map(err)
	}
	agents, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(agents) == 0 {
		return "", pg.Map(err)
	}
	return agents[0], nil
}

const lastAgentQuery = `
SELECT l.agent FROM routing.last_agents l JOIN routing.agents a ON a.agent = l.agent
WHERE l.contact = $1 AND l.at > now() - interval '30 days' AND a.state = 'online'`

func saveLastAgent(ctx context.Context, q pg.Querier, contact, agent string, at time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO routing.last_agents (contact, agent, at) VALUES ($1, $2, $3)
		ON CONFLICT (contact) DO UPDATE SET agent = excluded.agent, at = excluded.at WHERE routing.last_agents.at < excluded.at`,
		contact, agent, at)
	return pg.Map(err)
}

// nextDeadline returns when the table wants to be looked at again; the zero
// time when never.
func nextDeadline(ctx context.Context, q pg.Querier) (time.Time, error) {
	var at *time.Time
	if err := q.QueryRow(ctx, deadlineQuery).Scan(&at); err != nil {
		return time.Time{}, pg.Map(err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}

const deadlineQuery = `SELECT min(next_at) FROM routing.conversations WHERE next_at IS NOT NULL`

// overdue returns an offer or claim whose time is over, locked.
func overdue(ctx context.Context, q pg.Querier, now time.Time) (row, error) {
	return oneRow(ctx, q, overdueQuery, now)
}

const overdueQuery = `SELECT ` + rowColumns + ` FROM routing.conversations
	WHERE next_at <= $1 AND state IN ('claimed', 'offered') ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED`
