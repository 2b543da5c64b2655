package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/pg"
)

const replayColumns = `id, created_at, created_by, from_at, to_at, inboxes, people, model, version, intents, bot, state, error, conversations, truncated, finished_at`

func scanReplay(row pgx.CollectableRow) (Replay, error) {
	r := Replay{Counts: map[Verdict]int{}}
	err := row.Scan(&r.ID, &r.CreatedAt, &r.CreatedBy, &r.From, &r.To, &r.Inboxes, &r.People, &r.Model, &r.Version, &r.Intents, &r.Name, &r.State, &r.Error,
		&r.Conversations, &r.Truncated, &r.FinishedAt)
	return r, err
}

func insertReplay(ctx context.Context, q pg.Querier, r *Replay) error {
	_, err := q.Exec(ctx, `
INSERT INTO bot.replays (id, created_at, created_by, from_at, to_at, inboxes, people, model, version, intents, bot, state, beat_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $2)`,
		r.ID, r.CreatedAt, r.CreatedBy, r.From, r.To, orEmpty(r.Inboxes), r.People, r.Model, r.Version, r.Intents, r.Name, r.State)
	if err != nil {
		return pg.Map(fmt.Errorf("store replay: %w", err))
	}
	return nil
}

// claimReplay takes the oldest report that waits, after giving up those whose
// process gave no sign of life since stale.
func claimReplay(ctx context.Context, q pg.Querier, now, stale time.Time) (Replay, bool, error) {
	_, err := q.Exec(ctx, `
UPDATE bot.replays SET state = 'failed', error = 'the process that made it has ended; start it again', finished_at = $1 WHERE state = 'running' AND beat_at < $2`, now, stale)
	if err != nil {
		return Replay{}, false, fmt.Errorf("give up replays: %w", err)
	}
	rows, err := q.Query(ctx, `
UPDATE bot.replays SET state = 'running', beat_at = $1
WHERE id = (SELECT id FROM bot.replays WHERE state = 'waiting' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING `+replayColumns, now)
	if err != nil {
		return Replay{}, false, fmt.Errorf("claim replay: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanReplay)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// addReplayRows stores rows and a sign of life.
func addReplayRows(ctx context.Context, db *pg.DB, r *Replay, rows []ReplayRow, now time.Time) error {
	err := db.InTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"bot", "replay_rows"}, []string{"replay", "position", "conv", "inbox", "verdict", "body"},
			pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
				body, err := json.Marshal(&rows[i])
				return []any{r.ID, rows[i].Position, rows[i].Conversation, rows[i].Inbox, string(rows[i].Verdict), body}, err
			}))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE bot.replays SET conversations = $2, truncated = $3, beat_at = $4 WHERE id = $1`, r.ID, r.Conversations, r.Truncated, now)
		return err
	})
	if err != nil {
		return pg.Map(fmt.Errorf("store replayed messages: %w", err))
	}
	return nil
}

func finishReplay(ctx context.Context, q pg.Querier, r *Replay) error {
	_, err := q.Exec(ctx, `UPDATE bot.replays SET state = $2, error = $3, conversations = $4, truncated = $5, finished_at = $6 WHERE id = $1`,
		r.ID, r.State, r.Error, r.Conversations, r.Truncated, r.FinishedAt)
	if err != nil {
		return pg.Map(fmt.Errorf("finish replay: %w", err))
	}
	return nil
}

// visibleReplay is the condition that the viewer may see a report: one that is
// not about other inboxes alone. $1 is the viewer's inboxes, NULL for all.
const visibleReplay = `($1::text[] IS NULL OR inboxes = '{}' OR inboxes && $1::text[])`

// Replays lists the reports that the viewer may see, the newest first.
func (s *Service) Replays(ctx context.Context, v auth.Viewer) ([]Replay, error) {
	const most = 100
	rows, err := s.db.Query(ctx, `SELECT `+replayColumns+` FROM bot.replays WHERE `+visibleReplay+` ORDER BY created_at DESC LIMIT $2`, v.Inboxes, most)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list replays: %w", err))
	}
	list, err := pgx.CollectRows(rows, scanReplay)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("read replays: %w", err))
	}
	return list, countReplays(ctx, s.db, v, list)
}

// FindReplay returns a report that the viewer may see, or errs.NotFound.
func (s *Service) FindReplay(ctx context.Context, v auth.Viewer, id string) (Replay, error) {
	rows, err := s.db.Query(ctx, `SELECT `+replayColumns+` FROM bot.replays WHERE `+visibleReplay+` AND id = $2`, v.Inboxes, id)
	if err != nil {
		return Replay{}, pg.Map(fmt.Errorf("find replay: %w", err))
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanReplay)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, errs.Wrap(err, errs.NotFound, "there is no such report")
	}
	if err != nil {
		return r, pg.Map(fmt.Errorf("read replay: %w", err))
	}
	one := []Replay{r}
	err = countReplays(ctx, s.db, v, one)
	return one[0], err
}

// countReplays counts the messages of each report that the viewer may see.
func countReplays(ctx context.Context, q pg.Querier, v auth.Viewer, list []Replay) error {
	at := make(map[string]int, len(list))
	all := make([]string, len(list))
	for i := range list {
		at[list[i].ID], all[i] = i, list[i].ID
	}
	rows, err := q.Query(ctx, `
SELECT replay, verdict, count(*) FROM bot.replay_rows WHERE replay = ANY($2) AND ($1::text[] IS NULL OR inbox = ANY($1)) GROUP BY replay, verdict`, v.Inboxes, all)
	if err != nil {
		return pg.Map(fmt.Errorf("count replayed messages: %w", err))
	}
	var replay string
	var verdict Verdict
	var n int
	_, err = pgx.ForEachRow(rows, []any{&replay, &verdict, &n}, func() error {
		list[at[replay]].Counts[verdict] = n
		return nil
	})
	return pg.Map(err)
}

// ReplayRows returns at most limit messages of a report behind a position that
// the viewer may see, of one verdict or of all for "".
func (s *Service) ReplayRows(ctx context.Context, v auth.Viewer, id string, verdict Verdict, after, limit int) ([]ReplayRow, error) {
	rows, err := s.db.Query(ctx, `
SELECT body FROM bot.replay_rows
WHERE replay = $2 AND ($3 = '' OR verdict = $3) AND position > $4 AND ($1::text[] IS NULL OR inbox = ANY($1)) ORDER BY position LIMIT $5`,
		v.Inboxes, id, string(verdict), after, limit)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list replayed messages: %w", err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ReplayRow, err error) {
		var body []byte
		if err := row.Scan(&body); err != nil {
			return r, err
		}
		return r, json.Unmarshal(body, &r)
	})
	if err != nil {
		return nil, pg.Map(fmt.Errorf("read replayed messages: %w", err))
	}
	return list, nil
}

// DeleteReplay forgets a report that the viewer may see, or answers
// errs.NotFound.
func (s *Service) DeleteReplay(ctx context.Context, v auth.Viewer, id string) error {
	tag, err := s.db.Exec(ctx, `DELETE FROM bot.replays WHERE `+visibleReplay+` AND id = $2`, v.Inboxes, id)
	if err != nil {
		return pg.Map(fmt.Errorf("delete replay: %w", err))
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such report")
	}
	return nil
}

// deleteOldReplays forgets reports that were made before.
func deleteOldReplays(ctx context.Context, q pg.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM bot.replays WHERE created_at < $1`, before); err != nil {
		return fmt.Errorf("delete old replays: %w", err)
	}
	return nil
}
