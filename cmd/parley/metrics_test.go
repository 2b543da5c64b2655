package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// docs/metrics.md is printed by `parley metrics`, and lists every metric.
func TestMetricsPageIsCurrent(t *testing.T) {
	t.Parallel()
	code, page, errOut := run(t, "metrics")
	require.Zero(t, code, errOut)
	got, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	require.Equal(t, page, string(got), "run: go run ./cmd/parley metrics > docs/metrics.md")
	list, err := (&program{}).listMetrics()
	require.NoError(t, err)
	require.Greater(t, len(list), 80)
	for _, m := range list {
		require.Equal(t, 1, strings.Count(page, "`"+m.Name+"`"), "%s belongs to no table of the page", m.Name)
	}
}

// A name is parley_<module>_<what>_<unit>, a help is a sentence, and a label
// has few values.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	list, err := (&program{}).listMetrics()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, m := range list {
		require.False(t, seen[m.Name], m.Name)
		seen[m.Name] = true
		require.Empty(t, faults(m), m.Name)
	}
}

// faults says what is wrong with a metric.
func faults(m metricInfo) (found []string) {
	// What a gauge counts, in the plural; or that something is so.
	units := []string{
		"bytes", "seconds", "messages", "events", "streams", "conversations", "articles", "passages", "sockets", "rooms", "connections",
		"requests", "leases", "timers", "uploads", "images", "passwords", "deliveries", "agents", "places", "tokens",
		"connected", "ready", "up", "info",
	}
	labels := []string{"action", "code", "consumer", "lease", "limit", "module", "outcome", "reason", "stream", "version"}
	if !regexp.MustCompile(`^parley_[a-z]+(_[a-z]+)+$`).MatchString(m.Name) {
		found = append(found, "the name has another form")
	}
	unit := m.Name[strings.LastIndexByte(m.Name, '_')+1:]
	switch m.Type {
	case "counter":
		if unit != "total" {
			found = append(found, "a counter ends in _total")
		}
	case "histogram":
		if unit != "seconds" && unit != "bytes" {
			found = append(found, "a histogram is of seconds or bytes")
		}
	default:
		if !slices.Contains(units, unit) {
			found = append(found, "a gauge ends in its unit, and "+unit+" is none")
		}
	}
	if len(m.Help) < 8 || !strings.HasSuffix(m.Help, ".") {
		found = append(found, "the help is no sentence")
	}
	for _, label := range m.Labels {
		if !slices.Contains(labels, label) {
			found = append(found, "the label "+label+" is not known to have few values")
		}
	}
	return found
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, bad := range []metricInfo{
		{Name: "parley_bus_lag", Type: "gauge", Help: "Events behind."},
		{Name: "parley_bus_lag_ms", Type: "gauge", Help: "Time behind."},
		{Name: "parley_bus_sent_messages", Type: "counter", Help: "Messages sent."},
		{Name: "parley_bus_sent_total", Type: "gauge", Help: "Messages sent."},
		{Name: "parley_bus_wait_messages", Type: "histogram", Help: "Time waited."},
		{Name: "bus_wait_seconds", Type: "histogram", Help: "Time waited."},
		{Name: "parley_bus_lag_seconds", Type: "gauge"},
		{Name: "parley_bus_lag_seconds", Type: "gauge", Help: "Time behind.", Labels: []string{"conversation"}},
	} {
		require.Len(t, faults(bad), 1, "%+v", bad)
	}
}

// What is registered and cannot be listed is an error, not a gap in the page.
func TestUnlistedMetric(t *testing.T) {
	t.Parallel()
	var l listed
	l.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "odd", Help: "Odd.", ConstLabels: prometheus.Labels{"a": "b"}}))
	require.Error(t, l.err)
}
