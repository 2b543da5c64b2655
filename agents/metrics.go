package agents

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/errs"
	"parley/internal/metric"
)

// Outcomes of a sign-in.
const (
	signedIn    = "ok"
	signInWrong = "wrong"        // the password or the link
	signInOften = "rate_limited" // of the address or the account
	signInBusy  = "busy"         // too many passwords are compared
	signInOther = "failed"
)

func newSignIns(r prometheus.Registerer) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "parley_agents_sign_ins_total", Help: "Sign-ins by password or link, by outcome: ok, wrong, rate_limited, busy (too many passwords are compared) or failed.",
	}, []string{"outcome"})
	for _, outcome := range []string{signedIn, signInWrong, signInOften, signInBusy, signInOther} {
		v.WithLabelValues(outcome) // so that the first one is a rise
	}
	if r != nil {
		r.MustRegister(v)
	}
	return v
}

// countSignIn counts what came of a sign-in.
func (s *Service) countSignIn(err error) {
	outcome := signInOther
	switch {
	case err == nil:
		outcome = signedIn
	case errs.Is(err, errs.Unauthenticated):
		outcome = signInWrong
	case errs.Is(err, errs.RateLimited):
		outcome = signInOften
	case errs.Is(err, errs.Busy):
		outcome = signInBusy
	}
	s.signIns.WithLabelValues(outcome).Inc()
}

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures(r prometheus.Registerer) {
	metric.Register(r, s.log, metric.Source{
		Name: "agents",
		Figures: []metric.Figure{
			{Name: "parley_agents_waiting_passwords", Help: "Passwords that are hashed or wait for it."},
			{Name: "parley_agents_waiting_limit_passwords", Help: "Passwords that may be hashed or wait for it; further sign-ins are told to come back."},
			{Name: "parley_agents_rate_limited_total", Help: "Refusals of sign-ins for a rate, by whose: address or account.", Labels: []string{"limit"}, Counter: true},
		},
		Ask: func(_ context.Context, put metric.Put) error {
			put("parley_agents_waiting_passwords", float64(len(s.passwords.waiting)))
			put("parley_agents_waiting_limit_passwords", float64(cap(s.passwords.waiting)))
			put("parley_agents_rate_limited_total", float64(s.byAddress.Refused()), "address")
			put("parley_agents_rate_limited_total", float64(s.byAccount.Refused()), "account")
			return nil
		},
	})
}
