package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMapOfWhatTheServerSays(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	for _, test := range []struct {
		name, sql string
		want      errs.Code
	}{
		{"taken", "INSERT INTO accounts.accounts VALUES (3, 'a@example.com', 1)", errs.Conflict},
		{"check", "UPDATE accounts.accounts SET balance = -1 WHERE id = 1", errs.Invalid},
		{"reference", "UPDATE accounts.accounts SET parent = 99 WHERE id = 1", errs.Invalid},
		{"null", "UPDATE accounts.accounts SET email = NULL WHERE id = 1", errs.Invalid},
		{"not a number", "UPDATE accounts.accounts SET balance = 'x'::text::int WHERE id = 1", errs.Invalid},
		{"zero byte", "SELECT convert_from('\\x00', 'UTF8')", errs.Invalid},
		{"unknown table", "SELECT 1 FROM accounts.nothing", errs.Internal},
		{"too many connections", "DO $$ BEGIN RAISE too_many_connections; END $$", errs.Busy},
		{"shutting down", "DO $$ BEGIN RAISE admin_shutdown; END $$", errs.Busy},
		{"serialization", "DO $$ BEGIN RAISE serialization_failure; END $$", errs.Busy},
		{"cancelled", "DO $$ BEGIN RAISE query_canceled; END $$", errs.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := db.Exec(t.Context(), test.sql)
			require.Error(t, err)
			mapped := pg.Map(fmt.Errorf("saving: %w", err))
			require.Equal(t, test.want, errs.CodeOf(mapped), "%v", err)
			require.ErrorIs(t, mapped, err, "the cause stays")
			if e, ok := errors.AsType[*errs.Error](mapped); ok {
				require.NotContains(t, e.Message, "accounts", "names of tables are not for users")
				require.Equal(t, test.want == errs.Busy, e.RetryAfter > 0)
			}
		})
	}
}

func TestIsUnique(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	_, err := db.Exec(t.Context(), "INSERT INTO accounts.accounts VALUES (3, 'a@example.com', 1)")
	mapped := pg.Map(err)
	require.True(t, pg.IsUnique(mapped, "accounts_email"))
	require.True(t, pg.IsUnique(err, ""))
	require.False(t, pg.IsUnique(mapped, "accounts_pkey"))
	_, err = db.Exec(t.Context(), "UPDATE accounts.accounts SET balance = -1 WHERE id = 1")
	require.False(t, pg.IsUnique(err, ""))
	require.False(t, pg.IsUnique(nil, ""))
}

func TestMapOfEverythingElse(t *testing.T) {
	t.Parallel()
	coded := errs.New(errs.Forbidden, "no")
	plain := errors.New("plain")
	for _, test := range []struct {
		name string
		err  error
		want errs.Code
	}{
		{"nil", nil, ""},
		{"no rows", fmt.Errorf("finding: %w", pgx.ErrNoRows), errs.NotFound},
		{"coded", fmt.Errorf("finding: %w", coded), errs.Forbidden},
		{"plain", plain, errs.Internal},
		{"refused", &pgconn.ConnectError{}, errs.Busy},
		{"cut off", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), errs.Busy},
		{"cancelled", context.Canceled, errs.Internal},
		{"too late", context.DeadlineExceeded, errs.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapped := pg.Map(test.err)
			require.Equal(t, test.want, errs.CodeOf(mapped))
			require.ErrorIs(t, mapped, test.err)
		})
	}
}

func TestMapOfALostConnection(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	conn, err := db.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
	require.True(t, errs.Is(pg.Map(err), errs.Busy), "%v", err)
	_, err = conn.Exec(t.Context(), "SELECT 1")
	require.True(t, errs.Is(pg.Map(err), errs.Busy), "%v", err)
}
