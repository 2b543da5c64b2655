package routing

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/metric"
	"parley/internal/pg"
)

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures(r prometheus.Registerer) {
	metric.Register(r, s.log, metric.Source{Name: "routing", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_routing_waiting_conversations", Help: "Conversations that wait for a person."},
		{Name: "parley_routing_longest_wait_seconds", Help: "How long the conversation waits that waits longest for a person."},
		{Name: "parley_routing_online_agents", Help: "Agents who are online."},
		{Name: "parley_routing_free_places", Help: "Conversations that agents who are online could take on."},
	}})
}

func (s *Service) figures(ctx context.Context, put metric.Put) error {
	q, err := queueFigures(ctx, s.db)
	if err != nil {
		return err
	}
	put("parley_routing_waiting_conversations", float64(q.waiting))
	put("parley_routing_longest_wait_seconds", q.longest)
	put("parley_routing_online_agents", float64(q.online))
	put("parley_routing_free_places", float64(q.free))
	return nil
}

type queueCounts struct {
	waiting, online, free int64
	longest               float64 // seconds
}

func queueFigures(ctx context.Context, q pg.Querier) (queueCounts, error) {
	var c queueCounts
	err := q.QueryRow(ctx, `
		SELECT w.n, w.longest, a.n, a.free
		FROM (SELECT count(*) AS n, coalesce(extract(epoch FROM now() - min(since)), 0)::float8 AS longest
			FROM routing.conversations WHERE state = 'waiting') w,
			(SELECT count(*) AS n, coalesce(sum(greatest(capacity - load, 0)), 0) AS free FROM routing.agents WHERE state = 'online') a`).
		Scan(&c.waiting, &c.longest, &c.online, &c.free)
	if err != nil {
		return c, pg.Map(fmt.Errorf("count the queue: %w", err))
	}
	return c, nil
}
