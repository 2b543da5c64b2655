package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// What the projection reads and writes of conversations, in as few statements
// and round trips as possible.

// foldColumns are what a fold goes on from, in the order of
// [Conversation.foldTargets]. The page and the fields of the form are the
// opening's alone.
const foldColumns = `
v.id, v.inbox, v.visitor, v.contact, v.name, v.locale, v.state, v.state_seq, v.agent, v.agent_name, v.team, v.had_agent,
v.offered, coalesce(v.offered_until, '0001-01-01Z'), v.tags, v.priority, v.rating, v.preview, v.preview_from, v.unread, v.agent_read, v.seq,
v.opened_at, v.last_at, v.active_at, coalesce(v.waiting_since, '0001-01-01Z'), coalesce(v.snoozed_until, '0001-01-01Z')`

func (c *Conversation) foldTargets() []any {
	return []any{
		&c.ID, &c.Inbox, &c.Visitor, &c.Contact, &c.Name, &c.Locale, &c.State, &c.StateSeq, &c.Agent, &c.AgentName, &c.Team, &c.HadAgent,
		&c.Offered, &c.OfferedUntil, &c.Tags, &c.Priority, &c.Rating, &c.Preview, &c.PreviewFrom, &c.Unread, &c.AgentRead, &c.Seq,
		&c.OpenedAt, &c.LastAt, &c.ActiveAt, &c.WaitingSince, &c.SnoozedUntil,
	}
}

// lockBatch locks the stream's offset and the rows of the conversations that
// exist; those in the order of their ids, so that two transactions cannot wait
// for each other. The contact of a row is the one that opened it.
//
// The transaction will not wait for the disk: the log has it all, and should
// PostgreSQL lose its last moments, it loses rows and offset together, from
// where the projection goes on.
func lockBatch(ctx context.Context, tx pgx.Tx, stream string, convs []string) (at offset, rows map[string]*projected, err error) {
	rows = make(map[string]*projected, len(convs))
	var batch pgx.Batch
	batch.Queue(`SET LOCAL synchronous_commit = off`)
	batch.Queue(lockOffsetQuery, stream).QueryRow(func(row pgx.Row) error {
		at, err = scanOffset(row)
		return err
	})
	batch.Queue(`SELECT `+foldColumns+`, v.log_seq FROM chat.conversations v WHERE v.id = ANY($1) ORDER BY v.id FOR UPDATE`, convs).Query(func(found pgx.Rows) error {
		for found.Next() {
			row := &projected{}
			if err := found.Scan(append(row.foldTargets(), &row.LogSeq)...); err != nil {
				return err
			}
			row.inUTC()
			rows[row.ID] = row
		}
		return found.Err()
	})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return offset{}, nil, fmt.Errorf("lock the offset and the conversations: %w", err)
	}
	return at, rows, nil
}

// saveBatch writes the rows and the offset, and returns what the contacts of the
// rows are called.
func saveBatch(ctx context.Context, tx pgx.Tx, rows []*projected, at offset) (contactNames, error) {
	names := make(contactNames, len(rows))
	contacts := make([]string, len(rows))
	var spoken, other []*projected
	for i, row := range rows {
		contacts[i] = row.Contact
		if row.more {
			row.scrub()
			other = append(other, row)
		} else {
			row.Name, row.Preview = storable(row.Name), storable(row.Preview)
			spoken = append(spoken, row)
		}
	}
	var batch pgx.Batch
	if err := queueConversations(&batch, other); err != nil {
		return nil, err
	}
	queueSpoken(&batch, spoken)
	batch.Queue(saveOffsetQuery, at.Stream, at.Epoch, at.Created, bound(at.LastSeq))
	batch.Queue(contactNamesQuery, contacts).Query(names.collect)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("save conversations and offset: %w", err)
	}
	return names, nil
}

// queueSpoken writes what messages change of conversations.
func queueSpoken(batch *pgx.Batch, rows []*projected) {
	if len(rows) == 0 {
		return
	}
	var (
		n                             = len(rows)
		ids, names, previews, authors = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		unread, reads, seqs, logSeqs  = make([]int, n), make([]int64, n), make([]int64, n), make([]int64, n)
		last, active, waiting         = make([]time.Time, n), make([]time.Time, n), make([]*time.Time, n)
	)
	for i, row := range rows {
		ids[i], names[i], previews[i], authors[i] = row.ID, row.Name, row.Preview, string(row.PreviewFrom)
		unread[i], reads[i], seqs[i], logSeqs[i] = row.Unread, bound(row.AgentRead), bound(row.Seq), bound(row.LogSeq)
		last[i], active[i], waiting[i] = row.LastAt, row.ActiveAt, orNull(row.WaitingSince)
	}
	batch.Queue(`
UPDATE chat.conversations v SET
    name = r.name, preview = r.preview, preview_from = r.preview_from, unread = r.unread, agent_read = r.agent_read, seq = r.seq,
    log_seq = r.log_seq, last_at = r.last_at, active_at = r.active_at, waiting_since = r.waiting_since
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
    AS r (id, name, preview, preview_from, unread, agent_read, seq, log_seq, last_at, active_at, waiting_since)
WHERE v.id = r.id`, ids, names, previews, authors, unread, reads, seqs, logSeqs, last, active, waiting)
}

// orNull is nil for the zero time.
func orNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// saveConversations writes the rows. The contact, the page and the like come
// from the first event and are never written again; merges have their own
// table, and the visitor's read mark belongs to [Service.MarkRead].
func saveConversations(ctx context.Context, tx pgx.Tx, rows []*projected) error {
	for _, row := range rows {
		row.scrub()
	}
	var batch pgx.Batch
	if err := queueConversations(&batch, rows); err != nil || batch.Len() == 0 {
		return err
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("save conversations: %w", err)
	}
	return nil
}

func queueConversations(batch *pgx.Batch, rows []*projected) error {
	if len(rows) == 0 {
		return nil
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode conversations: %w", err)
	}
	batch.Queue(`
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
    waiting_since = excluded.waiting_since, snoozed_until = excluded.snoozed_until, log_seq = excluded.log_seq`, list)
	return nil
}

// contactNames tells of contacts, by the id that opened a conversation, which
// one remains after merges and what it is called.
type contactNames map[string]contactName

const contactNamesQuery = `
SELECT k.id, coalesce(nullif(k.merged, ''), k.id), coalesce(nullif(m.name, ''), k.name)
FROM chat.contacts k LEFT JOIN chat.contacts m ON m.id = k.merged WHERE k.id = ANY($1)`

func (n contactNames) collect(rows pgx.Rows) error {
	var opened string
	var c contactName
	_, err := pgx.ForEachRow(rows, []any{&opened, &c.ID, &c.Name}, func() error {
		n[opened] = c
		return nil
	})
	return pg.Map(err)
}
