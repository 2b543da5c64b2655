package kb

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
	"parley/kb/index"
)

const (
	titleSamples = 260
	heldOut      = 4 // every so many of the titles are not learned from
	clickSamples = 500
	clicksWithin = 60 * 24 * time.Hour
	titleWorth   = 0.1 // of a click: titles are not how people ask
	worthSaving  = 0.03
)

// example is a query with the article that it should find, or should not.
type example struct {
	Query, Locale, Article string
	Worth                  float64 // of a click; below zero the article is wrong
	Title                  bool    // the query is the article's own title
}

// LearnWeights sets how searches weigh words, spelling and meaning by this
// knowledge base: from its titles, each of which should find the text of its
// own article, from the results that readers opened, and from their votes after
// a search or an answer of the bot. Some titles are held out: weights that find
// those worse than the usual ones are not used. It does nothing while little has
// changed since the last time.
func (s *Service) LearnWeights(ctx context.Context) error {
	st, err := stateOf(ctx, s.db)
	if err != nil {
		return pg.Map(err)
	}
	due, err := learningDue(ctx, s.db, st.learned)
	if err != nil || !due {
		return pg.Map(err)
	}
	snap, err := s.refresh(ctx)
	if err != nil || snap.embedder == nil {
		return pg.Map(err)
	}
	list, err := examples(ctx, s.db, s.now())
	if err != nil {
		return pg.Map(err)
	}
	var samples, held []index.Sample
	for i := range list {
		sample, ok := s.sample(ctx, snap, &list[i])
		switch {
		case ctx.Err() != nil:
			return pg.Map(ctx.Err())
		case !ok:
		case list[i].Title && i%heldOut == heldOut-1:
			held = append(held, sample)
		default:
			samples = append(samples, sample)
		}
	}
	next := index.Learn(samples, held)
	if sameWeights(next, st.weights) && index.MeanReciprocal(held, st.weights) >= index.MeanReciprocal(held, index.DefaultWeights()) {
		next = st.weights
	}
	s.log.Debug("weights of the search learned", "samples", len(samples), "weights", next)
	return pg.Map(s.db.InTx(ctx, func(tx pgx.Tx) error { return saveWeights(ctx, tx, next, snap.generation, s.now()) }))
}

func (s *Service) sample(ctx context.Context, snap *snapshot, e *example) (index.Sample, bool) {
	q := index.Query{Text: e.Query, Locale: e.Locale, Audiences: audiencesOf(AudienceAgents)}
	if e.Title {
		q.Hidden = e.Article
	}
	search := snap.index.Begin(q)
	return search.Sample(s.nearby(ctx, snap, search, e.Locale, q.Audiences), e.Article, e.Worth)
}

func sameWeights(a, b index.Weights) bool {
	near := func(x, y float64) bool { return math.Abs(math.Log(x/y)) < worthSaving }
	return near(a.Dense, b.Dense) && near(a.Head, b.Head) && near(a.Char, b.Char)
}

// learningDue reports whether a tenth of the articles has changed since a
// generation, or readers have voted since.
func learningDue(ctx context.Context, q pg.Querier, learned int64) (due bool, err error) {
	err = q.QueryRow(ctx, `SELECT $1 < 0 OR (SELECT count(DISTINCT article) FROM kb.changes WHERE generation > $1) >
			greatest(10, (SELECT count(*) FROM kb.articles WHERE status = 'published') / 10)
		OR (SELECT count(*) FROM kb.searches WHERE judged_at > (SELECT learned_at FROM kb.state)) >= $2`, learned, freshVerdicts).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("ask how much has changed: %w", err)
	}
	return due, nil
}

// examples returns titles, drawn the same way in each installation that has
// them, the latest clicks, and the latest votes, which say more than the click
// before them. A title that several articles have is that of none of them.
func examples(ctx context.Context, q pg.Querier, now time.Time) ([]example, error) {
	rows, err := q.Query(ctx, `(SELECT min(title), locale, min(id), $4::float8, true FROM kb.articles WHERE status = 'published' AND title LIKE '% %'
			GROUP BY md5(title), locale HAVING count(*) = 1 ORDER BY md5(title), locale LIMIT $1)
		UNION ALL (SELECT query, locale, clicked, 1, false FROM kb.searches WHERE clicked <> '' AND judged = '' AND at > $2 ORDER BY at DESC LIMIT $3)`,
		titleSamples, now.Add(-clicksWithin), clickSamples, titleWorth)
	if err != nil {
		return nil, fmt.Errorf("load examples for the search: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[example])
	if err != nil {
		return nil, fmt.Errorf("load examples for the search: %w", err)
	}
	votes, err := verdicts(ctx, q, now)
	return append(out, votes...), err
}
