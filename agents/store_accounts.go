package agents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/pg"
)

const accountColumns = `id, email, name, role, password, languages, capacity, inboxes, disabled, created_at`

// profiles returns accounts with their teams and skills, by name; of the ids,
// or of everybody for nil.
func profiles(ctx context.Context, q pg.Querier, ids []string, disabledToo bool) ([]event.AgentProfile, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.name, a.email, a.role, a.languages, a.capacity, a.inboxes, a.disabled,
			array(SELECT m.team FROM agents.memberships m WHERE m.account = a.id ORDER BY m.team) AS teams,
			coalesce((SELECT jsonb_object_agg(s.skill, s.level) FROM agents.account_skills s WHERE s.account = a.id), '{}') AS skills
		FROM agents.accounts a
		WHERE ($1::text[] IS NULL OR a.id = any($1)) AND ($2 OR NOT a.disabled)
		ORDER BY lower(a.name), a.id`, ids, disabledToo)
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", pg.Map(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[event.AgentProfile])
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", pg.Map(err))
	}
	return list, nil
}

// profile returns one account, disabled or not.
func profile(ctx context.Context, q pg.Querier, id string) (event.AgentProfile, error) {
	list, err := profiles(ctx, q, []string{id}, true)
	if err != nil {
		return event.AgentProfile{}, err
	}
	if len(list) == 0 {
		return event.AgentProfile{}, errNoAgent()
	}
	return list[0], nil
}

func errNoAgent() error { return errs.New(errs.NotFound, "there is no such agent") }

// lockAccount returns the account, locked until the transaction ends.
func lockAccount(ctx context.Context, q pg.Querier, id string) (account, error) {
	return oneAccount(ctx, q, `SELECT `+accountColumns+` FROM agents.accounts WHERE id = $1 FOR UPDATE`, id)
}

func accountByID(ctx context.Context, q pg.Querier, id string) (account, error) {
	return oneAccount(ctx, q, `SELECT `+accountColumns+` FROM agents.accounts WHERE id = $1`, id)
}

func accountByEmail(ctx context.Context, q pg.Querier, email string) (account, error) {
	return oneAccount(ctx, q, `SELECT `+accountColumns+` FROM agents.accounts WHERE email = $1`, email)
}

func oneAccount(ctx context.Context, q pg.Querier, sql, arg string) (account, error) {
	rows, err := q.Query(ctx, sql, arg)
	if err != nil {
		return account{}, fmt.Errorf("read an account: %w", pg.Map(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[account])
	if err = pg.Map(err); errs.Is(err, errs.NotFound) {
		return account{}, errNoAgent()
	}
	if err != nil {
		return account{}, fmt.Errorf("read an account: %w", err)
	}
	return a, nil
}

func insertAccount(ctx context.Context, q pg.Querier, a account) error {
	_, err := q.Exec(ctx, `INSERT INTO agents.accounts (`+accountColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, a.row()...)
	return accountError(err)
}

func updateAccount(ctx context.Context, q pg.Querier, a account) error {
	_, err := q.Exec(ctx, `
		UPDATE agents.accounts SET email = $2, name = $3, role = $4, password = $5, languages = $6, capacity = $7, inboxes = $8,
			disabled = $9, created_at = $10
		WHERE id = $1`, a.row()...)
	return accountError(err)
}

func (a *account) row() []any {
	languages := a.Languages
	if languages == nil {
		languages = []string{}
	}
	return []any{a.ID, a.Email, a.Name, a.Role, a.Password, languages, a.Capacity, a.Inboxes, a.Disabled, a.CreatedAt}
}

func accountError(err error) error {
	if pg.IsUnique(err, "accounts_email_key") {
		return errs.Wrap(err, errs.Conflict, "there is an account with this e-mail address already")
	}
	if err != nil {
		return fmt.Errorf("save an account: %w", pg.Map(err))
	}
	return nil
}

// deleteAccount removes the account with all that hangs on it.
func deleteAccount(ctx context.Context, q pg.Querier, id string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.canned WHERE owner = $1`, id); err != nil {
		return fmt.Errorf("delete the canned responses of %s: %w", id, pg.Map(err))
	}
	if _, err := q.Exec(ctx, `DELETE FROM agents.accounts WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete account %s: %w", id, pg.Map(err))
	}
	return nil
}

// adminsBut counts the admins who can sign in, short of one account. Whoever
// asks holds a lock, so that two admins who remove each other at once do not
// both count the other.
func adminsBut(ctx context.Context, q pg.Querier, id string) (int, error) {
	if err := lockAdmins(ctx, q); err != nil {
		return 0, err
	}
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM agents.accounts WHERE role = $1 AND NOT disabled AND id <> $2`, auth.RoleAdmin, id).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count admins: %w", pg.Map(err))
	}
	return n, nil
}

func hasAdmin(ctx context.Context, q pg.Querier) (bool, error) {
	var found bool
	err := q.QueryRow(ctx, `SELECT exists (SELECT FROM agents.accounts WHERE role = $1 AND NOT disabled)`, auth.RoleAdmin).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for an admin: %w", pg.Map(err))
	}
	return found, nil
}

func lockAdmins(ctx context.Context, q pg.Querier) error {
	if _, err := q.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('agents.admins', 0))`); err != nil {
		return fmt.Errorf("lock the admins: %w", pg.Map(err))
	}
	return nil
}

// setSkills replaces the account's skills. An unknown skill is invalid.
func setSkills(ctx context.Context, q pg.Querier, id string, skills map[string]int) error {
	names := slices.Sorted(maps.Keys(skills))
	levels := make([]int, len(names))
	for i, name := range names {
		levels[i] = skills[name]
	}
	if _, err := q.Exec(ctx, `DELETE FROM agents.account_skills WHERE account = $1`, id); err != nil {
		return fmt.Errorf("replace skills: %w", pg.Map(err))
	}
	_, err := q.Exec(ctx, `
		INSERT INTO agents.account_skills (account, skill, level) SELECT $1, s.name, s.level FROM unnest($2::text[], $3::int[]) AS s (name, level)`,
		id, names, levels)
	if refersToNothing(err) {
		return errs.Field("skills", "must exist; add the skill first")
	}
	if err != nil {
		return fmt.Errorf("replace skills: %w", pg.Map(err))
	}
	return nil
}

// setTeams replaces the teams of the account. An unknown team is invalid.
func setTeams(ctx context.Context, q pg.Querier, id string, teams []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM agents.memberships WHERE account = $1`, id); err != nil {
		return fmt.Errorf("replace teams: %w", pg.Map(err))
	}
	_, err := q.Exec(ctx, `INSERT INTO agents.memberships (account, team) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, id, teams)
	if refersToNothing(err) {
		return errs.Field("teams", "must be ids of teams")
	}
	if err != nil {
		return fmt.Errorf("replace teams: %w", pg.Map(err))
	}
	return nil
}

// refersToNothing reports whether err says that a referenced row is missing.
func refersToNothing(err error) bool {
	const foreignKeyViolation = "23503" // SQLSTATE
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == foreignKeyViolation
}
