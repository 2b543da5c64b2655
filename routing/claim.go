package routing

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// asked is a need as the queries for agents take it. They read the agents of a
// pool that all who fit are in, in the order of asking, until one fits: with one
// requirement that is the first.
type asked struct {
	Line     int            `json:"line"` // which one of several is meant
	Inbox    string         `json:"inbox"`
	Declined []string       `json:"declined"`
	Team     string         `json:"team"`
	Teams    []string       `json:"teams"`
	Language string         `json:"language"`
	Skills   map[string]int `json:"skills"`
	Must     []string       `json:"must"`  // pools: whoever fits is in each, so the smallest one is read
	Pools    []string       `json:"pools"` // whoever fits is in one of them
}

// ask asks for an agent for the row, who brings what is needed.
func (n *need) ask(line int, r *row) asked {
	a := asked{
		Line: line, Inbox: r.Inbox, Declined: orEmpty(r.Declined), Team: n.Team, Teams: orEmpty(n.Teams), Language: n.Language,
		Skills: n.Skills, Must: []string{}, Pools: inboxPools(r.Inbox),
	}
	if a.Skills == nil {
		a.Skills = map[string]int{}
	}
	if n.Team != "" {
		a.Must = append(a.Must, "team:"+n.Team)
	}
	for _, skill := range slices.Sorted(maps.Keys(n.Skills)) {
		if n.Skills[skill] > 0 {
			a.Must = append(a.Must, "skill:"+skill)
		}
	}
	switch {
	case len(n.Teams) > 0:
		a.Pools = teamPools(n.Teams)
	case n.Language != "":
		a.Pools = []string{"language:" + n.Language, "language:*"}
	}
	return a
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func inboxPools(inbox string) []string { return []string{"inbox:" + inbox, "inbox:*"} }

func teamPools(teams []string) []string {
	pools := make([]string, len(teams))
	for i, team := range teams {
		pools[i] = "team:" + team
	}
	return pools
}

// claim finds the agent and locks them: the preferred one, else most room first,
// then who has waited longest since the last assignment. The lock and the
// condition are one statement, so two processes never give the last place away
// twice. not_found when nobody fits.
func claim(ctx context.Context, q pg.Querier, prefer string, a asked) (string, error) {
	var agent string
	args := []any{a.Inbox, a.Declined, a.Team, a.Teams, a.Language, a.Skills}
	if prefer != "" {
		err := pg.Map(q.QueryRow(ctx, preferredQuery, append(args, prefer)...).Scan(&agent))
		if !errs.Is(err, errs.NotFound) {
			return agent, err
		}
	}
	err := q.QueryRow(ctx, claimQuery, append(args, a.Must, a.Pools)...).Scan(&agent)
	return agent, pg.Map(err)
}

// servable returns the lines of those for whom somebody fits now, in order.
func servable(ctx context.Context, q pg.Querier, list []asked) ([]int, error) {
	body, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encode what lines ask for: %w", err)
	}
	rows, err := q.Query(ctx, servableQuery, body)
	if err != nil {
		return nil, pg.Map(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[int])
	return lines, pg.Map(err)
}

const (
	// fits is the condition for an agent a with room who brings what n asks for.
	// PostgreSQL would take each part for rarer than it is and read all of a pool;
	// of a CASE it believes that it holds for every other agent.
	fits = `
CASE WHEN a.state = 'online' AND a.load < a.capacity
    AND NOT a.agent = ANY (n.declined)
    AND (a.inboxes IS NULL OR n.inbox = ANY (a.inboxes))
    AND (n.team = '' OR n.team = ANY (a.teams))
    AND (n.teams = '{}' OR a.teams && n.teams)
    AND (n.language = '' OR a.languages = '{}' OR n.language = ANY (a.languages))
    AND NOT EXISTS (SELECT FROM jsonb_each_text(n.skills) r WHERE coalesce((a.skills ->> r.key)::int, 0) < r.value::int)
THEN true ELSE false END`

	// toRead are the pools to read for n. Which of several is the smallest is
	// counted no further than it matters.
	toRead = `
unnest(CASE cardinality(n.must) WHEN 0 THEN n.pools WHEN 1 THEN n.must ELSE ARRAY(
    SELECT must.pool FROM unnest(n.must) must (pool)
    ORDER BY (SELECT count(*) FROM (SELECT FROM routing.pools p WHERE p.pool = must.pool AND p.room > 0 LIMIT 200) counted), must.pool LIMIT 1) END) named (pool)`

	one = `(SELECT $1::text AS inbox, $2::text[] AS declined, $3::text AS team, $4::text[] AS teams, $5::text AS language, $6::jsonb AS skills) n`

	preferredQuery = `SELECT a.agent FROM routing.agents a, ` + one + ` WHERE a.agent = $7 AND ` + fits + ` FOR UPDATE OF a SKIP LOCKED`

	claimQuery = `
SELECT best.agent
FROM (SELECT n.*, $7::text[] AS must, $8::text[] AS pools FROM ` + one + `) n CROSS JOIN LATERAL ` + toRead + ` CROSS JOIN LATERAL (
    SELECT a.agent, p.room, p.last_assigned FROM routing.pools p JOIN routing.agents a ON a.agent = p.agent
    WHERE p.pool = named.pool AND p.room > 0 AND ` + fits + `
    ORDER BY p.room DESC, p.last_assigned LIMIT 1 FOR UPDATE OF a SKIP LOCKED) best
ORDER BY best.room DESC, best.last_assigned LIMIT 1`

	servableQuery = `
SELECT n.line
FROM jsonb_to_recordset($1) AS n (
    line int, inbox text, declined text[], team text, teams text[], language text, skills jsonb, must text[], pools text[])
CROSS JOIN LATERAL (
    SELECT FROM ` + toRead + ` CROSS JOIN LATERAL (
        SELECT FROM routing.pools p JOIN routing.agents a ON a.agent = p.agent
        WHERE p.pool = named.pool AND p.room > 0 AND ` + fits + ` ORDER BY p.room DESC, p.last_assigned LIMIT 1) a LIMIT 1) somebody
ORDER BY n.line`
)
