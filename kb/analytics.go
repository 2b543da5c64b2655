package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"parley/internal/httpd"
	"parley/internal/pg"
)

// Day is what happened in the help centre on a day of the server's zone.
type Day struct {
	Day           string `json:"day"` // 2026-01-31
	Views         int64  `json:"views"`
	Searches      int64  `json:"searches"`
	WithoutResult int64  `json:"without_result"`
	WithoutClick  int64  `json:"without_click"` // had results, and nobody opened one
	Helpful       int64  `json:"helpful"`
	Unhelpful     int64  `json:"unhelpful"`
}

func (d *Day) add(o Day) {
	d.Views += o.Views
	d.Searches += o.Searches
	d.WithoutResult += o.WithoutResult
	d.WithoutClick += o.WithoutClick
	d.Helpful += o.Helpful
	d.Unhelpful += o.Unhelpful
}

// Read is how an article did.
type Read struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Locale    string `json:"locale"`
	Views     int64  `json:"views"`
	Helpful   int64  `json:"helpful"`
	Unhelpful int64  `json:"unhelpful"`
}

// Voice is what a reader wrote beside a vote.
type Voice struct {
	Article string    `json:"article"`
	Title   string    `json:"title"`
	Helpful bool      `json:"helpful"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// Analytics is what authors learn of a number of days, and of as many before
// them.
type Analytics struct {
	Days     []Day   `json:"days"` // oldest first, none missing
	Total    Day     `json:"total"`
	Before   Day     `json:"before"`   // the same number of days before
	Articles []Read  `json:"articles"` // most read first
	Worst    []Read  `json:"worst"`    // most often of no help
	Unread   int     `json:"unread"`   // published ones that nobody has opened
	Voices   []Voice `json:"voices"`   // the latest first
	Gaps     []Gap   `json:"gaps"`     // of 30 days
	// Questions for which the bot has searched, and those that it answered from an
	// article without a person.
	BotQuestions int64 `json:"bot_questions"`
	Deflected    int64 `json:"deflected"`
}

const (
	maxDays   = 365
	topReads  = 20
	maxVoices = 50
)

// Analytics counts the last days, today included.
func (s *Service) Analytics(ctx context.Context, days int) (Analytics, error) {
	var a Analytics
	from := s.now().AddDate(0, 0, 1-days)
	all, err := s.daysSince(ctx, s.now().AddDate(0, 0, 1-2*days))
	if err != nil {
		return a, err
	}
	at := max(len(all)-days, 0)
	for _, d := range all[:at] {
		a.Before.add(d)
	}
	a.Days = all[at:]
	for _, d := range a.Days {
		a.Total.add(d)
	}
	if err := s.readsSince(ctx, from, &a); err != nil {
		return a, err
	}
	if a.Gaps, err = s.Gaps(ctx); err != nil {
		return a, err
	}
	err = s.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE outcome = 'answered') FROM kb.searches
		WHERE at >= $1::date AND outcome IN ('answered', 'handed_over')`, from.Format(time.DateOnly)).Scan(&a.BotQuestions, &a.Deflected)
	if err != nil {
		return a, pg.Map(fmt.Errorf("count what the bot answered: %w", err))
	}
	return a, nil
}

func (s *Service) daysSince(ctx context.Context, from time.Time) ([]Day, error) {
	rows, err := s.db.Query(ctx, `WITH days AS (SELECT generate_series($1::date, $2::date, '1 day')::date AS day),
		v AS (SELECT day, sum(count) AS n FROM kb.views WHERE day >= $1::date GROUP BY day),
		q AS (SELECT at::date AS day, count(*) AS n, count(*) FILTER (WHERE results = 0 AND outcome <> 'answered') AS empty,
				count(*) FILTER (WHERE results > 0 AND outcome = 'shown') AS unopened FROM kb.searches WHERE at >= $1::date GROUP BY 1),
		h AS (SELECT at::date AS day, count(*) FILTER (WHERE helpful) AS yes, count(*) FILTER (WHERE NOT helpful) AS no
			FROM kb.votes WHERE at >= $1::date GROUP BY 1)
		SELECT d.day::text, coalesce(v.n, 0)::bigint, coalesce(q.n, 0), coalesce(q.empty, 0), coalesce(q.unopened, 0), coalesce(h.yes, 0), coalesce(h.no, 0)
		FROM days d LEFT JOIN v USING (day) LEFT JOIN q USING (day) LEFT JOIN h USING (day) ORDER BY d.day`,
		from.Format(time.DateOnly), s.now().Format(time.DateOnly))
	if err != nil {
		return nil, pg.Map(fmt.Errorf("count days: %w", err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Day])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("count days: %w", err))
	}
	return out, nil
}

func (s *Service) readsSince(ctx context.Context, from time.Time, a *Analytics) error {
	const counted = `SELECT a.id, a.title, a.locale, coalesce(v.n, 0)::bigint, coalesce(h.yes, 0), coalesce(h.no, 0) FROM kb.articles a
		LEFT JOIN (SELECT article, sum(count) AS n FROM kb.views WHERE day >= $1::date GROUP BY article) v ON v.article = a.id
		LEFT JOIN (SELECT article, count(*) FILTER (WHERE helpful) AS yes, count(*) FILTER (WHERE NOT helpful) AS no
			FROM kb.votes WHERE at >= $1::date GROUP BY article) h ON h.article = a.id `
	day := from.Format(time.DateOnly)
	for _, list := range []struct {
		into *[]Read
		tail string
	}{
		{&a.Articles, `WHERE v.n > 0 ORDER BY v.n DESC, a.id LIMIT $2`},
		{&a.Worst, `WHERE h.no > 0 ORDER BY h.no - h.yes DESC, h.no DESC, a.id LIMIT $2`},
	} {
		rows, err := s.db.Query(ctx, counted+list.tail, day, topReads)
		if err != nil {
			return pg.Map(fmt.Errorf("count reads: %w", err))
		}
		if *list.into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Read]); err != nil {
			return pg.Map(fmt.Errorf("count reads: %w", err))
		}
	}
	rows, err := s.db.Query(ctx, `SELECT v.article, a.title, v.helpful, v.reason, v.at FROM kb.votes v JOIN kb.articles a ON a.id = v.article
		WHERE v.reason <> '' AND v.at >= $1::date ORDER BY v.at DESC LIMIT $2`, day, maxVoices)
	if err != nil {
		return pg.Map(fmt.Errorf("list what readers wrote: %w", err))
	}
	if a.Voices, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Voice]); err != nil {
		return pg.Map(fmt.Errorf("list what readers wrote: %w", err))
	}
	err = s.db.QueryRow(ctx, `SELECT count(*) FROM kb.articles a WHERE status = 'published'
		AND NOT EXISTS (SELECT FROM kb.views v WHERE v.article = a.id AND v.day >= $1::date)`, day).Scan(&a.Unread)
	if err != nil {
		return pg.Map(fmt.Errorf("count unread articles: %w", err))
	}
	return nil
}

func (s *Service) getAnalytics(c *fiber.Ctx) error {
	days, err := httpd.QueryInt(c, "days", 30, 1, maxDays)
	if err != nil {
		return err
	}
	a, err := s.Analytics(c.UserContext(), days)
	if err != nil {
		return err
	}
	return c.JSON(a)
}
