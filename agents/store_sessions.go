package agents

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

const sessionColumns = `id, account, by_link, user_agent, address, created_at, seen_at, expires_at`

func insertSession(ctx context.Context, q pg.Querier, s session, hash []byte) error {
	_, err := q.Exec(ctx, `INSERT INTO agents.sessions (hash, `+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		hash, s.ID, s.Account, s.ByLink, s.UserAgent, s.Address, s.CreatedAt, s.SeenAt, s.ExpiresAt)
	if err != nil {
		return fmt.Errorf("create a session: %w", pg.Map(err))
	}
	return nil
}

// sessionHolder returns the session of a secret with its holder's rights, in
// one query because every request may ask for it.
func sessionHolder(ctx context.Context, q pg.Querier, hash []byte) (holder, error) {
	rows, err := q.Query(ctx, `
		SELECT s.id, s.account, s.by_link, s.user_agent, s.address, s.created_at, s.seen_at, s.expires_at, a.name, a.role, a.inboxes,
			array(SELECT m.team FROM agents.memberships m WHERE m.account = a.id) AS teams
		FROM agents.sessions s JOIN agents.accounts a ON a.id = s.account
		WHERE s.hash = $1 AND NOT a.disabled`, hash)
	if err != nil {
		return holder{}, fmt.Errorf("read a session: %w", pg.Map(err))
	}
	h, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[holder])
	if err != nil {
		return holder{}, fmt.Errorf("read a session: %w", pg.Map(err))
	}
	return h, nil
}

func touchSession(ctx context.Context, q pg.Querier, id string, at time.Time) error {
	if _, err := q.Exec(ctx, `UPDATE agents.sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, at); err != nil {
		return fmt.Errorf("keep session %s: %w", id, pg.Map(err))
	}
	return nil
}

// readSession returns a session of the account.
func readSession(ctx context.Context, q pg.Querier, acct, id string) (session, error) {
	rows, err := q.Query(ctx, `SELECT `+sessionColumns+` FROM agents.sessions WHERE account = $1 AND id = $2`, acct, id)
	if err != nil {
		return session{}, fmt.Errorf("read a session: %w", pg.Map(err))
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[session])
	if err != nil {
		return session{}, fmt.Errorf("read a session: %w", pg.Map(err))
	}
	return s, nil
}

// rekeySession gives a session another secret.
func rekeySession(ctx context.Context, q pg.Querier, id string, hash []byte) error {
	if _, err := q.Exec(ctx, `UPDATE agents.sessions SET hash = $2, by_link = false WHERE id = $1`, id, hash); err != nil {
		return fmt.Errorf("renew session %s: %w", id, pg.Map(err))
	}
	return nil
}

// listSessions returns the account's sessions that are live at the time, the
// last seen first.
func listSessions(ctx context.Context, q pg.Querier, acct string, now time.Time) ([]session, error) {
	rows, err := q.Query(ctx, `
		SELECT `+sessionColumns+` FROM agents.sessions
		WHERE account = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id`, acct, now, now.Add(-sessionIdle))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[session])
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", pg.Map(err))
	}
	return list, nil
}

// ended is a session that was deleted.
type ended struct{ ID, Account string }

// endSessions deletes the account's sessions but one ("" for all) and returns
// them.
func endSessions(ctx context.Context, q pg.Querier, acct, but string) ([]ended, error) {
	return deleteSessions(ctx, q, `DELETE FROM agents.sessions WHERE account = $1 AND id <> $2 RETURNING id, account`, acct, but)
}

// endSession deletes one session of the account; none is no error.
func endSession(ctx context.Context, q pg.Querier, acct, id string) ([]ended, error) {
	return deleteSessions(ctx, q, `DELETE FROM agents.sessions WHERE account = $1 AND id = $2 RETURNING id, account`, acct, id)
}

// endSurplus deletes all but the sessions seen last.
func endSurplus(ctx context.Context, q pg.Querier, acct string, keep int) ([]ended, error) {
	return deleteSessions(ctx, q, `
		DELETE FROM agents.sessions WHERE id IN (
			SELECT id FROM agents.sessions WHERE account = $1 ORDER BY seen_at DESC, id DESC OFFSET $2)
		RETURNING id, account`, acct, keep)
}

// endOld deletes the sessions that have expired.
func endOld(ctx context.Context, q pg.Querier, now time.Time) ([]ended, error) {
	return deleteSessions(ctx, q, `DELETE FROM agents.sessions WHERE expires_at <= $1 OR seen_at <= $2 RETURNING id, account`,
		now, now.Add(-sessionIdle))
}

func deleteSessions(ctx context.Context, q pg.Querier, sql string, args ...any) ([]ended, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[ended])
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", pg.Map(err))
	}
	return list, nil
}

// keepPresent marks the session that each of the agents used last as seen: an
// open console is use, also when it makes no request for a while.
func keepPresent(ctx context.Context, q pg.Querier, agents []string, now time.Time) error {
	_, err := q.Exec(ctx, `
		UPDATE agents.sessions SET seen_at = $2 WHERE id IN (
			SELECT DISTINCT ON (account) id FROM agents.sessions WHERE account = any($1) ORDER BY account, seen_at DESC)
		AND seen_at < $2 AND seen_at > $3`, agents, now, now.Add(-sessionIdle))
	if err != nil {
		return fmt.Errorf("keep the sessions of open consoles: %w", pg.Map(err))
	}
	return nil
}
