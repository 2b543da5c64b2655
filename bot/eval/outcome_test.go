package eval_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot"
	"parley/bot/eval"
)

// outcome is one whose first guess is given.
func outcome(label, guess string, probability, inScope float64) eval.Outcome {
	return eval.Outcome{Label: label, Prediction: bot.Prediction{Guesses: [3]bot.Guess{{Intent: guess, Probability: probability}}, InScope: inScope}}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	all := eval.Outcomes{
		outcome("a", "a", 1, 1), outcome("a", "a", 0.9, 1), outcome("b", "b", 0.8, 1), outcome("b", "a", 0.6, 0.5),
		outcome("oos", "a", 0.9, 0.5), outcome("oos", "b", 0.2, 0.1),
	}
	assert.InDelta(t, 0.75, all.Accuracy(), 1e-9)
	assert.InDelta(t, (0.8+2.0/3)/2, all.MacroF1(), 1e-9)
	assert.InDelta(t, (0+0.1+0.2+0.6)/4, all.CalibrationError(), 1e-9)
	assert.InDelta(t, (3+0.5+4)/8, all.ScopeAUROC(), 1e-9)
	assert.InDelta(t, 0.5, all.ScopeRecall(1), 1e-9)
	assert.InDelta(t, 1, all.ScopeRecall(0.75), 1e-9)
	assert.InDelta(t, 0.75, all.Coverage(0.95), 1e-9)
	assert.InDelta(t, 1, all.Coverage(0.75), 1e-9)
	assert.InDelta(t, 0.75, all.AccuracyAtRecall(0), 1e-9)
	assert.InDelta(t, 0.75, all.AccuracyAtRecall(1), 1e-9)
}

func TestNothingToMeasureIsNoNumber(t *testing.T) {
	t.Parallel()
	train := []bot.Sample{{Text: "where is my parcel", Intent: "order"}, {Text: "give me my money back", Intent: "refund"}}
	r, outcomes, err := eval.Run(t.Context(), train, train, nil)
	require.NoError(t, err)
	assert.Len(t, outcomes, 2)
	assert.InDelta(t, 1, float64(r.Accuracy), 1e-9)
	assert.Equal(t, "-", r.OOSAUROC.String())
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(raw), `"oos_auroc":null`)
	assert.Contains(t, string(raw), `"oos_recall_at_95":null`)
	assert.Contains(t, string(raw), `"accuracy":1.0000`)

	r, _, err = eval.Run(t.Context(), train, []bot.Sample{{Text: "hello", Intent: eval.OutOfScope}}, nil)
	require.NoError(t, err)
	for _, f := range []eval.Figure{r.Accuracy, r.MacroF1, r.ECE, r.OOSAUROC, r.CoverageAt95} {
		assert.Equal(t, "-", f.String())
	}
	_, err = json.Marshal(r)
	require.NoError(t, err)
	assert.True(t, math.IsNaN(eval.Outcomes{}.AccuracyAtRecall(0.5)))
}

func TestLabelsThatWereNotLearnedAreWrong(t *testing.T) {
	t.Parallel()
	train := []bot.Sample{{Text: "where is my parcel", Intent: "order"}, {Text: "give me my money back", Intent: "refund"}, {Text: "tell me a joke", Intent: eval.OutOfScope}}
	r, _, err := eval.Run(t.Context(), train, []bot.Sample{{Text: "where is my parcel", Intent: "parcel"}, {Text: "my parcel", Intent: "order"}}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, r.UnknownLabels)
	assert.Equal(t, 2, r.Intents)
	assert.InDelta(t, 0.5, float64(r.Accuracy), 1e-9)

	_, _, err = eval.Run(t.Context(), train[2:], train, nil)
	require.Error(t, err)
}
