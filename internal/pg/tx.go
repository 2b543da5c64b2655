package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	txAttempts      = 4 // the first and three more
	txRetryDelay    = 5 * time.Millisecond
	rollbackTimeout = 5 * time.Second
)

// InTx runs fn in a transaction: committed when fn returns nil, rolled back when
// it returns an error or panics. After a serialization failure or a deadlock the
// whole fn is run again, up to three times, so it must not keep state of an
// earlier run. fn's error is returned as it is; use Map on it at the border.
func (db *DB) InTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	var err error
	for attempt := range txAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return err
			case <-time.After(rand.N(txRetryDelay << attempt)): //nolint:gosec // jitter, not a secret
			}
		}
		if err = db.once(ctx, fn); !isRepeatable(err) {
			return err
		}
	}
	return err
}

func (db *DB) once(ctx context.Context, fn func(tx pgx.Tx) error) (err error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	// After a commit this does nothing. It must reach the server although ctx may
	// have ended, else the connection is thrown away.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		if rerr := tx.Rollback(ctx); rerr != nil && !errors.Is(rerr, pgx.ErrTxClosed) && err != nil {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rerr))
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}
