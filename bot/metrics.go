package bot

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/metric"
)

// metrics of the answers. The queue before the bot is the log itself; the
// consumer's lag is its length.
type metrics struct {
	answers  *prometheus.CounterVec
	handoffs *prometheus.CounterVec
	seconds  prometheus.Histogram
	model    *prometheus.CounterVec
	tools    *prometheus.CounterVec
	codes    *prometheus.CounterVec
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
			Name: "parley_bot_model_calls_total", Help: "Answers asked of the language model, by outcome: composed, refused, failed, or proving (a tool needs to know who the visitor is).",
		}, []string{"outcome"}),
	}
	m.tools = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "parley_bot_tool_calls_total", Help: "Calls of tools, by outcome.",
	}, []string{"outcome"})
	m.tools.WithLabelValues("ok")
	m.codes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "parley_bot_codes_total", Help: "One-time codes by mail, by outcome: sent, refused (the server does not take the address), limited or failed.",
	}, []string{"outcome"})
	for _, o := range []codeOutcome{codeSent, codeRefused, codeLimited, codeFailed} {
		m.codes.WithLabelValues(string(o))
	}
	for _, action := range []string{actFlow, actVerify, actAnswer, actIntent, actSmallTalk, actGreeting, actClarify, actFallback, actHandoff} {
		m.answers.WithLabelValues(action) // so that the first one is a rise
	}
	for _, reason := range []string{reasonRequested, reasonUnsure, reasonFailure, reasonAnger, reasonError, reasonFlow, reasonTicket, reasonProof} {
		m.handoffs.WithLabelValues(reason)
	}
	for _, o := range []outcome{composed, refused, failed, proving} {
		m.model.WithLabelValues(o.String())
	}
	if r != nil {
		r.MustRegister(m.answers, m.handoffs, m.seconds, m.model, m.tools, m.codes)
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

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures() {
	metric.Register(s.cfg.Metrics, s.log, metric.Source{Name: "the bot", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_bot_ready", Help: "1 once this process has learned the intents."},
		{Name: "parley_bot_model_up", Help: "1 while the language model is asked, 0 while it rests because it failed; absent without one."},
		{Name: "parley_bot_model_used_tokens", Help: "Tokens of the language model used today (UTC), of all processes; absent without one."},
		{Name: "parley_bot_model_limit_tokens", Help: "Tokens of the language model that may be used a day (--llm-daily-tokens; 0 is no limit); absent without one."},
	}})
}

func (s *Service) figures(ctx context.Context, put metric.Put) error {
	put("parley_bot_ready", metric.Bool(s.trainer.current.Load() != nil))
	if s.llm == nil {
		return nil
	}
	put("parley_bot_model_up", metric.Bool(!s.llm.breaker.resting()))
	put("parley_bot_model_limit_tokens", float64(s.llm.cfg.DailyTokens))
	used, err := usedTokens(ctx, s.db, s.now().Truncate(24*time.Hour))
	if err != nil {
		return err
	}
	put("parley_bot_model_used_tokens", float64(used))
	return nil
}
