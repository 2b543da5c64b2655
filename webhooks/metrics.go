package webhooks

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/metric"
	"parley/internal/pg"
)

// Outcomes of a try.
const (
	tryDelivered = "delivered"
	tryFailed    = "failed" // and will be tried again
	tryGivenUp   = "given_up"
)

func newTries(r prometheus.Registerer) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "parley_webhooks_tries_total", Help: "Tries of deliveries, by outcome: delivered, failed (it is tried again) or given_up.",
	}, []string{"outcome"})
	for _, outcome := range []string{tryDelivered, tryFailed, tryGivenUp} {
		v.WithLabelValues(outcome) // so that the first one is a rise
	}
	if r != nil {
		r.MustRegister(v)
	}
	return v
}

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures(r prometheus.Registerer) {
	metric.Register(r, s.log, metric.Source{Name: "webhooks", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_webhooks_running_deliveries", Help: "Deliveries that are being sent by this process."},
		{Name: "parley_webhooks_running_limit_deliveries", Help: "Deliveries that a process sends at once; others wait."},
		{Name: "parley_webhooks_waiting_deliveries", Help: "Deliveries that wait for their first or next try."},
		{Name: "parley_webhooks_overdue_seconds", Help: "How long ago the one due longest should have been tried; 0 when none is late."},
	}})
}

func (s *Service) figures(ctx context.Context, put metric.Put) error {
	free, _ := s.places.free()
	put("parley_webhooks_running_deliveries", float64(placesAll-free))
	put("parley_webhooks_running_limit_deliveries", placesAll)
	waiting, overdue, err := backlog(ctx, s.db)
	if err != nil {
		return err
	}
	put("parley_webhooks_waiting_deliveries", float64(waiting))
	put("parley_webhooks_overdue_seconds", overdue)
	return nil
}

// backlog counts what waits for endpoints that are on; overdue is in seconds.
func backlog(ctx context.Context, q pg.Querier) (waiting int64, overdue float64, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*), greatest(coalesce(extract(epoch FROM now() - min(d.next_at)), 0), 0)::float8
		FROM webhooks.deliveries d JOIN webhooks.endpoints e ON e.id = d.endpoint
		WHERE d.state = 'waiting' AND e.enabled`).Scan(&waiting, &overdue)
	if err != nil {
		return 0, 0, pg.Map(fmt.Errorf("count deliveries: %w", err))
	}
	return waiting, overdue, nil
}
