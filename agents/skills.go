package agents

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
)

// canonicalSkill is the name that conversations ask for.
func canonicalSkill(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func (s *Service) addSkill(ctx context.Context, name string) (Skill, error) {
	name = canonicalSkill(name)
	if !validSkill(name) {
		return Skill{}, errs.Field("name", "must be 1 to %d letters, digits, spaces, - or _", maxSkillName)
	}
	added, err := addSkills(ctx, s.db, []string{name})
	if err != nil {
		return Skill{}, err
	}
	if added == 0 {
		return Skill{}, errs.New(errs.Conflict, "there is this skill already")
	}
	return Skill{Name: name}, nil
}

func (s *Service) removeSkill(ctx context.Context, by, name string) error {
	return s.write(ctx, func(tx pgx.Tx, c *changes) error {
		had, err := deleteSkill(ctx, tx, canonicalSkill(name))
		if err != nil {
			return err
		}
		for _, id := range had {
			c.agent(event.AgentUpdated, id, by)
		}
		return nil
	})
}
