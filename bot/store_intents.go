package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/pg"
)

// maxIntents bounds what one model learns.
const maxIntents = 1000

const intentQuery = `
SELECT i.id, i.name, i.description, i.answer_markdown, i.skills, i.choices, i.enabled, i.inboxes, i.updated_at,
       coalesce((SELECT jsonb_agg(e.text ORDER BY e.position) FROM bot.examples e WHERE e.intent = i.id), '[]')
FROM bot.intents i`

func scanIntent(row pgx.CollectableRow) (Intent, error) {
	i := Intent{Skills: map[string]int{}, Choices: []event.Choice{}, Examples: []string{}, InboxIDs: []string{}}
	err := row.Scan(&i.ID, &i.Name, &i.Description, &i.Answer, &i.Skills, &i.Choices, &i.Enabled, &i.InboxIDs, &i.UpdatedAt, &i.Examples)
	return i, err
}

// allIntents returns the intents in the order of their ids, which the training
// depends on.
func allIntents(ctx context.Context, q pg.Querier) ([]Intent, error) {
	rows, err := q.Query(ctx, intentQuery+` ORDER BY i.id`)
	if err != nil {
		return nil, fmt.Errorf("list intents: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanIntent)
	if err != nil {
		return nil, fmt.Errorf("list intents: %w", err)
	}
	return list, nil
}

// findIntent returns the intent, or pgx.ErrNoRows.
func findIntent(ctx context.Context, q pg.Querier, id string) (Intent, error) {
	rows, err := q.Query(ctx, intentQuery+` WHERE i.id = $1`, id)
	if err != nil {
		return Intent{}, fmt.Errorf("find intent: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanIntent)
	if err != nil {
		return Intent{}, fmt.Errorf("find intent: %w", err)
	}
	return i, nil
}

// saveIntent inserts or replaces the intent and its examples.
func saveIntent(ctx context.Context, q pg.Querier, i *Intent) error {
	skills, err := json.Marshal(i.Skills)
	if err != nil {
		return fmt.Errorf("encode skills: %w", err)
	}
	choices, err := json.Marshal(i.Choices)
	if err != nil {
		return fmt.Errorf("encode choices: %w", err)
	}
	_, err = q.Exec(ctx, `
INSERT INTO bot.intents AS i (id, name, description, answer_markdown, skills, choices, enabled, inboxes, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, answer_markdown = excluded.answer_markdown,
    skills = excluded.skills, choices = excluded.choices, enabled = excluded.enabled, inboxes = excluded.inboxes,
    updated_at = excluded.updated_at`,
		i.ID, i.Name, i.Description, i.Answer, skills, choices, i.Enabled, i.InboxIDs, i.UpdatedAt)
	if pg.IsUnique(err, "intents_name") {
		return errs.Wrap(err, errs.Conflict, "there is an intent of that name already; choose another")
	}
	if err != nil {
		return fmt.Errorf("save intent: %w", err)
	}
	if _, err := q.Exec(ctx, `DELETE FROM bot.examples WHERE intent = $1`, i.ID); err != nil {
		return fmt.Errorf("replace examples: %w", err)
	}
	if _, err := q.Exec(ctx, `
INSERT INTO bot.examples (intent, position, text) SELECT $1, n, t FROM unnest($2::text[]) WITH ORDINALITY AS e (t, n)`, i.ID, i.Examples); err != nil {
		return fmt.Errorf("save examples: %w", err)
	}
	return nil
}

// deleteIntent reports whether there was one.
func deleteIntent(ctx context.Context, q pg.Querier, id string) (bool, error) {
	tag, err := q.Exec(ctx, `DELETE FROM bot.intents WHERE id = $1`, id)
	if err != nil {
		return false, fmt.Errorf("delete intent: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

func countIntents(ctx context.Context, q pg.Querier) (int, error) {
	var n int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM bot.intents`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count intents: %w", err)
	}
	return n, nil
}

func intentVersion(ctx context.Context, q pg.Querier) (int64, error) {
	var v int64
	if err := q.QueryRow(ctx, `SELECT version FROM bot.version`).Scan(&v); err != nil {
		return 0, fmt.Errorf("read the version of the intents: %w", err)
	}
	return v, nil
}

// raiseVersion says that the intents have changed and returns their new version.
// It also makes transactions that change them wait for each other.
func raiseVersion(ctx context.Context, q pg.Querier) (int64, error) {
	var v int64
	if err := q.QueryRow(ctx, `UPDATE bot.version SET version = version + 1 RETURNING version`).Scan(&v); err != nil {
		return 0, fmt.Errorf("raise the version of the intents: %w", err)
	}
	return v, nil
}
