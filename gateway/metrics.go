package gateway

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/errs"
	"parley/internal/metric"
)

type metrics struct {
	received prometheus.Counter
	refused  *prometheus.CounterVec
	upgrades *prometheus.CounterVec // refused
	slow     prometheus.Counter
	skipped  prometheus.Counter
	publish  prometheus.Histogram
}

// Why an upgrade was refused.
const (
	refusedDraining = "draining"
	refusedRate     = "rate"
	refusedFull     = "full"
)

func newMetrics(reg prometheus.Registerer, s *Service) *metrics {
	m := &metrics{
		received: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_gateway_objects_received_total", Help: "Objects received on sockets.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_gateway_refused_total", Help: "Commands refused, by code.",
		}, []string{"code"}),
		upgrades: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_gateway_refused_upgrades_total", Help: "Sockets refused before they opened: draining (the process stops), rate (of the address) or full (--max-sockets).",
		}, []string{"reason"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_gateway_slow_readers_total", Help: "Sockets closed because their queue was full.",
		}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_gateway_skipped_joins_total", Help: "Conversations that a console was not joined to by itself, because too many joins ran.",
		}),
		publish: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_gateway_publish_seconds", Help: "From accepting a message to the broker's confirmation.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
		}),
	}
	for _, code := range errs.Codes() {
		m.refused.WithLabelValues(string(code)) // so that the first one is a rise
	}
	for _, reason := range []string{refusedDraining, refusedRate, refusedFull} {
		m.upgrades.WithLabelValues(reason)
	}
	if reg == nil {
		return m
	}
	reg.MustRegister(m.received, m.refused, m.upgrades, m.slow, m.skipped, m.publish)
	metric.Register(reg, s.log, metric.Source{Name: "the gateway", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_gateway_sockets", Help: "Open sockets."},
		{Name: "parley_gateway_limit_sockets", Help: "Sockets that may be open (--max-sockets)."},
		{Name: "parley_gateway_agent_sockets", Help: "Open sockets of agents."},
		{Name: "parley_gateway_rooms", Help: "Conversations with a reader here."},
		{Name: "parley_gateway_suspect_rooms", Help: "Conversations that wait to be compared with the log, because an event may have been missed."},
		{Name: "parley_gateway_queued_bytes", Help: "Bytes that wait to be written to sockets, of all together."},
		{Name: "parley_gateway_fullest_queue_bytes", Help: "Bytes that wait for the socket with the most."},
		{Name: "parley_gateway_queue_limit_bytes", Help: "Bytes that may wait for a socket before it is closed as too slow."},
		{Name: "parley_gateway_rate_limited_total", Help: "Refusals for a rate: message and aside (of a visitor), socket (of an address).", Labels: []string{"limit"}, Counter: true},
	}})
	return m
}

func (s *Service) figures(_ context.Context, put metric.Put) error {
	all, staff := s.sockets.count()
	queued, fullest := 0, 0
	for _, sock := range s.sockets.list() {
		n := sock.waiting()
		queued, fullest = queued+n, max(fullest, n)
	}
	open, suspect := s.rooms.count()
	put("parley_gateway_sockets", float64(all))
	put("parley_gateway_limit_sockets", float64(s.cfg.MaxSockets))
	put("parley_gateway_agent_sockets", float64(staff))
	put("parley_gateway_rooms", float64(open))
	put("parley_gateway_suspect_rooms", float64(suspect))
	put("parley_gateway_queued_bytes", float64(queued))
	put("parley_gateway_fullest_queue_bytes", float64(fullest))
	put("parley_gateway_queue_limit_bytes", maxQueueBytes)
	put("parley_gateway_rate_limited_total", float64(s.visitors.Refused()), "message")
	put("parley_gateway_rate_limited_total", float64(s.asides.Refused()), "aside")
	put("parley_gateway_rate_limited_total", float64(s.address.Refused()), "socket")
	return nil
}

func (m *metrics) clock() time.Time { return time.Now() }

func (m *metrics) stored(since time.Time) { m.publish.Observe(time.Since(since).Seconds()) }
