package httpd

import (
	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/errs"
)

// counts are the metrics of requests, those that become sockets too.
type counts struct {
	requests prometheus.Counter
	refused  *prometheus.CounterVec
}

func newCounts(r prometheus.Registerer) *counts {
	c := &counts{
		requests: prometheus.NewCounter(prometheus.CounterOpts{Name: "parley_http_requests_total", Help: "HTTP requests."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_http_refused_total", Help: "HTTP requests answered with an error, by its code.",
		}, []string{"code"}),
	}
	for _, code := range errs.Codes() {
		c.refused.WithLabelValues(string(code)) // so that the first one is a rise
	}
	if r != nil {
		r.MustRegister(c.requests, c.refused)
	}
	return c
}
