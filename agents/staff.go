package agents

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// AddUser is a new account.
type AddUser struct {
	Email     string
	Name      string
	Role      auth.Role      // "" is agent
	Password  string         // "" signs in by link only
	Skills    map[string]int // skill → level 1 … 5; skills that do not exist yet are added
	Languages []string       // BCP 47
	Capacity  int            // conversations at once; 0 means 4
}

func (u *AddUser) edit() edit {
	if u.Role == "" {
		u.Role = auth.RoleAgent
	}
	if u.Capacity == 0 {
		u.Capacity = defaultCapacity
	}
	e := edit{Name: &u.Name, Email: &u.Email, Role: &u.Role, Languages: &u.Languages, Capacity: &u.Capacity, Skills: &u.Skills}
	if u.Password != "" {
		e.Password = &u.Password
	}
	return e
}

// AddUser makes an account for the command line.
func (s *Service) AddUser(ctx context.Context, u AddUser) (event.AgentProfile, error) {
	if err := checkSkills(u.Skills); err != nil {
		return event.AgentProfile{}, err
	}
	if _, err := addSkills(ctx, s.db, slices.Collect(maps.Keys(u.Skills))); err != nil {
		return event.AgentProfile{}, err
	}
	return s.create(ctx, "", u.edit())
}

// prepare checks everything about a new account that needs no database, and
// hashes its password.
func (s *Service) prepare(ctx context.Context, e edit) (account, error) {
	a := account{ID: ids.New(), Role: auth.RoleAgent, Capacity: defaultCapacity, CreatedAt: s.now()}
	a, err := a.apply(e)
	if err != nil {
		return a, err
	}
	if err := e.checkAbilities(); err != nil {
		return a, err
	}
	if e.Password != nil {
		a.Password, err = s.newPassword(ctx, *e.Password, a.Email)
	}
	return a, err
}

func (s *Service) newPassword(ctx context.Context, password, email string) (string, error) {
	if err := checkPassword("password", password, email); err != nil {
		return "", err
	}
	return s.passwords.hash(ctx, password)
}

// create makes an account in the name of by.
func (s *Service) create(ctx context.Context, by string, e edit) (event.AgentProfile, error) {
	a, err := s.prepare(ctx, e)
	if err != nil {
		return event.AgentProfile{}, err
	}
	var p event.AgentProfile
	err = s.write(ctx, func(tx pgx.Tx, c *changes) error {
		if err := insertAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := setAbilities(ctx, tx, a.ID, e); err != nil {
			return err
		}
		if a.Role == auth.RoleAdmin {
			if err := dropLinks(ctx, tx, ""); err != nil { // nobody needs the set-up link any more
				return err
			}
		}
		c.agent(event.AgentCreated, a.ID, by)
		p, err = profile(ctx, tx, a.ID)
		return err
	})
	return p, err
}

func setAbilities(ctx context.Context, tx pgx.Tx, id string, e edit) error {
	if e.Skills != nil {
		if err := setSkills(ctx, tx, id, *e.Skills); err != nil {
			return err
		}
	}
	if e.Teams != nil {
		return setTeams(ctx, tx, id, *e.Teams)
	}
	return nil
}

// change edits an account in the name of by. Another role, another password,
// fewer rights and the end of the account end its sessions.
func (s *Service) change(ctx context.Context, by, id string, e edit) (event.AgentProfile, error) {
	if err := e.checkAbilities(); err != nil {
		return event.AgentProfile{}, err
	}
	if e.Password != nil {
		p, err := profile(ctx, s.db, id)
		if err != nil {
			return p, err
		}
		if e.passwordHash, err = s.newPassword(ctx, *e.Password, p.Email); err != nil {
			return p, err
		}
	}
	var after event.AgentProfile
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		before, err := applyEdit(ctx, tx, id, e)
		if err != nil {
			return err
		}
		if after, err = profile(ctx, tx, id); err != nil {
			return err
		}
		c.agent(event.AgentUpdated, id, by)
		return enforce(ctx, tx, c, before, after, e.Password != nil)
	})
	return after, err
}

// applyEdit writes the edit and returns the profile from before.
func applyEdit(ctx context.Context, tx pgx.Tx, id string, e edit) (event.AgentProfile, error) {
	acct, err := lockAccount(ctx, tx, id)
	if err != nil {
		return event.AgentProfile{}, err
	}
	before, err := profile(ctx, tx, id)
	if err != nil {
		return before, err
	}
	if acct, err = acct.apply(e); err != nil {
		return before, err
	}
	if err := keepAnAdmin(ctx, tx, before, acct.Role == auth.RoleAdmin && !acct.Disabled); err != nil {
		return before, err
	}
	if err := updateAccount(ctx, tx, acct); err != nil {
		return before, err
	}
	return before, setAbilities(ctx, tx, id, e)
}

// enforce makes a change of rights felt: by those who lost some at once, by
// those who gained some with their next connection.
func enforce(ctx context.Context, tx pgx.Tx, c *changes, before, after event.AgentProfile, newPassword bool) error {
	fewerTeams := slices.ContainsFunc(before.Teams, func(t string) bool { return !slices.Contains(after.Teams, t) })
	if after.Disabled {
		if err := dropLinks(ctx, tx, after.ID); err != nil {
			return err
		}
	}
	switch {
	case newPassword, before.Role != after.Role, after.Disabled, loses(before.Inboxes, after.Inboxes), fewerTeams && after.Inboxes != nil:
		gone, err := endSessions(ctx, tx, after.ID, "")
		c.ended(gone)
		return err
	case !slices.Equal(before.Teams, after.Teams), !slices.Equal(before.Inboxes, after.Inboxes):
		c.rights(after.ID)
	}
	return nil
}

// keepAnAdmin refuses a change after which nobody could administer the desk.
// stays says whether the account can afterwards.
func keepAnAdmin(ctx context.Context, tx pgx.Tx, before event.AgentProfile, stays bool) error {
	if before.Role != string(auth.RoleAdmin) || before.Disabled || stays {
		return nil
	}
	others, err := adminsBut(ctx, tx, before.ID)
	if err != nil {
		return err
	}
	if others == 0 {
		return errs.New(errs.Conflict, "this is the last admin; make somebody else an admin first")
	}
	return nil
}

// remove deletes an account in the name of by.
func (s *Service) remove(ctx context.Context, by, id string) error {
	return s.write(ctx, func(tx pgx.Tx, c *changes) error {
		if _, err := lockAccount(ctx, tx, id); err != nil {
			return err
		}
		before, err := profile(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := keepAnAdmin(ctx, tx, before, false); err != nil {
			return err
		}
		gone, err := endSessions(ctx, tx, id, "")
		if err != nil {
			return err
		}
		c.ended(gone)
		c.agent(event.AgentDeleted, id, by)
		return deleteAccount(ctx, tx, id)
	})
}
