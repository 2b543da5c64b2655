package agents

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
)

// SignInLink makes the address of a page that signs the agent in, once, within
// 24 hours. It ends every older link of the same agent. Whoever has the link is
// the agent: hand it to them alone.
func (s *Service) SignInLink(ctx context.Context, agent string) (string, error) {
	link, _, err := s.signInLink(ctx, agent)
	return link, err
}

func (s *Service) signInLink(ctx context.Context, agent string) (link string, expires time.Time, err error) {
	token, hash := newSecret(linkPrefix)
	expires = s.now().Add(linkLife)
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		a, err := lockAccount(ctx, tx, agent)
		if err != nil {
			return err
		}
		if a.Disabled {
			return errs.New(errs.Conflict, "the account is disabled; enable it first")
		}
		return replaceLink(ctx, tx, agent, hash, expires)
	})
	return s.publicURL + "/console/signin?token=" + token, expires, err
}

// SetupLink makes the address of the page where the first admin is made, good
// for 24 hours; ok is false when there is an admin who can sign in. It ends
// every older set-up link.
func (s *Service) SetupLink(ctx context.Context) (link string, ok bool, err error) {
	token, hash := newSecret(linkPrefix)
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		n, err := adminsBut(ctx, tx, "")
		if ok = n == 0; err != nil || !ok {
			return err
		}
		return replaceLink(ctx, tx, "", hash, s.now().Add(linkLife))
	})
	if err != nil || !ok {
		return "", false, err
	}
	return s.publicURL + "/console/setup?token=" + token, true, nil
}

// setUpNeeded reports whether nobody can administer the desk yet.
func (s *Service) setUpNeeded(ctx context.Context) (bool, error) {
	exists, err := hasAdmin(ctx, s.db)
	return !exists, err
}
