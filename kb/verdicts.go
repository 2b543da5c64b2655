package kb

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/ids"
	"parley/internal/pg"
)

const (
	verdictWithin = 24 * time.Hour // of the search
	voteSamples   = 500            // questions with an article
	pairWorth     = 3              // clicks that readers' votes on one of them count at most
	articleWorth  = 6              // that all votes on one article do
	freshVerdicts = 20             // after which it is worth learning again
)

// recordVerdict keeps what a reader says of the article that their search has
// led to.
func (s *Service) recordVerdict(ctx context.Context, search, article string, helpful bool) {
	if ids.Valid(search) {
		s.keepVerdict(ctx, `clicked = $2`, search, article, helpful)
	}
}

// Judged keeps what a visitor says of the article with which the bot has
// answered a question. search is the id of its [event.SearchOutcome]. It never
// fails for the caller.
func (s *Service) Judged(ctx context.Context, search, article string, helpful bool) {
	s.keepVerdict(ctx, `conv <> ''`, search, article, helpful)
}

func (s *Service) keepVerdict(ctx context.Context, where, search, article string, helpful bool) {
	ctx, cancel := context.WithTimeout(ctx, recordPatience)
	defer cancel()
	now := s.now()
	_, err := s.db.Exec(ctx, `UPDATE kb.searches SET judged = $2, helpful = $3, judged_at = $4 WHERE id = $1 AND at > $5 AND `+where,
		search, article, helpful, now, now.Add(-verdictWithin))
	if err != nil {
		s.log.Warn("what a reader thinks of an answer was not kept for the search", "error", err)
	}
}

// verdicts returns the latest questions that readers have judged an article by,
// with how much that counts: below zero when it did not help.
func verdicts(ctx context.Context, q pg.Querier, now time.Time) ([]example, error) {
	rows, err := q.Query(ctx, `SELECT max(query), locale, judged, count(*) FILTER (WHERE helpful) - count(*) FILTER (WHERE NOT helpful)
		FROM kb.searches WHERE judged_at > $1 GROUP BY lower(query), locale, judged ORDER BY max(judged_at) DESC, lower(query), judged LIMIT $2`,
		now.Add(-clicksWithin), voteSamples)
	if err != nil {
		return nil, fmt.Errorf("load votes for the search: %w", err)
	}
	var out []example
	var e example
	var balance int
	if _, err := pgx.ForEachRow(rows, []any{&e.Query, &e.Locale, &e.Article, &balance}, func() error {
		if e.Worth = worthOf(balance); balance != 0 {
			out = append(out, e)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load votes for the search: %w", err)
	}
	boundArticles(out)
	return out, nil
}

// worthOf counts votes for a question and an article ever less: many are often
// those of one reader.
func worthOf(balance int) float64 {
	if balance == 0 {
		return 0
	}
	votes := math.Abs(float64(balance))
	return math.Copysign(min(1+math.Log2(votes), pairWorth), float64(balance))
}

// boundArticles keeps one article from deciding, in however many words its
// friends or enemies have asked.
func boundArticles(list []example) {
	sum := map[string]float64{}
	for _, e := range list {
		sum[e.Article] += math.Abs(e.Worth)
	}
	for i := range list {
		if total := sum[list[i].Article]; total > articleWorth {
			list[i].Worth *= articleWorth / total
		}
	}
}
