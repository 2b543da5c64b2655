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
	if e.Password == nil {
		p, err := s.applySelf(ctx, v, change, nil)
		return p, "", err
	}
	proved, err := s.provePassword(ctx, v, e.Current)
	if err != nil {
		return event.AgentProfile{}, "", err
	}
	if change.passwordHash, err = s.newPassword(ctx, *e.Password, proved.Email); err != nil {
		return event.AgentProfile{}, "", err
	}
	token, hash := newSecret(sessionPrefix)
	p, err := s.applySelf(ctx, v, change, &rekeying{from: proved.Password, hash: hash})
	if err != nil {
		return p, "", err
	}
	s.cache.forget() // the old secret is none any more
	return p, token, nil
}

// rekeying goes with a new password.
type rekeying struct {
	from string // the stored password that was proved
	hash []byte // of the session's new secret
}

func (s *Service) applySelf(ctx context.Context, v auth.Viewer, e edit, r *rekeying) (event.AgentProfile, error) {
	var after event.AgentProfile
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		acct, err := lockAccount(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		if r != nil && acct.Password != r.from {
			return errs.New(errs.Conflict, "the password was changed meanwhile; try again")
		}
		if acct, err = acct.apply(e); err != nil {
			return err
		}
		if err := updateAccount(ctx, tx, acct); err != nil {
			return err
		}
		if r != nil {
			if err := keepOnly(ctx, tx, c, v, r.hash); err != nil {
				return err
			}
		}
		c.agent(event.AgentUpdated, v.ID, v.ID)
		after, err = profile(ctx, tx, v.ID)
		return err
	})
	return after, err
}

// keepOnly ends all sessions of the viewer but this one, which gets another
// secret. Its id stays, and so do its sockets.
func keepOnly(ctx context.Context, tx pgx.Tx, c *changes, v auth.Viewer, hash []byte) error {
	gone, err := endSessions(ctx, tx, v.ID, v.Session)
	if err != nil {
		return err
	}
	c.ended(gone)
	return rekeySession(ctx, tx, v.Session, hash)
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
