// Package metric turns numbers that are looked up when metrics are read into
// gauges and counters: the length of a queue in a table, the statistics of a
// pool. What is counted where it happens needs only the Prometheus client.
//
// Names are parley_<module>_<what>_<unit>. A counter ends in _total; units are
// seconds, bytes, or the plural of what is counted. Labels have values from a
// fixed set: codes, modules, streams, consumers; never ids of people or
// conversations.
package metric

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// patience is how long one look may take. Prometheus gives up after 10 s by
// default.
const patience = 3 * time.Second

// Figure is a number with a name.
type Figure struct {
	Name    string
	Help    string
	Labels  []string
	Counter bool // it only grows; else it is a gauge
}

// Put tells the value of a figure, with a value for each of its labels. A
// figure that was not declared panics.
type Put func(name string, value float64, labels ...string)

// Source is where figures come from. Ask puts what it knows; an error leaves
// out what was not put, and is logged when the time before went well.
type Source struct {
	Name    string // for the log
	Figures []Figure
	Ask     func(ctx context.Context, put Put) error
}

// Register adds the figures of a source to the registry. Nil keeps none. It
// panics when a name is taken.
func Register(r prometheus.Registerer, log *slog.Logger, s Source) {
	if r == nil {
		return
	}
	c := &collector{source: s, log: log, figures: make(map[string]described, len(s.Figures))}
	for _, f := range s.Figures {
		kind := prometheus.GaugeValue
		if f.Counter {
			kind = prometheus.CounterValue
		}
		c.figures[f.Name] = described{prometheus.NewDesc(f.Name, f.Help, f.Labels, nil), kind}
	}
	r.MustRegister(c)
}

// collector may be asked by several scrapes at once.
type collector struct {
	source  Source
	log     *slog.Logger
	figures map[string]described
	failed  atomic.Bool
}

type described struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := c.source.Ask(ctx, func(name string, value float64, labels ...string) {
		f, ok := c.figures[name]
		if !ok {
			panic("figure " + name + " is not declared")
		}
		out <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
	})
	switch before := c.failed.Swap(err != nil); {
	case err != nil && !before:
		c.log.Warn("some metrics are missing", "source", c.source.Name, "error", err)
	case err == nil && before:
		c.log.Info("the missing metrics are back", "source", c.source.Name)
	}
}

// Bool is 1 for true.
func Bool(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
