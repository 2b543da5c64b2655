package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

// Where a search was made, beside those of others, such as the bot: on the page
// of results, by a suggestion while typing on a page, and in the widget.
const (
	sourceHelp    = "help"
	sourceSuggest = "suggest"
	sourceWidget  = "widget"
)

// recordSearch keeps what was looked for and returns the id under which a
// click on a result is recorded; "" when that failed, which nobody must
// notice.
func (s *Service) recordSearch(ctx context.Context, query, locale, source string, results int) string {
	o := event.SearchOutcome{ID: ids.New(), Text: query, Locale: locale, Source: source, Results: results, Outcome: event.SearchShown}
	if !s.record(ctx, &o) {
		return ""
	}
	return o.ID
}

// Searched records a search of the bot and what came of it, for those who write
// the articles. It never fails for the caller; the same id is recorded once.
func (s *Service) Searched(ctx context.Context, o event.SearchOutcome) {
	if o.ID == "" {
		o.ID = ids.New()
	}
	s.record(ctx, &o)
}

const (
	recordPatience = time.Second
	maxKept        = 200 // characters of a question
)

func (s *Service) record(ctx context.Context, o *event.SearchOutcome) bool {
	ctx, cancel := context.WithTimeout(ctx, recordPatience)
	defer cancel()
	_, err := s.db.Exec(ctx, `INSERT INTO kb.searches (id, query, locale, results, source, outcome, clicked, at, conv)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
		o.ID, markup.Cut(s.redact.Mask(printable(o.Text)), maxKept), o.Locale, o.Results, o.Source, o.Outcome, o.Article, s.now(), o.Conv)
	if err != nil {
		s.log.Warn("a search was not recorded", "error", err)
	}
	return err == nil
}

// recordClick says which article a search has led to; the first one counts.
func (s *Service) recordClick(ctx context.Context, search, article string) {
	if !ids.Valid(search) {
		return
	}
	_, err := s.db.Exec(ctx, `UPDATE kb.searches SET clicked = $2, outcome = 'clicked' WHERE id = $1 AND clicked = '' AND at > $3`,
		search, article, s.now().Add(-time.Hour))
	if err != nil {
		s.log.Warn("a click on a search result was not recorded", "error", err)
	}
}

// AskedFor is what people looked for in the same words, whatever their case.
type AskedFor struct {
	Query      string    `json:"query"`
	Searches   int       `json:"searches"`
	Results    int       `json:"results"` // of the last one
	Clicked    int       `json:"clicked"`
	Answered   int       `json:"answered"`    // by the bot
	HandedOver int       `json:"handed_over"` // by the bot to a person
	Last       time.Time `json:"last"`
}

// SearchTotals counts the searches of a period.
type SearchTotals struct {
	Searches      int `json:"searches"`
	WithoutResult int `json:"without_result"`
	WithoutClick  int `json:"without_click"` // by readers, with results of which none was opened
	Clicked       int `json:"clicked"`
	Answered      int `json:"answered"`
	HandedOver    int `json:"handed_over"`
}

// SearchKind selects what [Service.Searches] lists.
type SearchKind string

// Kinds of searches: all, those that found nothing, those whose results nobody
// opened, and those that the bot handed over.
const (
	SearchesTop      SearchKind = "top"
	SearchesEmpty    SearchKind = "empty"
	SearchesUnopened SearchKind = "unopened"
	SearchesHanded   SearchKind = "handed_over"
)

func (k SearchKind) valid() bool {
	switch k {
	case SearchesTop, SearchesEmpty, SearchesUnopened, SearchesHanded:
		return true
	}
	return false
}

// Searches counts the searches since a time, and lists what was looked for most
// often of a kind, at most limit.
func (s *Service) Searches(ctx context.Context, since time.Time, kind SearchKind, limit int) (SearchTotals, []AskedFor, error) {
	var t SearchTotals
	err := s.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE results = 0),
			count(*) FILTER (WHERE results > 0 AND outcome = 'shown' AND source <> 'bot'), count(*) FILTER (WHERE outcome = 'clicked'),
			count(*) FILTER (WHERE outcome = 'answered'), count(*) FILTER (WHERE outcome = 'handed_over')
		FROM kb.searches WHERE at > $1`, since).
		Scan(&t.Searches, &t.WithoutResult, &t.WithoutClick, &t.Clicked, &t.Answered, &t.HandedOver)
	if err != nil {
		return t, nil, pg.Map(fmt.Errorf("count searches: %w", err))
	}
	rows, err := s.db.Query(ctx, `SELECT lower(query), count(*), (array_agg(results ORDER BY at DESC))[1], count(*) FILTER (WHERE outcome = 'clicked'),
			count(*) FILTER (WHERE outcome = 'answered'), count(*) FILTER (WHERE outcome = 'handed_over'), max(at)
		FROM kb.searches WHERE at > $1
		GROUP BY lower(query)
		HAVING CASE $2 WHEN 'empty' THEN (array_agg(results ORDER BY at DESC))[1] = 0
			WHEN 'unopened' THEN bool_and(outcome = 'shown') AND bool_or(results > 0)
			WHEN 'handed_over' THEN bool_or(outcome = 'handed_over') ELSE true END
		ORDER BY count(*) DESC, max(at) DESC, lower(query) LIMIT $3`, since, string(kind), limit)
	if err != nil {
		return t, nil, pg.Map(fmt.Errorf("list searches: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[AskedFor])
	if err != nil {
		return t, nil, pg.Map(fmt.Errorf("list searches: %w", err))
	}
	return t, list, nil
}

const (
	defaultDays     = 30
	defaultSearches = 50
	maxSearches     = 200
)

func (s *Service) getSearches(c *fiber.Ctx) error {
	days, err := httpd.QueryInt(c, "days", defaultDays, 1, int(keepSearches/(24*time.Hour)))
	if err != nil {
		return err
	}
	limit, err := httpd.QueryInt(c, "limit", defaultSearches, 1, maxSearches)
	if err != nil {
		return err
	}
	kind := SearchKind(orElse(c.Query("kind"), string(SearchesTop)))
	if !kind.valid() {
		return errs.Field("kind", "must be top, empty, unopened or handed_over")
	}
	since := s.now().AddDate(0, 0, -days)
	totals, list, err := s.Searches(c.UserContext(), since, kind, limit)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"since": since, "days": days, "totals": totals, "searches": list})
}

// Forget deletes what the bot was asked in conversations.
func (s *Service) Forget(ctx context.Context, convs []string) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM kb.searches WHERE conv = ANY($1) AND conv <> ''`, convs); err != nil {
		return pg.Map(fmt.Errorf("forget searches of conversations: %w", err))
	}
	return nil
}
