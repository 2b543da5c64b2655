package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

// projected is a row of chat.conversations.
type projected struct {
	Conversation
	LogSeq uint64 `json:"log_seq"` // the broker's sequence up to which the row was projected
}

// The contact is the one that remains after merges. A time that is NULL reads
// as the zero time.
const conversationColumns = `
v.id, v.inbox, v.visitor, coalesce(nullif(k.merged, ''), v.contact) AS contact, v.name, v.locale, v.page, v.fields,
v.state, v.state_seq, v.agent, v.agent_name, v.team, v.had_agent, v.offered, coalesce(v.offered_until, '0001-01-01Z') AS offered_until,
v.tags, v.priority, v.rating, v.preview, v.preview_from, v.unread, v.agent_read, v.seq, v.opened_at, v.last_at, v.active_at,
coalesce(v.waiting_since, '0001-01-01Z') AS waiting_since, coalesce(v.snoozed_until, '0001-01-01Z') AS snoozed_until, v.log_seq`

const conversationTables = ` FROM chat.conversations v LEFT JOIN chat.contacts k ON k.id = v.contact `

// findConversation returns the row, or errs.NotFound.
func findConversation(ctx context.Context, q pg.Querier, id string) (projected, error) {
	rows, err := q.Query(ctx, `SELECT `+conversationColumns+conversationTables+`WHERE v.id = $1`, id)
	if err != nil {
		return projected{}, pg.Map(fmt.Errorf("find conversation: %w", err))
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[projected])
	if err != nil {
		return projected{}, pg.Map(fmt.Errorf("find conversation: %w", err))
	}
	row.inUTC()
	return row, nil
}

// inUTC makes the times what a fold makes them: pgx reads them in the machine's
// zone.
func (c *Conversation) inUTC() {
	utc(&c.OfferedUntil, &c.OpenedAt, &c.LastAt, &c.ActiveAt, &c.WaitingSince, &c.SnoozedUntil)
}

func utc(times ...*time.Time) {
	for _, at := range times {
		switch {
		case at == nil:
		case at.IsZero():
			*at = time.Time{}
		default:
			*at = at.UTC()
		}
	}
}

// lockConversations returns the rows that exist, locked in the order of their
// ids, so that two transactions cannot wait for each other.
func lockConversations(ctx context.Context, q pg.Querier, ids []string) (map[string]*projected, error) {
	rows, err := q.Query(ctx, `SELECT `+conversationColumns+conversationTables+`WHERE v.id = ANY($1) ORDER BY v.id FOR UPDATE OF v`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock conversations: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[projected])
	if err != nil {
		return nil, fmt.Errorf("lock conversations: %w", err)
	}
	found := make(map[string]*projected, len(list))
	for i := range list {
		list[i].inUTC()
		found[list[i].ID] = &list[i]
	}
	return found, nil
}

// saveConversations writes the rows. The contact, the page and the like come
// from the first event and are never written again; merges have their own
// table, and the visitor's read mark belongs to [Service.MarkRead].
func saveConversations(ctx context.Context, q pg.Querier, rows []*projected) error {
	for _, row := range rows {
		row.scrub()
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode conversations: %w", err)
	}
	const query = `
INSERT INTO chat.conversations AS v (
    id, inbox, visitor, contact, name, locale, page, fields, state, state_seq, agent, agent_name, team, had_agent, offered, offered_until,
    tags, priority, rating, preview, preview_from, unread, agent_read, seq, opened_at, last_at, active_at, waiting_since, snoozed_until, log_seq)
SELECT
    id, inbox, visitor, contact, name, locale, page, fields, state, state_seq, agent, agent_name, team, had_agent, offered, offered_until,
    coalesce(tags, '{}'), priority, rating, preview, preview_from, unread, agent_read, seq, opened_at, last_at, active_at, waiting_since, snoozed_until, log_seq
FROM jsonb_to_recordset($1) AS r (
    id text, inbox text, visitor text, contact text, name text, locale text, page jsonb, fields jsonb, state text, state_seq bigint,
    agent text, agent_name text, team text, had_agent boolean, offered text, offered_until timestamptz, tags text[], priority integer, rating integer,
    preview text, preview_from text, unread integer, agent_read bigint, seq bigint, opened_at timestamptz, last_at timestamptz,
    active_at timestamptz, waiting_since timestamptz, snoozed_until timestamptz, log_seq bigint)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, state = excluded.state, state_seq = excluded.state_seq, agent = excluded.agent, agent_name = excluded.agent_name,
    team = excluded.team, had_agent = excluded.had_agent, offered = excluded.offered, offered_until = excluded.offered_until,
    tags = excluded.tags, priority = excluded.priority, rating = excluded.rating, preview = excluded.preview, preview_from = excluded.preview_from,
    unread = excluded.unread, agent_read = excluded.agent_read, seq = excluded.seq, last_at = excluded.last_at, active_at = excluded.active_at,
    waiting_since = excluded.waiting_since, snoozed_until = excluded.snoozed_until, log_seq = excluded.log_seq`
	if _, err := q.Exec(ctx, query, list); err != nil {
		return fmt.Errorf("save conversations: %w", err)
	}
	return nil
}

// scrub removes what PostgreSQL's text cannot hold, so that no event, however
// odd, can stop the projection. The bytes of the event itself are kept.
func (c *Conversation) scrub() {
	for _, s := range []*string{&c.Inbox, &c.Visitor, &c.Contact, &c.Name, &c.Locale, &c.Agent, &c.AgentName, &c.Team, &c.Offered, &c.Preview} {
		*s = storable(*s)
	}
	for i := range c.Tags {
		c.Tags[i] = storable(c.Tags[i])
	}
	if c.Page != nil {
		c.Page = &event.Page{URL: storable(c.Page.URL), Title: storable(c.Page.Title)}
	}
	fields := make(map[string]string, len(c.Fields))
	for name, value := range c.Fields {
		fields[storable(name)] = storable(value)
	}
	c.Fields = fields
}

// storable is s without NUL and without invalid UTF-8.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
