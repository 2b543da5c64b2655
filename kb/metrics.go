package kb

import (
	"context"

	"parley/internal/metric"
)

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures() {
	metric.Register(s.cfg.Metrics, s.log, metric.Source{Name: "the help centre", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_kb_rate_limited_total", Help: "Votes refused for the rate of their address.", Counter: true},
		{Name: "parley_kb_unsaved_view_articles", Help: "Articles whose latest page views are not in PostgreSQL yet."},
		{Name: "parley_kb_unsaved_view_limit_articles", Help: "Articles beyond which page views are not counted until then."},
		{Name: "parley_kb_passages", Help: "Passages of published articles."},
		{Name: "parley_kb_unembedded_passages", Help: "Passages without a vector of the newest model: search by meaning does not find them, or still uses the model before."},
	}})
}

func (s *Service) figures(ctx context.Context, put metric.Put) error {
	put("parley_kb_rate_limited_total", float64(s.votes.Refused()))
	put("parley_kb_unsaved_view_articles", float64(s.views.count()))
	put("parley_kb_unsaved_view_limit_articles", maxCounted)
	st, err := s.State(ctx)
	if err != nil {
		return err
	}
	put("parley_kb_passages", float64(st.Chunks))
	put("parley_kb_unembedded_passages", float64(max(st.Chunks-st.Embedded, 0)))
	return nil
}
