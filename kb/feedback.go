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

// Gap is a search that led nowhere: no result, or none that anybody opened.
type Gap struct {
	Query    string    `json:"query"`
	Searches int       `json:"searches"`
	Results  int       `json:"results"` // of the last one
	Last     time.Time `json:"last"`
}

const (
	gapWithin  = 30 * 24 * time.Hour
	maxGaps    = 100
	maxReasons = 100
)

// Gaps lists what people looked for in the last 30 days without finding it,
// most frequent first: what authors should write next.
func (s *Service) Gaps(ctx context.Context) ([]Gap, error) {
	rows, err := s.db.Query(ctx, `SELECT lower(query), count(*), (array_agg(results ORDER BY at DESC))[1], max(at)
		FROM kb.searches WHERE at > $1
		GROUP BY lower(query) HAVING bool_and(clicked = '')
		ORDER BY count(*) DESC, max(at) DESC LIMIT $2`, s.now().Add(-gapWithin), maxGaps)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list searches that led nowhere: %w", err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Gap])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list searches that led nowhere: %w", err))
	}
	return out, nil
}

// Verdict is what readers think of an article.
type Verdict struct {
	Helpful   int      `json:"helpful"`
	Unhelpful int      `json:"unhelpful"`
	Reasons   []string `json:"reasons"` // the latest first
}

// Verdict counts an article's votes.
func (s *Service) Verdict(ctx context.Context, article string) (Verdict, error) {
	var v Verdict
	if _, err := articleByID(ctx, s.db, article); err != nil {
		return v, pg.Map(err)
	}
	err := s.db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE helpful), count(*) FILTER (WHERE NOT helpful) FROM kb.votes WHERE article = $1`, article).
		Scan(&v.Helpful, &v.Unhelpful)
	if err != nil {
		return v, pg.Map(fmt.Errorf("count votes: %w", err))
	}
	v.Reasons, err = rowsOf[string](ctx, s.db, "list reasons of votes",
		`SELECT reason FROM kb.votes WHERE article = $1 AND reason <> '' ORDER BY at DESC LIMIT $2`, article, maxReasons)
	return v, pg.Map(err)
}

func (s *Service) getGaps(c *fiber.Ctx) error {
	gaps, err := s.Gaps(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"searches": gaps})
}

func (s *Service) getVerdict(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	v, err := s.Verdict(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(v)
}
