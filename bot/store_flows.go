package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/bot/flow"
	"parley/internal/errs"
	"parley/internal/pg"
)

// Guide is a flow as its authors see it: the draft, and what became of it.
type Guide struct {
	flow.Flow
	Published int       `json:"published"` // version that new conversations get; 0 for none
	Changed   bool      `json:"changed"`   // the draft differs from it in more than being enabled
	UpdatedAt time.Time `json:"updated_at"`
}

// Being enabled belongs to the flow and not to a version of it.
const guideQuery = `
SELECT f.id, f.draft, f.version, f.published, f.updated_at, v.definition - 'version' - 'enabled' IS DISTINCT FROM f.draft - 'version' - 'enabled'
FROM bot.flows f LEFT JOIN bot.flow_versions v ON v.flow = f.id AND v.version = f.published`

func scanGuide(row pgx.CollectableRow) (Guide, error) {
	var g Guide
	var id string
	var version int
	var draft []byte
	if err := row.Scan(&id, &draft, &version, &g.Published, &g.UpdatedAt, &g.Changed); err != nil {
		return g, err
	}
	if err := json.Unmarshal(draft, &g.Flow); err != nil {
		return g, fmt.Errorf("read the flow %s: %w", id, err)
	}
	g.ID, g.Version, g.UpdatedAt = id, version, g.UpdatedAt.UTC()
	return g, nil
}

func allGuides(ctx context.Context, q pg.Querier) ([]Guide, error) {
	rows, err := q.Query(ctx, guideQuery+` ORDER BY lower(f.name)`)
	if err != nil {
		return nil, fmt.Errorf("list flows: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanGuide)
	if err != nil {
		return nil, fmt.Errorf("list flows: %w", err)
	}
	return list, nil
}

// findGuide returns the flow, or pgx.ErrNoRows. lock keeps others from changing
// it until the transaction ends.
func findGuide(ctx context.Context, q pg.Querier, id string, lock bool) (Guide, error) {
	query := guideQuery + ` WHERE f.id = $1`
	if lock {
		query += ` FOR UPDATE OF f`
	}
	rows, err := q.Query(ctx, query, id)
	if err != nil {
		return Guide{}, fmt.Errorf("find flow: %w", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanGuide)
	if err != nil {
		return Guide{}, fmt.Errorf("find flow: %w", err)
	}
	return g, nil
}

func saveGuide(ctx context.Context, q pg.Querier, g *Guide) error {
	draft, err := json.Marshal(g.Flow)
	if err != nil {
		return fmt.Errorf("encode flow: %w", err)
	}
	_, err = q.Exec(ctx, `
INSERT INTO bot.flows AS f (id, name, draft, version, published, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, draft = excluded.draft, version = excluded.version,
    published = excluded.published, updated_at = excluded.updated_at`, g.ID, g.Name, draft, g.Version, g.Published, g.UpdatedAt)
	if pg.IsUnique(err, "flows_name") {
		return errs.Wrap(err, errs.Conflict, "there is a flow of that name already; choose another")
	}
	if err != nil {
		return fmt.Errorf("save flow: %w", err)
	}
	return nil
}

// deleteGuide reports whether there was one.
func deleteGuide(ctx context.Context, q pg.Querier, id string) (bool, error) {
	tag, err := q.Exec(ctx, `DELETE FROM bot.flows WHERE id = $1`, id)
	if err != nil {
		return false, fmt.Errorf("delete flow: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

func countGuides(ctx context.Context, q pg.Querier) (int, error) {
	var n int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM bot.flows`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count flows: %w", err)
	}
	return n, nil
}

// Release is a published version of a flow.
type Release struct {
	Version int       `json:"version"`
	At      time.Time `json:"published_at"`
	By      string    `json:"published_by"` // id of the account
	Note    string    `json:"note"`         // what has changed, in the author's words
	Live    bool      `json:"live"`         // new conversations get it
}

func releasesOf(ctx context.Context, q pg.Querier, id string) ([]Release, error) {
	rows, err := q.Query(ctx, `
SELECT v.version, v.published_at, v.published_by, v.note, v.version = f.published
FROM bot.flow_versions v JOIN bot.flows f ON f.id = v.flow WHERE v.flow = $1 ORDER BY v.version DESC LIMIT 200`, id)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Release, error) {
		var r Release
		err := row.Scan(&r.Version, &r.At, &r.By, &r.Note, &r.Live)
		r.At = r.At.UTC()
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	return list, nil
}

func saveRelease(ctx context.Context, q pg.Querier, f *flow.Flow, r *Release) error {
	definition, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode flow: %w", err)
	}
	_, err = q.Exec(ctx, `
INSERT INTO bot.flow_versions (flow, version, definition, published_at, published_by, note) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (flow, version) DO NOTHING`, f.ID, f.Version, definition, r.At, r.By, r.Note)
	if err != nil {
		return fmt.Errorf("save version: %w", err)
	}
	return nil
}

// findRelease returns the definition that was published as the version, or
// pgx.ErrNoRows.
func findRelease(ctx context.Context, q pg.Querier, id string, version int) (*flow.Flow, error) {
	var definition []byte
	err := q.QueryRow(ctx, `SELECT definition FROM bot.flow_versions WHERE flow = $1 AND version = $2`, id, version).Scan(&definition)
	if err != nil {
		return nil, fmt.Errorf("find version: %w", err)
	}
	return readRelease(definition, id, version)
}

func readRelease(definition []byte, id string, version int) (*flow.Flow, error) {
	var f flow.Flow
	if err := json.Unmarshal(definition, &f); err != nil {
		return nil, fmt.Errorf("read version %d of the flow %s: %w", version, id, err)
	}
	f.ID, f.Version = id, version
	return &f, nil
}

// liveFlows returns the versions that new conversations get, in the order of
// their ids, which decides between two that the same starts.
func liveFlows(ctx context.Context, q pg.Querier) ([]*flow.Flow, error) {
	rows, err := q.Query(ctx, `
SELECT v.flow, v.version, v.definition, COALESCE((f.draft->'enabled')::boolean, false) FROM bot.flows f JOIN bot.flow_versions v ON v.flow = f.id AND v.version = f.published ORDER BY f.id`)
	if err != nil {
		return nil, fmt.Errorf("list published flows: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*flow.Flow, error) {
		var id string
		var version int
		var definition []byte
		var enabled bool
		if err := row.Scan(&id, &version, &definition, &enabled); err != nil {
			return nil, err
		}
		f, err := readRelease(definition, id, version)
		if err != nil {
			return nil, err
		}
		f.Enabled = enabled
		return f, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list published flows: %w", err)
	}
	return list, nil
}
