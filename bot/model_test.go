package bot

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quality is what is measured of a model on a test set, as fractions of 1.
type quality struct {
	accuracy         float64 // of the messages that belong to an intent
	calibrationError float64 // expected, in 15 bins of equal width
	scopeAUROC       float64 // members against strangers, by InScope
}

func measure(m *Model, test []Sample) quality {
	var right, members int
	var bins [15]struct{ n, right, confidence float64 }
	var inside, outside []float64
	for _, s := range test {
		p := m.Predict(s.Text, "")
		if s.Intent == stranger {
			outside = append(outside, p.InScope)
			continue
		}
		inside = append(inside, p.InScope)
		members++
		bin := &bins[min(int(p.Guesses[0].Probability*float64(len(bins))), len(bins)-1)]
		bin.n++
		bin.confidence += p.Guesses[0].Probability
		if p.Guesses[0].Intent == s.Intent {
			right++
			bin.right++
		}
	}
	q := quality{accuracy: float64(right) / float64(members), scopeAUROC: auroc(inside, outside)}
	for _, b := range bins {
		q.calibrationError += math.Abs(b.right-b.confidence) / float64(members)
	}
	return q
}

// auroc is the chance that a member scores above a stranger.
func auroc(members, strangers []float64) float64 {
	var wins float64
	for _, m := range members {
		for _, s := range strangers {
			switch {
			case m > s:
				wins++
			case m == s:
				wins += 0.5
			}
		}
	}
	return wins / math.Max(1, float64(len(members)*len(strangers)))
}

// The floors are regression gates a little below what was measured when they
// were set.
func TestQuality(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		train, test string
		strangers   map[string]float64 // file → floor of the AUROC of scope against them
		names       bool
		floor       quality // calibrationError is a ceiling
	}{
		"banking77 full":     {train: "banking77/train.tsv", test: "banking77/test.tsv", floor: quality{0.92, 0.03, 0}},
		"banking77 10 shots": {train: "banking77/fewshot/train_10.tsv", test: "banking77/test.tsv", names: true, floor: quality{0.80, 0.06, 0}},
		"banking77 5 shots":  {train: "banking77/fewshot/train_5.tsv", test: "banking77/test.tsv", names: true, floor: quality{0.725, 0.08, 0}},
		"banking77 strangers": {
			train: "banking77/oos50/train.tsv", test: "banking77/oos50/test.tsv", floor: quality{0.85, 0.08, 0},
			strangers: map[string]float64{"banking77/oos50/id-oos_test.tsv": 0.86, "banking77/oos50/ood-oos_valid.tsv": 0.985}, // near and far away
		},
		"sofmattress": {train: "hint3-sofmattress/train.tsv", test: "hint3-sofmattress/test.tsv", floor: quality{0.76, 0.12, 0.87}},
		"snips":       {train: "snips/train.tsv", test: "snips/test.tsv", floor: quality{0.97, 0.03, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			train := withoutStrangers(readData(t, test.train))
			samples := readData(t, test.test)
			if test.names {
				train = withNames(train)
			}
			start := time.Now()
			m, err := Train(t.Context(), train, nil, 1)
			require.NoError(t, err)
			took := time.Since(start)
			got := measure(m, samples)
			t.Logf("accuracy %.4f, calibration error %.4f, AUROC of scope %.4f; %d bytes, trained in %s", got.accuracy, got.calibrationError, got.scopeAUROC, m.Size(), took.Round(time.Millisecond))
			require.GreaterOrEqual(t, got.accuracy, test.floor.accuracy)
			require.LessOrEqual(t, got.calibrationError, test.floor.calibrationError)
			require.GreaterOrEqual(t, got.scopeAUROC, test.floor.scopeAUROC)
			for name, floor := range test.strangers {
				got := measure(m, slices.Concat(samples, readData(t, name)))
				t.Logf("AUROC of scope against %s %.4f", name, got.scopeAUROC)
				require.GreaterOrEqual(t, got.scopeAUROC, floor)
			}
		})
	}
}

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
