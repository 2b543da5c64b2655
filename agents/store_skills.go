package agents

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Skill is something agents can be good at, by which conversations find them.
type Skill struct {
	Name   string `json:"name"`
	Agents int    `json:"agents"` // who have it, disabled accounts left out
}

func listSkills(ctx context.Context, q pg.Querier) ([]Skill, error) {
	rows, err := q.Query(ctx, `
		SELECT s.name, count(a.id) AS agents
		FROM agents.skills s
		LEFT JOIN agents.account_skills x ON x.skill = s.name
		LEFT JOIN agents.accounts a ON a.id = x.account AND NOT a.disabled
		GROUP BY s.name ORDER BY s.name`)
	if err != nil {
		return nil, fmt.Errorf("list skills: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Skill])
	if err != nil {
		return nil, fmt.Errorf("list skills: %w", pg.Map(err))
	}
	return list, nil
}

// addSkills creates those of the skills that are missing and returns how many
// these were.
func addSkills(ctx context.Context, q pg.Querier, names []string) (int64, error) {
	tag, err := q.Exec(ctx, `INSERT INTO agents.skills (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, names)
	if err != nil {
		return 0, fmt.Errorf("add skills: %w", pg.Map(err))
	}
	return tag.RowsAffected(), nil
}

// deleteSkill removes the skill and returns who had it.
func deleteSkill(ctx context.Context, q pg.Querier, name string) ([]string, error) {
	rows, err := q.Query(ctx, `DELETE FROM agents.account_skills WHERE skill = $1 RETURNING account`, name)
	if err != nil {
		return nil, fmt.Errorf("delete skill: %w", pg.Map(err))
	}
	had, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("delete skill: %w", pg.Map(err))
	}
	tag, err := q.Exec(ctx, `DELETE FROM agents.skills WHERE name = $1`, name)
	if err != nil {
		return nil, fmt.Errorf("delete skill: %w", pg.Map(err))
	}
	if tag.RowsAffected() == 0 {
		return nil, errs.New(errs.NotFound, "there is no such skill")
	}
	return had, nil
}
