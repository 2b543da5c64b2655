package kb

import (
	"context"
	"time"

	"parley/internal/pg"
)

// Tasks are the articles that wait for somebody.
type Tasks struct {
	Review   []Draft `json:"review"`   // they were asked to read, or anybody who may approve was
	Returned []Draft `json:"returned"` // came back to them
	Approved []Draft `json:"approved"` // may be published, and have no date
	Due      []Draft `json:"due"`      // theirs, or nobody's, and should be read again
}

// Tasks lists what waits for an agent: reviews and publishing for who may do
// them, otherwise only what they wrote or own.
func (s *Service) Tasks(ctx context.Context, agent string, approves bool) (Tasks, error) {
	var t Tasks
	today := s.now().Format(time.DateOnly)
	for _, part := range []struct {
		into *[]Draft
		when string
		args []any
	}{
		{&t.Review, `coalesce(s.status, a.status) = 'awaiting_review' AND (w.reviewer = $1 OR ($2::boolean AND w.reviewer = ''))`, []any{agent, approves}},
		{&t.Returned, `coalesce(s.status, a.status) = 'in_progress' AND w.asked_by = $1 AND $2::boolean IS NOT NULL`, []any{agent, approves}},
		{&t.Approved, `coalesce(s.status, a.status) = 'approved' AND w.publish_at IS NULL AND $2::boolean AND $1::text <> ''`, []any{agent, approves}},
		{&t.Due, `a.status = 'published' AND w.review_after <= $3::date AND (w.owner = $1 OR ($2::boolean AND w.owner = ''))`, []any{agent, approves, today}},
	} {
		list, err := articles(ctx, s.db, "list tasks", `SELECT `+briefColumns+` FROM kb.articles a JOIN kb.work w ON w.article = a.id
			LEFT JOIN kb.staged s ON s.article = a.id WHERE `+part.when+` ORDER BY coalesce(s.updated_at, a.updated_at), a.id LIMIT 100`, part.args...)
		if err != nil {
			return t, pg.Map(err)
		}
		for i := range list {
			list[i].Markdown = ""
		}
		if *part.into, err = completeAll(ctx, s.db, list); err != nil {
			return t, pg.Map(err)
		}
	}
	return t, nil
}
