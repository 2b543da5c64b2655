package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

const (
	maxMisfit   = 300 // characters of a message that is kept
	keepMisfits = 90 * 24 * time.Hour
	readMisfits = 2000 // that are put together at once, the newest
)

// Misfit is a message that the bot could do nothing with.
type Misfit struct {
	ID   string    `json:"id"`
	Conv string    `json:"conv"`
	Text string    `json:"text"` // what could name a person is masked
	At   time.Time `json:"at"`
}

// noteMisfit keeps what the plan did not answer, for the authors: what was
// written, or the question for which the bot had offered nothing that was right.
// The conversation goes on when that fails.
func (s *Service) noteMisfit(ctx context.Context, t *talk, p *plan) {
	if !unanswered(p) {
		return
	}
	var texts []string
	for _, m := range t.Pending {
		if m.Choice == "" && m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	said := strings.Join(strings.Fields(cmp.Or(p.Missed, strings.Join(texts, " "))), " ")
	text := markup.Cut(s.redact.Mask(said), maxMisfit)
	if text == "" {
		return
	}
	const insert = `INSERT INTO bot.misfits (id, conv, inbox, text, language, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`
	id := ids.Derive("misfit", t.Conv, fmt.Sprint(t.Pending[len(t.Pending)-1].Seq))
	if _, err := s.db.Exec(ctx, insert, id, t.Conv, t.Inbox, text, p.Trace.Language, s.now()); err != nil {
		s.log.Warn("a message that fits nowhere was not kept for the authors", "conv", t.Conv, "error", err)
	}
}

// unanswered reports whether the bot did not know what to say.
func unanswered(p *plan) bool {
	if p.Handoff != nil {
		return p.Handoff.Reason == reasonUnsure || p.Handoff.Reason == reasonFailure
	}
	return p.Trace.Action == actFallback
}

// misfits returns the newest since a time, of the inboxes, of all when nil.
func misfits(ctx context.Context, q pg.Querier, since time.Time, inboxes []string) ([]Misfit, error) {
	rows, err := q.Query(ctx, `SELECT id, conv, text, at FROM bot.misfits
WHERE at > $1 AND ($2::text[] IS NULL OR inbox = ANY($2)) ORDER BY at DESC LIMIT $3`, since, inboxes, readMisfits)
	if err != nil {
		return nil, fmt.Errorf("list messages that fit nowhere: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Misfit])
	if err != nil {
		return nil, fmt.Errorf("list messages that fit nowhere: %w", err)
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, nil
}

func dismissMisfits(ctx context.Context, q pg.Querier, list []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM bot.misfits WHERE id = ANY($1)`, list); err != nil {
		return fmt.Errorf("dismiss messages that fit nowhere: %w", err)
	}
	return nil
}

func deleteOldMisfits(ctx context.Context, q pg.Querier, before time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM bot.misfits WHERE at < $1`, before); err != nil {
		return fmt.Errorf("delete old messages that fit nowhere: %w", err)
	}
	return nil
}
