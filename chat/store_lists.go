package chat

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/pg"
)

const summaryColumns = `
v.id, v.inbox, v.state, coalesce(nullif(k.merged, ''), v.contact) AS contact, v.visitor, coalesce(nullif(m.name, ''), nullif(k.name, ''), v.name) AS name,
v.agent, v.agent_name, v.team, v.tags, v.priority, v.preview, v.preview_from, v.seq, v.opened_at, v.last_at, v.waiting_since, v.snoozed_until, v.rating`

const summaryTables = `
FROM chat.conversations v LEFT JOIN chat.contacts k ON k.id = v.contact LEFT JOIN chat.contacts m ON m.id = k.merged `

func collectSummaries(ctx context.Context, q pg.Querier, query string, args ...any) ([]event.ConversationSummary, error) {
	return collectSummariesWith(ctx, q, "v.unread", query, args...)
}

// collectSummariesWith counts unread by an expression of its own.
func collectSummariesWith(ctx context.Context, q pg.Querier, unread, query string, args ...any) ([]event.ConversationSummary, error) {
	rows, err := q.Query(ctx, `SELECT `+summaryColumns+`, `+unread+` AS unread`+summaryTables+query, args...)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list conversations: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[event.ConversationSummary])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list conversations: %w", err))
	}
	for i := range list {
		utc(&list[i].OpenedAt, &list[i].LastAt, list[i].WaitingSince, list[i].SnoozedUntil)
	}
	return list, nil
}

// summaries returns the rows of the conversations that exist.
func summaries(ctx context.Context, q pg.Querier, ids []string) ([]event.ConversationSummary, error) {
	return collectSummaries(ctx, q, `WHERE v.id = ANY($1)`, ids)
}

// scope is what a member of staff may see: the same rule as auth.MayRead, for
// many rows at once. Inboxes nil means all.
type scope struct {
	Agent   string
	Teams   []string
	Inboxes []string
}

// visible is the condition for scope as the parameters $1, $2 and $3.
const visible = `($1::text[] IS NULL OR v.inbox = ANY($1) OR v.agent = $2 OR v.team = ANY($3))`

func (s scope) args() []any {
	teams := s.Teams
	if teams == nil {
		teams = []string{}
	}
	return []any{s.Inboxes, s.Agent, teams}
}

// ofContact is the condition for the conversations of a contact, the parameter
// %[1]s, and of those merged into it. The array lets the index be used.
const ofContact = `v.contact = ANY(ARRAY(SELECT id FROM chat.contacts WHERE merged = %[1]s AND merged <> '') || %[1]s::text)`

// hasTag is the condition for a tag, a parameter, as the index has it.
func hasTag(param string) string { return `v.tags @> ARRAY[` + param + `::text] AND v.tags <> '{}'` }

// view is a list of conversations in its order.
type view struct {
	where string // the condition, of an index of the table
	order string
	after string // rows behind the cursor, with %s for the parameters of its keys and its id
	keys  func(c *event.ConversationSummary) []string
}

const noTime = "0001-01-01T00:00:00Z"

