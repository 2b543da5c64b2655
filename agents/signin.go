package agents

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/ids"
)

// grant is a new session.
type grant struct {
	Token     string
	ExpiresAt time.Time
	Agent     event.AgentProfile
}

// logIn starts a session by password. Every refusal takes the time of one hash
// and says the same, so that nobody learns which addresses have an account.
func (s *Service) logIn(ctx context.Context, email, password string, from device) (grant, error) {
	if err := s.byAddress.AllowAddress(from.Address); err != nil {
		return grant{}, err
	}
	email = canonicalEmail(email)
	if len(email) > field.MaxEmail {
		email = "" // nobody's; and the limiter keeps its keys short
	}
	if err := s.byAccount.Allow(email); err != nil {
		return grant{}, err
	}
	a, err := accountByEmail(ctx, s.db, email)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return grant{}, err
	}
	stored := a.Password // "" when there is no such account
	if a.Disabled {
		stored = ""
	}
	ok, err := s.passwords.matches(ctx, password, stored)
	if err != nil {
		return grant{}, err
	}
	if !ok {
		return grant{}, errBadLogin()
	}
	var g grant
	err = s.write(ctx, func(tx pgx.Tx, c *changes) error {
		now, err := lockAccount(ctx, tx, a.ID)
		if err != nil || now.Disabled || now.Password != a.Password {
			return errBadLogin() // it changed while the password was compared
		}
		g, err = s.startSession(ctx, tx, c, a.ID, false, from)
		return err
	})
	return g, err
}

func errBadLogin() error {
	return errs.New(errs.Unauthenticated, "the e-mail address or the password is wrong")
}

// redeem starts a session by a one-time link, which works no second time.
func (s *Service) redeem(ctx context.Context, token string, from device) (grant, error) {
	if err := s.byAddress.AllowAddress(from.Address); err != nil {
		return grant{}, err
	}
	if !isSecret(linkPrefix, token) {
		return grant{}, errBadLink()
	}
	var g grant
	err := s.write(ctx, func(tx pgx.Tx, c *changes) error {
		id, err := useLink(ctx, tx, hashSecret(token), s.now())
		if err != nil {
			return err
		}
		if id == "" {
			return errBadLink() // that one makes an admin; it stays, because the transaction ends here
		}
		a, err := lockAccount(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.Disabled {
			return errBadLink()
		}
		g, err = s.startSession(ctx, tx, c, id, true, from)
		return err
	})
	return g, err
}

func (s *Service) startSession(ctx context.Context, tx pgx.Tx, c *changes, acct string, byLink bool, from device) (grant, error) {
	now := s.now()
	token, hash := newSecret(sessionPrefix)
	sess := session{
		ID: ids.New(), Account: acct, ByLink: byLink, UserAgent: field.Clip(from.UserAgent, maxUserAgent), Address: from.Address,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLife),
	}
	surplus, err := endSurplus(ctx, tx, acct, maxSessions-1)
	if err != nil {
		return grant{}, err
	}
	c.ended(surplus)
	if err := insertSession(ctx, tx, sess, hash); err != nil {
		return grant{}, err
	}
	p, err := profile(ctx, tx, acct)
	if err != nil {
		return grant{}, err
	}
	return grant{Token: token, ExpiresAt: sess.ExpiresAt, Agent: p}, nil
}

// endOwn ends a session of the viewer; not_found when they have no such.
func (s *Service) endOwn(ctx context.Context, v auth.Viewer, id string) error {
	if v.Kind != auth.Agent {
		return errs.New(errs.Forbidden, "an API token has no sessions; an admin can revoke it")
	}
	return s.write(ctx, func(tx pgx.Tx, c *changes) error {
		gone, err := endSession(ctx, tx, v.ID, id)
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			return errs.New(errs.NotFound, "there is no such session")
		}
		c.ended(gone)
		return nil
	})
}

// setUp makes the first admin by the link that was printed at the start.
func (s *Service) setUp(ctx context.Context, token string, u AddUser, from device) (grant, error) {
	if err := s.byAddress.AllowAddress(from.Address); err != nil {
		return grant{}, err
	}
	if !isSecret(linkPrefix, token) {
		return grant{}, errBadLink()
	}
	u.Role = auth.RoleAdmin
	if err := checkPassword("password", u.Password, canonicalEmail(u.Email)); err != nil {
		return grant{}, err
	}
	a, err := s.prepare(ctx, u.edit())
	if err != nil {
		return grant{}, err
	}
	var g grant
	err = s.write(ctx, func(tx pgx.Tx, c *changes) error {
		others, err := adminsBut(ctx, tx, "")
		if err != nil {
			return err
		}
		if others > 0 {
			return errs.New(errs.Conflict, "there is an admin already; sign in or ask them for a link")
		}
		owner, err := useLink(ctx, tx, hashSecret(token), s.now())
		if err != nil {
			return err
		}
		if owner != "" {
			return errBadLink() // a sign-in link; the transaction leaves it as it was
		}
		if err := insertAccount(ctx, tx, a); err != nil {
			return err
		}
		c.agent(event.AgentCreated, a.ID, a.ID)
		g, err = s.startSession(ctx, tx, c, a.ID, false, from)
		return err
	})
	return g, err
}
