package chat

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the projection. The one queue behind it is the log itself: lag is
// its length.
type metrics struct {
	lag    *prometheus.GaugeVec
	events *prometheus.CounterVec
	batch  prometheus.Histogram
	epochs prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "parley_chat_projection_lag", Help: "Events stored that are not in PostgreSQL yet, by stream, after the last batch.",
		}, []string{"stream"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_chat_projected_total", Help: "Events written to PostgreSQL, by stream.",
		}, []string{"stream"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_chat_projection_seconds", Help: "Time to write a batch of events.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 7),
		}),
		epochs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_chat_stream_losses_total", Help: "Streams found to have lost events and refilled from PostgreSQL.",
		}),
	}
	if r != nil {
		r.MustRegister(m.lag, m.events, m.batch, m.epochs)
	}
	return m
}

func (m *metrics) projected(stream string, events int, pending uint64, took time.Duration) {
	m.lag.WithLabelValues(stream).Set(float64(pending))
	m.events.WithLabelValues(stream).Add(float64(events))
	m.batch.Observe(took.Seconds())
}
