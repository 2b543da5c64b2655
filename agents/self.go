package agents

import (
	"context"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

// selfEdit is what people may change of their own account.
type selfEdit struct {
	Name      *string   `json:"name"`
	Languages *[]string `json:"languages"`
	Password  *string   `json:"password"`
	Current   string    `json:"old_password"` // with Password, unless there is none or a link began the session
}

// changeSelf edits the viewer's own account. A new password ends all other
// sessions and gives this one another secret, which is returned.
func (s *Service) changeSelf(ctx context.Context, v auth.Viewer, e selfEdit) (event.AgentProfile, string, error) {
	if v.Kind != auth.Agent {
		return event.AgentProfile{}, "", errs.New(errs.Forbidden, "an API token has no account to change")
	}
	change := edit{Name: e.Name, Languages: e.Languages}
	var proved account
	if e.Password != nil {
		var err error
		if proved, err = s.provePassword(ctx, v, e.Current); err != nil {
			return event.AgentProfile{}, "", err
		}
		if change.passwordHash, err = s.newPassword(ctx, *e.Password, proved.Email); err != nil {
			return event.AgentProfile{}, "", err
		}
	}
	token, hash := newSecret(sessionPrefix)
	if e.Password == nil {
		token = ""
	}
	var after event.AgentProfile
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		acct, err := lockAccount(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		if e.Password != nil && acct.Password != proved.Password {
			return errs.New(errs.Conflict, "the password was changed meanwhile; try again")
		}
		if acct, err = acct.apply(change); err != nil {
			return err
		}
		if err := updateAccount(ctx, tx, acct); err != nil {
			return err
		}
		if e.Password != nil {
			gone, err := endSessions(ctx, tx, v.ID, v.Session)
			if err != nil {
				return err
			}
			c.ended(gone)
			if err := rekeySession(ctx, tx, v.Session, hash); err != nil {
				return err
			}
		}
		c.agent(event.AgentUpdated, v.ID, v.ID)
		after, err = profile(ctx, tx, v.ID)
		return err
	})
	if err == nil && token != "" {
		s.cache.forget() // the old secret is none any more
	}
	return after, token, err
}

// provePassword makes sure that it is the person, not an open browser, who sets
// a new password, and returns the account it was compared with.
func (s *Service) provePassword(ctx context.Context, v auth.Viewer, current string) (account, error) {
	sess, err := readSession(ctx, s.db, v.ID, v.Session)
	if err != nil {
		return account{}, err
	}
	a, err := accountByID(ctx, s.db, v.ID)
	if err != nil || a.Password == "" || sess.ByLink {
		return a, err
	}
	if err := s.byAccount.Allow(a.Email); err != nil {
		return a, err
	}
	ok, err := s.passwords.matches(ctx, current, a.Password)
	if err == nil && !ok {
		err = errs.Field("old_password", "is wrong")
	}
	return a, err
}
