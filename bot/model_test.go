package bot

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPredict reads the messages of banking77 with a model of all its
// 10,003 examples.
func BenchmarkPredict(b *testing.B) {
	m, err := Train(b.Context(), readData(b, "banking77/train.tsv"), nil, 1)
	require.NoError(b, err)
	messages := readData(b, "banking77/test.tsv")
	m.Predict(messages[0].Text, "")
	b.ReportAllocs()
	took := make([]time.Duration, 0, 1<<16)
	i := 0
	for b.Loop() {
		start := time.Now()
		m.Predict(messages[i%len(messages)].Text, "")
		if len(took) < cap(took) {
			took = append(took, time.Since(start))
		}
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

// BenchmarkTrain trains 77 intents with 10 examples each, calibration included.
func BenchmarkTrain(b *testing.B) {
	samples := readData(b, "banking77/fewshot/train_10.tsv")
	for b.Loop() {
		_, err := Train(b.Context(), samples, nil, 1)
		require.NoError(b, err)
	}
}
