package deploy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// scrape is what a server shows at one instant.
type scrape struct {
	text     []byte
	families map[string]*dto.MetricFamily
}

func scraped(t testing.TB, s *harness.Server) scrape {
	t.Helper()
	resp, err := http.Get(s.Admin + "/metrics")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	out := scrape{}
	out.text, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	out.families, err = parser.TextToMetricFamilies(bytes.NewReader(out.text))
	require.NoError(t, err)
	return out
}

// value is that of the series with the labels, given in pairs; ok is false when
// there is none.
func (s scrape) value(name string, labels ...string) (v float64, ok bool) {
	for _, m := range s.families[name].GetMetric() {
		if !labelled(m, labels) {
			continue
		}
		return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount()), true
	}
	return 0, false
}

func labelled(m *dto.Metric, labels []string) bool {
	have := map[string]string{}
	for _, l := range m.GetLabel() {
		have[l.GetName()] = l.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if have[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// metricInfo is a row of `parley metrics --json`.
type metricInfo struct {
	Name, Type, Help string
	Labels           []string
}

// listedMetrics asks the program which metrics there are, by name. With the
// series of histograms and the metrics of the Go runtime, these are all that an
// expression may name.
func listedMetrics(t testing.TB) map[string]metricInfo {
	t.Helper()
	var list []metricInfo
	require.NoError(t, json.Unmarshal(command(t, "metrics", "--json"), &list))
	out := map[string]metricInfo{}
	for _, m := range list {
		out[m.Name] = m
	}
	return out
}

// optional are metrics of what this server does not have.
func optional(name string) bool { return strings.HasPrefix(name, "parley_bot_model_") }
