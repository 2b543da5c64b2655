package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// keptVersions is how many versions of the intents can be gone back to.
const keptVersions = 50

// IntentVersion is the intents after one change of them.
type IntentVersion struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Author  string    `json:"author"` // "" for the program itself
	Change  string    `json:"change"`
	Count   int       `json:"count"` // of intents
}

// keepVersion writes down the intents as they are now.
func keepVersion(ctx context.Context, tx pgx.Tx, version int64, e edit, at time.Time) error {
	list, err := allIntents(ctx, tx)
	if err != nil {
		return err
	}
	if list == nil {
		list = []Intent{}
	}
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode the intents: %w", err)
	}
	const insert = `INSERT INTO bot.intent_versions (version, at, author, change, count, intents) VALUES ($1, $2, $3, $4, $5, $6)`
	if _, err := tx.Exec(ctx, insert, version, at, e.author, e.change, len(list), body); err != nil {
		return fmt.Errorf("keep a version of the intents: %w", err)
	}
	const forget = `DELETE FROM bot.intent_versions WHERE version <= (SELECT version FROM bot.intent_versions ORDER BY version DESC OFFSET $1 LIMIT 1)`
	if _, err := tx.Exec(ctx, forget, keptVersions); err != nil {
		return fmt.Errorf("forget old versions of the intents: %w", err)
	}
	return nil
}

// IntentVersions lists the last versions of the intents, newest first.
func (s *Service) IntentVersions(ctx context.Context) ([]IntentVersion, error) {
	rows, err := s.db.Query(ctx, `SELECT version, at, author, change, count FROM bot.intent_versions ORDER BY version DESC`)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list versions of the intents: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[IntentVersion])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list versions of the intents: %w", err))
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, nil
}

// RestoreIntents makes the intents what they were in a version, as a new
// version; errs.NotFound when it is not kept any more.
func (s *Service) RestoreIntents(ctx context.Context, author string, version int64) error {
	list, err := s.intentsOf(ctx, version)
	if err != nil {
		return err
	}
	return s.changeIntents(ctx, edit{author, fmt.Sprintf("version %d restored", version)}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM bot.intents`); err != nil {
			return fmt.Errorf("restore intents: %w", err)
		}
		return replaceIntents(ctx, tx, list, nil)
	})
}

// intentsOf returns the intents of a version; errs.NotFound when it is not kept
// any more.
func (s *Service) intentsOf(ctx context.Context, version int64) ([]Intent, error) {
	var body []byte
	err := s.db.QueryRow(ctx, `SELECT intents FROM bot.intent_versions WHERE version = $1`, version).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errs.New(errs.NotFound, "version %d of the intents is not kept; the last %d are", version, keptVersions)
	}
	if err != nil {
		return nil, pg.Map(fmt.Errorf("read a version of the intents: %w", err))
	}
	var list []Intent
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("read version %d of the intents: %w", version, err)
	}
	return list, nil
}
