package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	received prometheus.Counter
	refused  *prometheus.CounterVec
	slow     prometheus.Counter
	publish  prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, s *Service) *metrics {
	m := &metrics{
		received: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_gateway_objects_received_total", Help: "Objects received on sockets.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_gateway_refused_total", Help: "Commands refused, by code.",
		}, []string{"code"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_gateway_slow_readers_total", Help: "Sockets closed because their queue was full.",
		}),
		publish: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_gateway_publish_seconds", Help: "From accepting a message to the broker's confirmation.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
		}),
	}
	if reg == nil {
		return m
	}
	reg.MustRegister(
		m.received, m.refused, m.slow, m.publish,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "parley_gateway_sockets", Help: "Open sockets."}, func() float64 {
			all, _ := s.sockets.count()
			return float64(all)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "parley_gateway_agent_sockets", Help: "Open sockets of agents."}, func() float64 {
			_, staff := s.sockets.count()
			return float64(staff)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "parley_gateway_rooms", Help: "Conversations with a reader here."}, func() float64 {
			return float64(len(s.rooms.list()))
		}),
	)
	return m
}

func (m *metrics) clock() time.Time { return time.Now() }

func (m *metrics) stored(since time.Time) { m.publish.Observe(time.Since(since).Seconds()) }
