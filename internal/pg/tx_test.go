package pg_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/internal/pg"
	"parley/internal/testkit"
)

// accounts is a schema with constraints of each kind.
func accounts() testkit.Schema {
	return testkit.Schema{Name: "accounts", Files: fstest.MapFS{"0001_init.sql": {Data: []byte(`-- +goose Up
CREATE TABLE accounts.accounts (
	id      bigint PRIMARY KEY,
	email   text NOT NULL CONSTRAINT accounts_email UNIQUE,
	balance int NOT NULL CONSTRAINT accounts_balance CHECK (balance >= 0),
	parent  bigint REFERENCES accounts.accounts (id)
);
INSERT INTO accounts.accounts VALUES (1, 'a@example.com', 100), (2, 'b@example.com', 100);
`)}}}
}

func balance(t *testing.T, q pg.Querier, id int) int {
	t.Helper()
	var n int
	require.NoError(t, q.QueryRow(t.Context(), "SELECT balance FROM accounts.accounts WHERE id = $1", id).Scan(&n))
	return n
}

func add(ctx context.Context, q pg.Querier, id, amount int) error {
	_, err := q.Exec(ctx, "UPDATE accounts.accounts SET balance = balance + $2 WHERE id = $1", id, amount)
	return err
}

func TestInTxCommitsOrRollsBack(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	require.NoError(t, db.InTx(t.Context(), func(tx pgx.Tx) error { return add(t.Context(), tx, 1, 5) }))
	require.Equal(t, 105, balance(t, db, 1))

	mine := errors.New("changed my mind")
	err := db.InTx(t.Context(), func(tx pgx.Tx) error {
		return errors.Join(add(t.Context(), tx, 1, 5), mine)
	})
	require.ErrorIs(t, err, mine)
	require.Equal(t, 105, balance(t, db, 1))

	require.PanicsWithValue(t, "broken", func() {
		_ = db.InTx(t.Context(), func(tx pgx.Tx) error {
			require.NoError(t, add(t.Context(), tx, 1, 5))
			panic("broken")
		})
	})
	require.Equal(t, 105, balance(t, db, 1))
	require.Zero(t, db.Stat().AcquiredConns(), "a panic must give the connection back")
}

func TestInTxRollsBackWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, func(tx pgx.Tx) error {
		err := add(ctx, tx, 1, 5)
		cancel()
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 100, balance(t, db, 1))
}

func TestInTxRepeatsAfterDeadlock(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	var runs atomic.Int32
	both := make(chan struct{}) // closed when each holds the row that the other wants
	transfer := func(from, to int) func() error {
		return func() error {
			return db.InTx(t.Context(), func(tx pgx.Tx) error {
				if err := add(t.Context(), tx, from, -10); err != nil {
					return err
				}
				if runs.Add(1) == 2 {
					close(both)
				}
				<-both
				return add(t.Context(), tx, to, 10)
			})
		}
	}
	var g errgroup.Group
	g.Go(transfer(1, 2))
	g.Go(transfer(2, 1))
	require.NoError(t, g.Wait())
	require.EqualValues(t, 3, runs.Load(), "one of them was a victim and ran again")
	require.Equal(t, 100, balance(t, db, 1))
	require.Equal(t, 100, balance(t, db, 2))
}

func TestInTxGivesUpAfterThreeRepeats(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, accounts())
	runs := 0
	err := db.InTx(t.Context(), func(tx pgx.Tx) error {
		runs++
		_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE serialization_failure; END $$")
		return err
	})
	require.Error(t, err)
	require.Equal(t, 4, runs)
}