func timeKey(t *time.Time) string {
	if t == nil {
		return noTime
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func byLast(where string) view {
	return view{
		where: where, order: `v.last_at DESC, v.id`,
		after: `v.last_at <= %s::timestamptz AND (v.last_at < %[1]s::timestamptz OR v.id > %[2]s)`,
		keys:  func(c *event.ConversationSummary) []string { return []string{timeKey(&c.LastAt)} },
	}
}

// viewOf returns the view of a name; ok is false when there is none. The views
// are those of the console: mine, unassigned (who waits, in the order of the
// queue), all (open), snoozed (who comes back first) and closed.
func viewOf(name string) (v view, ok bool) {
	switch name {
	case "mine":
		return byLast(`v.agent = $2 AND v.state = 'assigned'`), true
	case "all":
		return byLast(`v.state NOT IN ('resolved', 'snoozed')`), true
	case "closed":
		return byLast(`v.state = 'resolved'`), true
	case "any":
		return byLast(`true`), true
	case "snoozed":
		return view{
			where: `v.state = 'snoozed'`, order: `v.snoozed_until, v.id`,
			after: `(v.snoozed_until, v.id) > (%s::timestamptz, %s)`,
			keys:  func(c *event.ConversationSummary) []string { return []string{timeKey(c.SnoozedUntil)} },
		}, true
	case "unassigned":
		return view{
			where: `v.state = 'queued'`, order: `v.priority DESC, v.waiting_since, v.id`,
			after: `v.priority <= %s::integer AND (v.priority < %[1]s::integer OR (v.waiting_since, v.id) > (%[2]s::timestamptz, %[3]s))`,
			keys: func(c *event.ConversationSummary) []string {
				return []string{strconv.Itoa(c.Priority), timeKey(c.WaitingSince)}
			},
		}, true
	}
	return view{}, false
}

// filter narrows a view. Empty fields do not count.
type filter struct {
	Inbox, Contact, Tag string
	After               []string // the keys and the id of the last row of the page before
	Limit               int
}

// listView returns a page of a view and the cursor's parts for the next one,
// nil at the end.
func listView(ctx context.Context, q pg.Querier, s scope, v view, f filter) ([]event.ConversationSummary, []string, error) {
	args := s.args()
	param := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	where := `WHERE ` + v.where + ` AND ` + visible
	if f.Inbox != "" {
		where += ` AND v.inbox = ` + param(f.Inbox)
	}
	if f.Contact != "" {
		where += ` AND ` + fmt.Sprintf(ofContact, param(f.Contact))
	}
	if f.Tag != "" {
		where += ` AND ` + hasTag(param(f.Tag))
	}
	if len(f.After) > 0 {
		keys := make([]any, len(f.After))
		for i, key := range f.After {
			keys[i] = param(key)
		}
		where += ` AND ` + fmt.Sprintf(v.after, keys...)
	}
	list, err := collectSummaries(ctx, q, where+` ORDER BY `+v.order+` LIMIT `+param(f.Limit+1), args...)
	if err != nil || len(list) <= f.Limit {
		return list, nil, err
	}
	list = list[:f.Limit]
	last := &list[len(list)-1]
	return list, append(v.keys(last), last.ID), nil
}

// Counts says how many conversations each view holds. Closed counts to 1000 at
// most: beyond that nobody reads the number, and counting years costs.
type Counts struct {
	Mine       int `json:"mine"`
	Unassigned int `json:"unassigned"`
	All        int `json:"all"`
	Snoozed    int `json:"snoozed"`
	Closed     int `json:"closed"`
}

func countViews(ctx context.Context, q pg.Querier, s scope) (Counts, error) {
	const query = `
SELECT count(*) FILTER (WHERE v.state = 'assigned' AND v.agent = $2), count(*) FILTER (WHERE v.state = 'queued'),
       count(*) FILTER (WHERE v.state <> 'snoozed'), count(*) FILTER (WHERE v.state = 'snoozed'),
       (SELECT count(*) FROM (SELECT FROM chat.conversations v WHERE v.state = 'resolved' AND ` + visible + ` LIMIT 1000) closed)
FROM chat.conversations v WHERE v.state <> 'resolved' AND ` + visible
	var c Counts
	err := q.QueryRow(ctx, query, s.args()...).Scan(&c.Mine, &c.Unassigned, &c.All, &c.Snoozed, &c.Closed)
	if err != nil {
		return Counts{}, pg.Map(fmt.Errorf("count conversations: %w", err))
	}
	return c, nil
}

// agentsOwn returns what an agent has and what is offered to them.
func agentsOwn(ctx context.Context, q pg.Querier, agent string, limit int) ([]event.ConversationSummary, error) {
	return collectSummaries(ctx, q, `
WHERE (v.agent = $1 AND v.state = 'assigned') OR (v.offered = $1 AND v.offered <> '' AND v.state = 'queued')
ORDER BY v.last_at DESC, v.id LIMIT $2`, agent, limit)
}

// visitorUnread counts what the visitor of v has not seen.
const visitorUnread = `(SELECT count(*) FROM chat.events e
 WHERE e.conv = v.id AND e.seq > v.visitor_read AND NOT e.internal AND e.kind = 'message' AND e.actor <> 'visitor')`

// visitorsOwn returns a visitor's conversations in an inbox, and all of the
// contact's when contact is not "". Unread counts what the visitor has not seen.
func visitorsOwn(ctx context.Context, q pg.Querier, inbox, visitor, contact string, limit int) ([]event.ConversationSummary, error) {
	return collectSummariesWith(ctx, q, visitorUnread, `
WHERE v.inbox = $1 AND (v.visitor = $2 OR ($3 <> '' AND `+fmt.Sprintf(ofContact, "$3")+`))
ORDER BY v.last_at DESC, v.id LIMIT $4`, inbox, visitor, contact, limit)
}

// visitorOf is a visitor of an inbox.
type visitorOf struct{ inbox, visitor string }

// visitorsRecent returns for each visitor the conversations in the inbox with
// something since a time, newest first and limit at most. Unread counts what the
// visitor has not seen.
func visitorsRecent(ctx context.Context, q pg.Querier, visitors []visitorOf, since time.Time, limit int) (map[visitorOf][]event.ConversationSummary, error) {
	inboxes, ids := make([]string, len(visitors)), make([]string, len(visitors))
	for i, v := range visitors {
		inboxes[i], ids[i] = v.inbox, v.visitor
	}
	const query = `
SELECT asked.n, found.* FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (inbox, visitor, n) CROSS JOIN LATERAL (
SELECT ` + summaryColumns + `, ` + visitorUnread + ` AS unread` + summaryTables + `
WHERE v.visitor = asked.visitor AND v.inbox = asked.inbox AND v.last_at > $3 ORDER BY v.last_at DESC, v.id LIMIT $4) found
ORDER BY asked.n, found.last_at DESC, found.id`
	rows, err := q.Query(ctx, query, inboxes, ids, since, limit)
	if err != nil {
		return nil, fmt.Errorf("list conversations of visitors: %w", err)
	}
	type row struct {
		N int // counts from 1
		event.ConversationSummary
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, fmt.Errorf("list conversations of visitors: %w", err)
	}
	out := make(map[visitorOf][]event.ConversationSummary, len(visitors))
	for i := range list {
		c, v := &list[i].ConversationSummary, visitors[list[i].N-1]
		utc(&c.OpenedAt, &c.LastAt, c.WaitingSince, c.SnoozedUntil)
		out[v] = append(out[v], *c)
	}
	return out, nil
}
