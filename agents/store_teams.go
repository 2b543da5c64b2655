package agents

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/pg"
)

func listTeams(ctx context.Context, q pg.Querier) ([]event.Team, error) {
	return teamsWhere(ctx, q, "")
}

func readTeam(ctx context.Context, q pg.Querier, id string) (event.Team, error) {
	list, err := teamsWhere(ctx, q, id)
	if err != nil {
		return event.Team{}, err
	}
	if len(list) == 0 {
		return event.Team{}, errNoTeam()
	}
	return list[0], nil
}

// teamsWhere returns the team of the id, or all for "".
func teamsWhere(ctx context.Context, q pg.Querier, id string) ([]event.Team, error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.name, array(SELECT m.account FROM agents.memberships m WHERE m.team = t.id ORDER BY m.account) AS members
		FROM agents.teams t WHERE $1 = '' OR t.id = $1 ORDER BY lower(t.name)`, id)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[event.Team])
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", pg.Map(err))
	}
	return list, nil
}

// lockTeam makes changes of one team take turns.
func lockTeam(ctx context.Context, q pg.Querier, id string) error {
	var found string
	err := q.QueryRow(ctx, `SELECT id FROM agents.teams WHERE id = $1 FOR UPDATE`, id).Scan(&found)
	if err = pg.Map(err); errs.Is(err, errs.NotFound) {
		return errNoTeam()
	}
	if err != nil {
		return fmt.Errorf("lock team %s: %w", id, err)
	}
	return nil
}

func saveTeam(ctx context.Context, q pg.Querier, id, name string) error {
	_, err := q.Exec(ctx, `INSERT INTO agents.teams (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, id, name)
	if pg.IsUnique(err, "teams_name") {
		return errs.Wrap(err, errs.Conflict, "there is a team with this name already")
	}
	if err != nil {
		return fmt.Errorf("save team %s: %w", id, pg.Map(err))
	}
	return nil
}

// setMembers replaces the members of a team. An unknown agent is invalid.
func setMembers(ctx context.Context, q pg.Querier, id string, members []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.memberships WHERE team = $1`, id); err != nil {
		return fmt.Errorf("replace members of team %s: %w", id, pg.Map(err))
	}
	_, err := q.Exec(ctx, `INSERT INTO agents.memberships (team, account) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, id, members)
	if refersToNothing(err) {
		return errs.Field("members", "must be ids of agents")
	}
	if err != nil {
		return fmt.Errorf("replace members of team %s: %w", id, pg.Map(err))
	}
	return nil
}

func deleteTeam(ctx context.Context, q pg.Querier, id string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.teams WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete team %s: %w", id, pg.Map(err))
	}
	return nil
}

// limited returns those of the agents who may see some inboxes only: for them
// a team is the way to more.
func limited(ctx context.Context, q pg.Querier, agents []string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `SELECT id FROM agents.accounts WHERE id = any($1) AND inboxes IS NOT NULL`, agents)
	if err != nil {
		return nil, fmt.Errorf("look up agents' inboxes: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look up agents' inboxes: %w", pg.Map(err))
	}
	found := make(map[string]bool, len(list))
	for _, id := range list {
		found[id] = true
	}
	return found, nil
}

func errNoTeam() error { return errs.New(errs.NotFound, "there is no such team") }
