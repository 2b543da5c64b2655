package agents

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	maxTeamName = 60 // characters
	maxMembers  = 5000
)

// teamEdit changes what is not nil of a team.
type teamEdit struct {
	Name    *string   `json:"name"`
	Members *[]string `json:"members"`
}

func (e *teamEdit) check() error {
	if e.Name != nil {
		*e.Name = strings.TrimSpace(*e.Name)
		if !validLine(*e.Name, maxTeamName) {
			return errs.Field("name", "must be one line of 1 to %d characters", maxTeamName)
		}
	}
	if e.Members != nil {
		return checkIDs("members", *e.Members, maxMembers)
	}
	return nil
}

func (s *Service) createTeam(ctx context.Context, by string, e teamEdit) (event.Team, error) {
	if e.Name == nil {
		return event.Team{}, errs.Field("name", "must be given")
	}
	if err := e.check(); err != nil {
		return event.Team{}, err
	}
	var made event.Team
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		var err error
		made, err = writeTeam(ctx, tx, c, by, event.Team{ID: ids.New()}, e)
		return err
	})
	return made, err
}

func (s *Service) changeTeam(ctx context.Context, by, id string, e teamEdit) (event.Team, error) {
	if err := e.check(); err != nil {
		return event.Team{}, err
	}
	var after event.Team
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		if err := lockTeam(ctx, tx, id); err != nil {
			return err
		}
		before, err := readTeam(ctx, tx, id)
		if err != nil {
			return err
		}
		after, err = writeTeam(ctx, tx, c, by, before, e)
		return err
	})
	return after, err
}

// writeTeam applies the edit to the team and makes it felt by its members.
func writeTeam(ctx context.Context, tx pgx.Tx, c *changes, by string, before event.Team, e teamEdit) (event.Team, error) {
	if e.Name != nil {
		if err := saveTeam(ctx, tx, before.ID, *e.Name); err != nil {
			return before, err
		}
	}
	if e.Members != nil {
		if err := setMembers(ctx, tx, before.ID, *e.Members); err != nil {
			return before, err
		}
	}
	after, err := readTeam(ctx, tx, before.ID)
	if err != nil {
		return before, err
	}
	return after, moveMembers(ctx, tx, c, by, before.Members, after.Members)
}

func (s *Service) removeTeam(ctx context.Context, by, id string) error {
	return s.write(ctx, func(tx pgx.Tx, c *changes) error {
		if err := lockTeam(ctx, tx, id); err != nil {
			return err
		}
		before, err := readTeam(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := deleteTeam(ctx, tx, id); err != nil {
			return err
		}
		return moveMembers(ctx, tx, c, by, before.Members, nil)
	})
}

// moveMembers makes a change of members felt. A team may be the only way to
// some conversations for those who are limited to inboxes: when they leave it,
// their sessions end.
func moveMembers(ctx context.Context, tx pgx.Tx, c *changes, by string, before, after []string) error {
	var left, joined []string
	for _, id := range before {
		if !slices.Contains(after, id) {
			left = append(left, id)
		}
	}
	for _, id := range after {
		if !slices.Contains(before, id) {
			joined = append(joined, id)
		}
	}
	lose, err := limited(ctx, tx, left)
	if err != nil {
		return err
	}
	for _, id := range slices.Concat(left, joined) {
		c.agent(event.AgentUpdated, id, by)
		if !lose[id] {
			c.rights(id)
			continue
		}
		gone, err := endSessions(ctx, tx, id, "")
		if err != nil {
			return err
		}
		c.ended(gone)
	}
	return nil
}
