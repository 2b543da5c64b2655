package eval

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"parley/bot"
)

// Outcome is what became of a message.
type Outcome struct {
	Label string
	bot.Prediction
}

// inScope reports whether the message belongs to an intent.
func (o *Outcome) inScope() bool { return o.Label != OutOfScope }

func (o *Outcome) right() bool { return o.Guesses[0].Intent == o.Label }

// Outcomes of a test.
type Outcomes []Outcome

// Predict reads every message.
func Predict(m *bot.Model, test []bot.Sample) Outcomes {
	out := make(Outcomes, len(test))
	for i, s := range test {
		out[i] = Outcome{s.Intent, m.Predict(s.Text, "")}
	}
	return out
}

// split returns the messages that belong to an intent, and the others.
func (all Outcomes) split() (inside, outside Outcomes) {
	for _, o := range all {
		if o.inScope() {
			inside = append(inside, o)
		} else {
			outside = append(outside, o)
		}
	}
	return inside, outside
}

// Accuracy is the share of the messages of an intent whose first guess is right;
// NaN without any.
func (all Outcomes) Accuracy() float64 {
	inside, _ := all.split()
	right := 0
	for i := range inside {
		if inside[i].right() {
			right++
		}
	}
	return float64(right) / float64(len(inside))
}

// MacroF1 is the mean over the labels, of the messages or of the guesses, of the
// harmonic mean of precision and recall; NaN without messages of an intent.
func (all Outcomes) MacroF1() float64 {
	inside, _ := all.split()
	type count struct{ right, guessed, labelled float64 }
	counts := map[string]*count{}
	of := func(label string) *count {
		if counts[label] == nil {
			counts[label] = &count{}
		}
		return counts[label]
	}
	for i := range inside {
		o := &inside[i]
		of(o.Label).labelled++
		of(o.Guesses[0].Intent).guessed++
		if o.right() {
			of(o.Label).right++
		}
	}
	var sum float64
	for _, label := range slices.Sorted(maps.Keys(counts)) { // sums of floats depend on their order
		c := counts[label]
		sum += 2 * c.right / (c.guessed + c.labelled)
	}
	return sum / float64(len(counts))
}

const calibrationBins = 15

// CalibrationError is the expected calibration error of the first guess's
// probability in bins of equal width (Naeini et al., AAAI 2015), over messages of
// an intent; NaN without any.
func (all Outcomes) CalibrationError() float64 {
	inside, _ := all.split()
	var bins [calibrationBins]struct{ right, probability float64 }
	for i := range inside {
		p := inside[i].Guesses[0].Probability
		bin := &bins[min(int(p*calibrationBins), calibrationBins-1)]
		bin.probability += p
		if inside[i].right() {
			bin.right++
		}
	}
	var sum float64
	for _, b := range bins {
		sum += math.Abs(b.right - b.probability)
	}
	return sum / float64(len(inside))
}

// ScopeAUROC is the chance that a message of an intent is thought more likely to
// be in scope than one that belongs to none; NaN when either kind is missing.
func (all Outcomes) ScopeAUROC() float64 {
	inside, outside := all.split()
	members := sortedScopes(inside)
	var wins float64
	for i := range outside {
		s := outside[i].InScope
		below, _ := slices.BinarySearch(members, s)
		upTo, _ := slices.BinarySearchFunc(members, s, func(m, s float64) int {
			if m <= s {
				return -1
			}
			return 1
		})
		wins += float64(len(members)-upTo) + float64(upTo-below)/2
	}
	return wins / float64(len(inside)*len(outside))
}

func sortedScopes(of Outcomes) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i].InScope
	}
	slices.Sort(out)
	return out
}

// ScopeRecall is the share of the messages that belong to no intent which are
// refused when the given share of the others is kept; NaN when either kind is
// missing.
func (all Outcomes) ScopeRecall(kept float64) float64 {
	inside, outside := all.split()
	if len(inside) == 0 || len(outside) == 0 {
		return math.NaN()
	}
	members := sortedScopes(inside)
	threshold := members[min(int(math.Floor((1-kept)*float64(len(members))+1e-9)), len(members)-1)]
	refused := 0
	for i := range outside {
		if outside[i].InScope < threshold {
			refused++
		}
	}
	return float64(refused) / float64(len(outside))
}

// Coverage is the largest share of the messages of an intent that a threshold on
// the confidence answers with the given accuracy; NaN without any.
func (all Outcomes) Coverage(accuracy float64) float64 {
	inside, _ := all.split()
	slices.SortFunc(inside, func(a, b Outcome) int { return cmp.Compare(b.Confidence(), a.Confidence()) })
	right, best := 0, 0
	for i := range inside {
		if inside[i].right() {
			right++
		}
		last := i+1 == len(inside) || inside[i+1].Confidence() < inside[i].Confidence()
		if last && float64(right) >= accuracy*float64(i+1) {
			best = i + 1
		}
	}
	return float64(best) / float64(len(inside))
}

// AccuracyAtRecall is the share of the messages of an intent that are answered,
// and rightly, under the lowest threshold on the confidence that refuses the
// given share of those that belong to none; NaN when either kind is missing. It
// is how the authors of HINT3 compare platforms (Arora et al., "HINT3: Raising
// the bar for intent detection in the wild", 2020).
func (all Outcomes) AccuracyAtRecall(recall float64) float64 {
	inside, outside := all.split()
	if len(inside) == 0 || len(outside) == 0 {
		return math.NaN()
	}
	slices.SortFunc(outside, func(a, b Outcome) int { return cmp.Compare(a.Confidence(), b.Confidence()) })
	refused := int(math.Ceil(recall*float64(len(outside)) - 1e-9))
	threshold := math.Inf(-1)
	if refused > 0 {
		threshold = outside[refused-1].Confidence() // answers must be above
	}
	right := 0
	for i := range inside {
		if inside[i].right() && inside[i].Confidence() > threshold {
			right++
		}
	}
	return float64(right) / float64(len(inside))
}
