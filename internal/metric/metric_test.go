package metric_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"parley/internal/metric"
)

// A source that fails leaves out what it could not tell, keeps the rest of the
// metrics, and is told of once.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	failing := true
	registry := prometheus.NewRegistry()
	metric.Register(registry, slog.New(slog.NewTextHandler(&log, nil)), metric.Source{
		Name: "the warehouse",
		Figures: []metric.Figure{
			{Name: "stock_boxes", Help: "Boxes.", Labels: []string{"shelf"}},
			{Name: "sold_total", Help: "Sales.", Counter: true},
		},
		Ask: func(ctx context.Context, put metric.Put) error {
			_, bounded := ctx.Deadline()
			put("sold_total", metric.Bool(bounded))
			if failing {
				return errors.New("locked")
			}
			put("stock_boxes", 3, "top")
			return nil
		},
	})
	gather := func() map[string]float64 {
		families, err := registry.Gather()
		require.NoError(t, err)
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				got[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		return got
	}
	require.Equal(t, map[string]float64{"sold_total": 1}, gather())
	require.Equal(t, map[string]float64{"sold_total": 1}, gather())
	require.Equal(t, 1, strings.Count(log.String(), "locked"), log.String())
	failing = false
	require.Equal(t, map[string]float64{"sold_total": 1, "stock_boxes": 3}, gather())
	require.Contains(t, log.String(), "are back")
}

func TestUndeclared(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	metric.Register(registry, slog.New(slog.DiscardHandler), metric.Source{
		Name: "typo", Figures: []metric.Figure{{Name: "right", Help: "Right."}},
		Ask: func(_ context.Context, put metric.Put) error {
			require.Panics(t, func() { put("wrong", 1) })
			return nil
		},
	})
	_, err := registry.Gather()
	require.NoError(t, err)
	metric.Register(nil, nil, metric.Source{}) // keeps none
}
