package bot

import "math"

// evidence is what speaks for a message belonging to any of the intents, each
// the more the larger.
type evidence [5]float64

const (
	evEnergy    = iota // log-sum-exp of the scores: how loudly the intents answer
	evCertainty        // negative entropy of their probabilities: how much one voice they have
	evTypical          // cosine with the middle of the likeliest intent's examples
	evKnown            // part of the words, by what they tell, that the examples have
	evLength           // ln(1 + known features): short messages prove little
)

// evidence weighs the message that score has read.
func (m *Model) evidence(r *reader) evidence {
	best, top := 0, r.scores[0]
	for k, s := range r.scores {
		if s > top {
			best, top = k, s
		}
	}
	var sum, moment float64
	for _, s := range r.scores {
		if d := float64(s - top); d > -16 {
			e := math.Exp(d)
			sum += e
			moment += e * d
		}
	}
	return evidence{
		evEnergy:    float64(top) + math.Log(sum),
		evCertainty: moment/sum - math.Log(sum),
		evTypical:   float64(m.typical.cosine(r.vector, best, r.dense)),
		evKnown:     float64(r.vector.known),
		evLength:    math.Log(1 + float64(len(r.vector.ids))),
	}
}

// scopeModel turns evidence into the probability that the message is in scope:
// a logistic regression on standardised evidence.
type scopeModel struct {
	mean, deviation, weight evidence
	bias                    float64
}

func (s *scopeModel) probability(e evidence) float64 { return logistic(s.logit(e)) }

func (s *scopeModel) logit(e evidence) float64 {
	sum := s.bias
	for j, x := range e {
		sum += s.weight[j] * (x - s.mean[j]) / s.deviation[j]
	}
	return sum
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// defaultScope serves when there are too few examples to learn from: typicality
// alone, halfway between the strangers and the members of the sets that this
// program was tried on.
func defaultScope() scopeModel {
	return scopeModel{
		mean:      evidence{evTypical: 0.33},
		deviation: evidence{1, 1, 0.08, 1, 1},
		weight:    evidence{evTypical: 1.5},
	}
}

// The prior of the scope model: every kind of evidence speaks for the message,
// none against it, all alike. It is worth priorExamples examples, which keeps a
// small set of intents from learning its own accidents.
const (
	priorWeight   = 0.5
	priorExamples = 100

	defaultMembers = 40
)

// fitScope learns from evidence of messages inside and outside the intents.
// Both sides weigh the same: how often strangers come is not for the examples
// to say.
func fitScope(inside, outside []evidence) scopeModel {
	s := scopeModel{weight: evidence{priorWeight, priorWeight, priorWeight, priorWeight, priorWeight}}
	s.standardise(inside, outside)
	for range 20 {
		for j := range s.weight {
			gradient, curvature := s.slopes(inside, outside, func(e evidence) float64 { return (e[j] - s.mean[j]) / s.deviation[j] })
			gradient -= priorExamples * (s.weight[j] - priorWeight)
			s.weight[j] = max(s.weight[j]+gradient/(curvature+priorExamples), 0)
		}
		gradient, curvature := s.slopes(inside, outside, func(evidence) float64 { return 1 })
		s.bias += gradient / curvature
	}
	return s.shrunk(len(inside))
}

// shrunk is what is left of the model when the usual one is worth defaultMembers
// messages of intents beside the members that this one was learned from. Few
// intents show little of what strangers say.
func (s scopeModel) shrunk(members int) scopeModel {
	usual := defaultScope()
	share := float64(members) / float64(members+defaultMembers)
	s.bias = share * s.bias
	for j := range s.weight {
		step := (1 - share) * usual.weight[j] / usual.deviation[j]
		s.bias += step * (s.mean[j] - usual.mean[j])
		s.weight[j] = share*s.weight[j] + step*s.deviation[j]
	}
	return s
}

// slopes returns the first derivative of the log likelihood and minus the
// second, by the weight whose factor is x.
func (s *scopeModel) slopes(inside, outside []evidence, x func(evidence) float64) (gradient, curvature float64) {
	n := float64(len(inside)+len(outside)) / 2
	side := func(examples []evidence, y float64) {
		each := n / float64(len(examples))
		for _, e := range examples {
			p, f := s.probability(e), x(e)
			gradient += each * (y - p) * f
			curvature += each * p * (1 - p) * f * f
		}
	}
	side(inside, 1)
	side(outside, 0)
	return gradient, max(curvature, 1e-6)
}

func (s *scopeModel) standardise(inside, outside []evidence) {
	for j := range s.mean {
		var sum, squares float64
		for _, side := range [][]evidence{inside, outside} {
			for _, e := range side {
				x := e[j] / float64(2*len(side))
				sum += x
				squares += x * e[j]
			}
		}
		s.mean[j] = sum
		s.deviation[j] = math.Sqrt(max(squares-sum*sum, 1e-6))
	}
}

// heldOut is a message that the model was not trained on, with its scores and
// true class.
type heldOut struct {
	scores []float32
	label  int
}

// The prior of the factor: its value on sets of 5 to 130 examples an intent is
// from 1.1 to 1.7.
const (
	usualSharp = 1.5
	sharpPrior = 10
)

// fitSharpness returns the factor on the scores that makes the held-out
// messages likeliest (temperature scaling: Guo et al., "On calibration of
// modern neural networks", 2017). The likelihood is concave in the factor;
// Newton's method needs a few steps. A few messages that are all told apart would
// make it as large as it gets: a prior worth some twenty messages holds it near
// what other sets of intents have.
func fitSharpness(messages []heldOut) float32 {
	const fewest = 20
	sharp := usualSharp
	if len(messages) < fewest {
		return float32(sharp)
	}
	var p []float32
	for range 12 {
		var gradient, curvature float64
		for _, m := range messages {
			p = append(p[:0], m.scores...)
			softmax(m.scores, float32(sharp), p)
			var mean, square float64
			for k, s := range m.scores {
				mean += float64(p[k]) * float64(s)
				square += float64(p[k]) * float64(s) * float64(s)
			}
			gradient += float64(m.scores[m.label]) - mean
			curvature += square - mean*mean
		}
		gradient -= sharpPrior * (sharp - usualSharp)
		sharp = min(max(sharp+gradient/(curvature+sharpPrior), 0.2), 5)
	}
	return float32(sharp)
}
