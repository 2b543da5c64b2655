package webhooks

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// endpoint is a receiver.
type endpoint struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Types     []string  `json:"types"`
	Secret    string    `json:"-"`
	Enabled   bool      `json:"enabled"`
	Reason    string    `json:"reason,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// delivery is an event on its way to one receiver.
type delivery struct {
	ID        string     `json:"id"`
	Endpoint  string     `json:"endpoint"`
	Event     string     `json:"event"`
	Type      string     `json:"type"`
	Body      string     `json:"body"`
	State     string     `json:"state"`
	Tries     int        `json:"tries"`
	Status    int        `json:"status"`
	Error     string     `json:"error,omitempty"`
	NextAt    *time.Time `json:"next_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	DoneAt    *time.Time `json:"done_at,omitempty"`
}

const (
	endpointColumns = `id, url, types, secret, enabled, reason, created_at`
	deliveryColumns = `id, endpoint, event, type, body, state, tries, status, error, next_at, created_at, done_at`
)

func listEndpoints(ctx context.Context, q pg.Querier) ([]endpoint, error) {
	rows, err := q.Query(ctx, `SELECT `+endpointColumns+` FROM webhooks.endpoints ORDER BY created_at, id`)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[endpoint])
	return list, pg.Map(err)
}

func findEndpoint(ctx context.Context, q pg.Querier, id string) (endpoint, error) {
	rows, err := q.Query(ctx, `SELECT `+endpointColumns+` FROM webhooks.endpoints WHERE id = $1`, id)
	if err != nil {
		return endpoint{}, pg.Map(err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[endpoint])
	return e, pg.Map(err)
}

func saveEndpoint(ctx context.Context, q pg.Querier, e endpoint) error {
	_, err := q.Exec(ctx, `
		INSERT INTO webhooks.endpoints (`+endpointColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, enabled = excluded.enabled, reason = excluded.reason`,
		e.ID, e.URL, e.Types, e.Secret, e.Enabled, e.Reason, e.CreatedAt)
	return pg.Map(err)
}

func deleteEndpoint(ctx context.Context, q pg.Querier, id string) error {
	tag, err := q.Exec(ctx, `DELETE FROM webhooks.endpoints WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such webhook")
	}
	return pg.Map(err)
}

func turnOff(ctx context.Context, q pg.Querier, id, reason string) error {
	_, err := q.Exec(ctx, `UPDATE webhooks.endpoints SET enabled = false, reason = $2 WHERE id = $1`, id, reason)
	return pg.Map(err)
}

// queue adds a delivery of the event for each endpoint that wants its type.
// A repeated event adds nothing.
func queue(ctx context.Context, q pg.Querier, event, kind, body string, newID func() string) (int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM webhooks.endpoints WHERE enabled AND (types = '{}' OR $1 = ANY (types))`, kind)
	if err != nil {
		return 0, pg.Map(err)
	}
	endpoints, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(endpoints) == 0 {
		return 0, pg.Map(err)
	}
	made := make([]string, len(endpoints))
	for i := range made {
		made[i] = newID()
	}
	tag, err := q.Exec(ctx, `
		INSERT INTO webhooks.deliveries (id, endpoint, event, type, body, next_at)
		SELECT id, endpoint, $3, $4, $5, now() FROM unnest($1::text[], $2::text[]) AS d (id, endpoint)
		ON CONFLICT (endpoint, event) DO NOTHING`, made, endpoints, event, kind, body)
	return tag.RowsAffected(), pg.Map(err)
}

// due returns deliveries whose time has come, at most limit and placesEach of
// an endpoint, none of those that are busy, and takes them: until hold has
// passed no other process sends them.
func due(ctx context.Context, q pg.Querier, now time.Time, hold time.Duration, busy []string, limit int) ([]delivery, error) {
	rows, err := q.Query(ctx, `
		UPDATE webhooks.deliveries SET next_at = $2
		WHERE id IN (
			SELECT d.id FROM webhooks.endpoints e CROSS JOIN LATERAL (
				SELECT id, next_at FROM webhooks.deliveries
				WHERE endpoint = e.id AND state = 'waiting' AND next_at <= $1 ORDER BY next_at LIMIT $5 FOR UPDATE SKIP LOCKED) d
			WHERE e.enabled AND e.id <> ALL ($4) ORDER BY d.next_at LIMIT $3)
		RETURNING `+deliveryColumns, now, now.Add(hold), limit, busy, placesEach)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[delivery])
	return list, pg.Map(err)
}

func saveResult(ctx context.Context, q pg.Querier, d delivery) error {
	_, err := q.Exec(ctx, `
		UPDATE webhooks.deliveries SET state = $2, tries = $3, status = $4, error = $5, next_at = $6, done_at = $7 WHERE id = $1`,
		d.ID, d.State, d.Tries, d.Status, d.Error, d.NextAt, d.DoneAt)
	return pg.Map(err)
}

// nextDue is when the next delivery is due to an endpoint that is not busy.
func nextDue(ctx context.Context, q pg.Querier, busy []string) (time.Time, error) {
	var at *time.Time
	err := q.QueryRow(ctx, `
		SELECT min(d.next_at) FROM webhooks.deliveries d JOIN webhooks.endpoints e ON e.id = d.endpoint
		WHERE d.state = 'waiting' AND e.enabled AND e.id <> ALL ($1)`, busy).Scan(&at)
	if err != nil || at == nil {
		return time.Time{}, pg.Map(err)
	}
	return *at, nil
}

func listDeliveries(ctx context.Context, q pg.Querier, endpoint string, limit int) ([]delivery, error) {
	rows, err := q.Query(ctx, `SELECT `+deliveryColumns+` FROM webhooks.deliveries
		WHERE endpoint = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, endpoint, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[delivery])
	return list, pg.Map(err)
}

// again makes a delivery due now, whatever became of it.
func again(ctx context.Context, q pg.Querier, endpoint, id string) error {
	tag, err := q.Exec(ctx, `
		UPDATE webhooks.deliveries SET state = 'waiting', tries = 0, next_at = now(), done_at = NULL WHERE id = $1 AND endpoint = $2`, id, endpoint)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "there is no such delivery")
	}
	return pg.Map(err)
}

// forget deletes deliveries that ended before the times.
func forget(ctx context.Context, q pg.Querier, delivered, dead time.Time) error {
	_, err := q.Exec(ctx, `DELETE FROM webhooks.deliveries WHERE state = 'delivered' AND done_at < $1 OR state = 'dead' AND done_at < $2`, delivered, dead)
	return pg.Map(err)
}
