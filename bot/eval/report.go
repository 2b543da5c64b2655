package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"parley/bot"
)

// seed of the training: the same files give the same figures.
const seed = 1

// Figure is a number, or nothing where there is nothing to measure.
type Figure float64

// MarshalJSON writes null for nothing.
func (f Figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%.4f", float64(f)), nil
}

func (f Figure) String() string {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return "-"
	}
	return fmt.Sprintf("%.4f", float64(f))
}

// Report is what a test shows. Shares are fractions of 1.
type Report struct {
	Accuracy      Figure  `json:"accuracy"`         // of messages of an intent
	MacroF1       Figure  `json:"macro_f1"`         // of messages of an intent
	ECE           Figure  `json:"ece"`              // expected calibration error, 15 bins
	OOSAUROC      Figure  `json:"oos_auroc"`        // in scope against out of scope
	OOSRecallAt95 Figure  `json:"oos_recall_at_95"` // refused when 95 % of messages of an intent are kept
	CoverageAt95  Figure  `json:"coverage_at_95"`   // of messages of an intent, answered with 95 % accuracy
	TrainSeconds  float64 `json:"train_s"`
	P99Micros     float64 `json:"p99_us"` // of recognising a message of the test; see [Latency]
	ModelBytes    int     `json:"model_bytes"`
	Intents       int     `json:"intents"`
	TrainMessages int     `json:"train_messages"`
	TestMessages  int     `json:"test_messages"` // of an intent
	OOSMessages   int     `json:"oos_messages"`
	UnknownLabels int     `json:"unknown_labels"` // messages of the test whose label the training file does not have: counted as wrong
}

// Run trains on the first messages and tests on the second. Messages of valid,
// which may be none, are not learned: they show how sure the scores should be.
// An intent's label counts as an example, as the names of a team's intents do.
func Run(ctx context.Context, train, test, valid []bot.Sample) (Report, Outcomes, error) {
	start := time.Now()
	if len(InScope(train)) == 0 {
		return Report{}, nil, errors.New("there is no message of an intent to learn from")
	}
	m, err := bot.Train(ctx, strangers(withNames(train)), nil, seed)
	if err != nil {
		return Report{}, nil, err
	}
	if len(valid) > 0 {
		m = m.Recalibrated(strangers(valid))
	}
	took := time.Since(start)
	outcomes := Predict(m, test)
	r := outcomes.report()
	r.TrainSeconds, r.ModelBytes = took.Seconds(), m.Size()
	r.Intents, r.TrainMessages = len(m.Intents()), len(train)
	for _, s := range test {
		if s.Intent != OutOfScope && !slices.Contains(m.Intents(), s.Intent) {
			r.UnknownLabels++
		}
	}
	r.P99Micros = float64(Latency(m, test).Nanoseconds()) / 1000
	return r, outcomes, nil
}

func (all Outcomes) report() Report {
	inside, outside := all.split()
	const mark = 0.95
	return Report{
		Accuracy: Figure(all.Accuracy()), MacroF1: Figure(all.MacroF1()), ECE: Figure(all.CalibrationError()),
		OOSAUROC: Figure(all.ScopeAUROC()), OOSRecallAt95: Figure(all.ScopeRecall(mark)), CoverageAt95: Figure(all.Coverage(mark)),
		TestMessages: len(inside), OOSMessages: len(outside),
	}
}

// strangers takes the label of messages that belong to no intent away.
func strangers(samples []bot.Sample) []bot.Sample {
	out := slices.Clone(samples)
	for i := range out {
		if out[i].Intent == OutOfScope {
			out[i].Intent = ""
		}
	}
	return out
}

// withNames adds each intent's label as an example.
func withNames(samples []bot.Sample) []bot.Sample {
	out := slices.Clone(samples)
	seen := map[string]bool{OutOfScope: true}
	for _, s := range samples {
		if !seen[s.Intent] {
			seen[s.Intent] = true
			out = append(out, bot.Sample{Text: bot.Spoken(s.Intent), Intent: s.Intent})
		}
	}
	return out
}

// rounds of measuring: each message's fastest counts, so that what else the
// machine does is not taken for work of this program.
const rounds = 5

// Latency is the time within which 99 of 100 of the messages are recognised, one
// at a time on one processor.
func Latency(m *bot.Model, messages []bot.Sample) time.Duration {
	fastest := make([]time.Duration, len(messages))
	for round := range rounds {
		for i, s := range messages {
			start := time.Now()
			m.Predict(s.Text, "")
			if took := time.Since(start); round == 0 || took < fastest[i] {
				fastest[i] = took
			}
		}
	}
	slices.Sort(fastest)
	if len(fastest) == 0 {
		return 0
	}
	return fastest[(len(fastest)*99-1)/100]
}
