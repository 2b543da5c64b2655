package bot

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the answers. The queue before the bot is the log itself; the
// consumer's lag is its length.
type metrics struct {
	answers  *prometheus.CounterVec
	handoffs *prometheus.CounterVec
	seconds  prometheus.Histogram
	model    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_bot_answers_total", Help: "Answers stored, by what the bot did.",
		}, []string{"action"}),
		handoffs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_bot_handoffs_total", Help: "Conversations handed to people by the bot, by reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_bot_answer_seconds", Help: "Time to decide on an answer.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}),
		model: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_bot_model_calls_total", Help: "Answers asked of the language model, by outcome: composed, refused or failed.",
		}, []string{"outcome"}),
	}
	if r != nil {
		r.MustRegister(m.answers, m.handoffs, m.seconds, m.model)
	}
	return m
}

// answered counts a plan that was stored.
func (m *metrics) answered(p *plan) {
	m.answers.WithLabelValues(p.Trace.Action).Inc()
	m.seconds.Observe(float64(p.Trace.Micros) / 1e6)
	if p.Handoff != nil {
		m.handoffs.WithLabelValues(p.Handoff.Reason).Inc()
	}
}
