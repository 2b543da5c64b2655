package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// What became of the bot's last answer in a conversation.
const (
	statusOpen      = "open"      // nothing is resolved
	statusAnswered  = "answered"  // resolved (assumed) when nothing more is asked for a day
	statusConfirmed = "confirmed" // the visitor says so
)

// outcome is what the plan makes of the conversation's resolution, "" for
// nothing: a greeting is no answer, and small talk after one takes nothing back.
func (p *plan) outcome() string {
	switch {
	case p.Handoff != nil:
		return statusOpen
	case p.Confirmed:
		return statusConfirmed
	case p.Answered || p.Resolved:
		return statusAnswered
	case p.Trace.Action == actSmallTalk || p.Trace.Action == actGreeting:
		return ""
	}
	return statusOpen
}

// settle remembers the talk with what the plan means for the resolution and the
// visitor's thumb. seq is that of the message that is answered.
func (s *Service) settle(ctx context.Context, after *talk, p *plan, seq uint64) error {
	now := s.now()
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		if err := saveTalk(ctx, tx, after, now); err != nil {
			return err
		}
		if p.Feedback != noThumb {
			if err := saveFeedback(ctx, tx, after.Conv, seq, p.Feedback == thumbUp, after.Source, now); err != nil {
				return err
			}
		}
		switch status := p.outcome(); status {
		case "":
			return nil
		case statusOpen:
			return reopenResolution(ctx, tx, after.Conv, seq, now)
		default:
			return saveResolution(ctx, tx, after, seq, status, now)
		}
	})
}

// learn tells the contact's record what the visitor has said of themselves. The
// conversation has it in any case.
func (s *Service) learn(ctx context.Context, t *talk, attributes map[string]string) {
	if s.cfg.People == nil || t.person() == "" || len(attributes) == 0 {
		return
	}
	if err := s.cfg.People.Learn(ctx, t.person(), attributes); err != nil {
		s.log.Warn("what a flow has asked for is not with the contact", "conv", t.Conv, "contact", t.person(), "error", err)
	}
}

// counted is true of a row that counts as a resolution at a time.
const counted = `(r.status = 'confirmed' OR (r.status = 'answered' AND r.at + interval '24 hours' <= $5))`

// saveResolution notes an answer or its confirmation. What counted already and
// was followed by another request is taken back.
func saveResolution(ctx context.Context, q pg.Querier, t *talk, seq uint64, status string, at time.Time) error {
	_, err := q.Exec(ctx, `
INSERT INTO bot.resolutions AS r (conv, inbox, seq, status, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (conv) DO UPDATE SET seq = excluded.seq, status = excluded.status, at = excluded.at,
    revoked_at = CASE WHEN excluded.status = 'answered' AND `+counted+` THEN excluded.at ELSE r.revoked_at END
WHERE r.seq < excluded.seq`, t.Conv, t.Inbox, int64(seq), status, at) //nolint:gosec // a stream ends long before 2^63
	if err != nil {
		return fmt.Errorf("save resolution: %w", err)
	}
	return nil
}

// reopenResolution notes that the visitor wants something that the bot has not
// answered, or that a person has the conversation.
func reopenResolution(ctx context.Context, q pg.Querier, conv string, seq uint64, at time.Time) error {
	_, err := q.Exec(ctx, `
UPDATE bot.resolutions r SET seq = $2, status = $3, at = $5, revoked_at = CASE WHEN `+counted+` THEN $5 ELSE r.revoked_at END
WHERE r.conv = $1 AND r.seq < $2 AND r.status <> $4`, conv, int64(seq), statusOpen, statusOpen, at) //nolint:gosec // likewise
	if err != nil {
		return fmt.Errorf("reopen resolution: %w", err)
	}
	return nil
}

func saveFeedback(ctx context.Context, q pg.Querier, conv string, seq uint64, helpful bool, source string, at time.Time) error {
	_, err := q.Exec(ctx, `
INSERT INTO bot.feedback (conv, seq, helpful, source, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		conv, int64(seq), helpful, source, at) //nolint:gosec // likewise
	if err != nil {
		return fmt.Errorf("save feedback: %w", err)
	}
	return nil
}

// Resolutions counts what became of the bot's answers between two times. A
// conversation counts once.
type Resolutions struct {
	Confirmed int `json:"confirmed"` // the visitor said so
	Assumed   int `json:"assumed"`   // nothing more was asked for 24 hours after the answer
	Revoked   int `json:"revoked"`   // counted before, and taken back because the visitor came again
	Pending   int `json:"pending"`   // answered less than 24 hours ago, now

	Helpful   int `json:"helpful"` // thumbs up
	Unhelpful int `json:"unhelpful"`
}

// Resolutions counts from (inclusive) to (exclusive).
func (s *Service) Resolutions(ctx context.Context, from, to time.Time) (Resolutions, error) {
	var r Resolutions
	err := s.db.QueryRow(ctx, `
SELECT
    (SELECT count(*) FROM bot.resolutions WHERE status = 'confirmed' AND at >= $1 AND at < $2),
    (SELECT count(*) FROM bot.resolutions WHERE status = 'answered' AND at >= $1 - interval '24 hours' AND at < least($2, $3) - interval '24 hours'),
    (SELECT count(*) FROM bot.resolutions WHERE revoked_at >= $1 AND revoked_at < $2),
    (SELECT count(*) FROM bot.resolutions WHERE status = 'answered' AND at >= $3 - interval '24 hours'),
    (SELECT count(*) FROM bot.feedback WHERE helpful AND at >= $1 AND at < $2),
    (SELECT count(*) FROM bot.feedback WHERE NOT helpful AND at >= $1 AND at < $2)`, from, to, s.now()).
		Scan(&r.Confirmed, &r.Assumed, &r.Revoked, &r.Pending, &r.Helpful, &r.Unhelpful)
	if err != nil {
		return r, pg.Map(fmt.Errorf("count resolutions: %w", err))
	}
	return r, nil
}

func (s *Service) getResolutions(c *fiber.Ctx) error {
	to := s.now()
	from := to.Add(-30 * 24 * time.Hour)
	for name, into := range map[string]*time.Time{"from": &from, "to": &to} {
		raw := c.Query(name)
		if raw == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			if at, err = time.Parse(time.DateOnly, raw); err != nil {
				return errs.Field(name, "must be a time such as 2026-01-31T00:00:00Z, or a date")
			}
		}
		*into = at
	}
	r, err := s.Resolutions(c.UserContext(), from, to)
	if err != nil {
		return err
	}
	return c.JSON(r)
}
