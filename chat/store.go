package chat

import (
	"context"
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

	// What has happened to the row since it was read.
	touched, changed bool // by an event; by one that counts
	more             bool // by one that is not a message, or it is new
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
