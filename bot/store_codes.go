package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// sentCode is a one-time code as it is counted.
type sentCode struct {
	Conv    string
	Seq     uint64
	Address []byte // keyed hash of the mailbox
	At      time.Time
}

// bookCode counts the code unless a limit is reached, which it then returns: ""
// is none. One that was counted before, by an earlier try at the same decision,
// is counted no second time. Processes take turns, so that a limit holds exactly.
func bookCode(ctx context.Context, db *pg.DB, c *sentCode, limits codeLimits) (reached string, err error) {
	err = db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('bot.codes'))`); err != nil {
			return fmt.Errorf("wait for the counts of codes: %w", err)
		}
		var again bool
		var conv, hour, day, all int
		err := tx.QueryRow(ctx, `
SELECT EXISTS (SELECT FROM bot.codes WHERE conv = $1 AND seq = $2),
	(SELECT count(*) FROM bot.codes WHERE conv = $1),
	(SELECT count(*) FROM bot.codes WHERE address = $3 AND at > $4::timestamptz - interval '1 hour'),
	(SELECT count(*) FROM bot.codes WHERE address = $3 AND at > $4::timestamptz - interval '1 day'),
	(SELECT count(*) FROM bot.codes WHERE at > $4::timestamptz - interval '1 hour')`,
			c.Conv, int64(c.Seq), c.Address, c.At).Scan(&again, &conv, &hour, &day, &all) //nolint:gosec // a stream ends long before 2^63
		if err != nil {
			return fmt.Errorf("count codes: %w", err)
		}
		if again {
			return nil
		}
		if reached = limits.reached(conv, hour, day, all); reached != "" {
			return nil
		}
		if _, err := tx.Exec(ctx, `INSERT INTO bot.codes (conv, seq, address, at) VALUES ($1, $2, $3, $4)`, c.Conv, int64(c.Seq), c.Address, c.At); err != nil { //nolint:gosec // likewise
			return fmt.Errorf("count a code: %w", err)
		}
		return nil
	})
	return reached, err
}

// deleteOldCodes forgets codes that no limit counts any more.
func deleteOldCodes(ctx context.Context, q pg.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM bot.codes WHERE at < $1`, before); err != nil {
		return fmt.Errorf("delete old codes: %w", err)
	}
	return nil
}
