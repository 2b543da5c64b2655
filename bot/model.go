package bot

import (
	"math"
	"sync"

	"parley/internal/vectors"
)

// Guess is an intent a message may have.
type Guess struct {
	Intent      string
	Probability float64 // that it is this one, given that it is one of the trained ones; calibrated
}

// Prediction is what a [Model] makes of a message.
type Prediction struct {
	Guesses [3]Guess // best first; fewer intents leave the rest empty
	InScope float64  // probability, 0 … 1, that the message belongs to any trained intent
}

// Confidence is the probability that the first guess is right, counting that
// the message may belong to no intent at all.
func (p *Prediction) Confidence() float64 { return p.Guesses[0].Probability * p.InScope }

// Model recognises intents. It is immutable and safe for any number of
// goroutines. A prediction allocates nothing.
type Model struct {
	intents []string // by class
	vocab   *vocabulary
	spell   *spelling
	weights grid
	scale   []float32 // a class: what one step of its weights and one of valueSteps is worth
	bias    []float32 // a class
	typical typicality
	sharp   float32 // factor on the scores that makes the probabilities honest
	scope   scopeModel
	scopes  scopes
	readers sync.Pool // *reader
}

// valueSteps is how finely a feature's value is rounded, so that a message is
// scored in integers.
const valueSteps = 4096

// reader is the memory of one prediction.
type reader struct {
	counter counter
	bag     bag
	vector  vector
	sums    gridSums
	scores  []float32 // a class
	p       []float32 // a class
	dense   []float32 // a feature, zero between predictions
}

func (m *Model) newReader() *reader {
	classes := len(m.intents)
	return &reader{
		counter: counter{table: vectors.Builtin(), spell: m.spell},
		sums:    newGridSums(classes), scores: make([]float32, classes), p: make([]float32, classes),
		dense: make([]float32, m.vocab.size()),
	}
}

// Size is the memory that the model holds, in bytes.
func (m *Model) Size() int {
	return len(m.weights.bytes) + 4*(len(m.scale)+len(m.bias)+len(m.vocab.idf)) + 2*len(m.vocab.ids) + m.typical.size() + m.spell.size()
}

// Intents returns the ids the model was trained on, in the order of its samples.
func (m *Model) Intents() []string { return m.intents }

// Predict recognises the intent of a message among those of an inbox, among all
// when inbox is "". Text beyond its first 2,000 characters is not read. Without
// intents it predicts none.
func (m *Model) Predict(text, inbox string) Prediction {
	if len(m.intents) == 0 {
		return Prediction{}
	}
	r, ok := m.readers.Get().(*reader)
	if !ok {
		r = m.newReader()
	}
	defer m.readers.Put(r)
	return m.predict(text, m.scopes.of(inbox), r)
}

func (m *Model) predict(text string, mask []bool, r *reader) Prediction {
	r.counter.count(text, &r.bag)
	m.vocab.vector(&r.bag, &r.vector)
	m.score(r)
	left := veil(r.scores, mask)
	if left == 0 {
		return Prediction{}
	}
	softmax(r.scores, m.sharp, r.p)
	scope := m.scope
	if left < fewestIntents { // what many intents have taught is not true of few
		scope = defaultScope()
	}
	p := Prediction{InScope: scope.probability(m.evidence(r))}
	m.rank(r.p, &p)
	return p
}

// score fills r.scores from r.vector.
func (m *Model) score(r *reader) {
	r.sums.reset()
	v := &r.vector
	for i := 0; i < len(v.ids); i += 2 {
		j, y := i, 0 // the last of an odd number has none beside it
		if i+1 < len(v.ids) {
			j = i + 1
			y = steps(v.values[j])
		}
		r.sums.add(&m.weights, int(v.ids[i]), steps(v.values[i]), int(v.ids[j]), y)
	}
	for k := range r.scores {
		r.scores[k] = float32(r.sums.of(k))*m.scale[k] + m.bias[k]
	}
}

func steps(value float32) int { return int(math.RoundToEven(float64(value * valueSteps))) }

// rank picks the likeliest intents.
func (m *Model) rank(p []float32, dst *Prediction) {
	for k, prob := range p {
		place := len(dst.Guesses)
		for place > 0 && float64(prob) > dst.Guesses[place-1].Probability {
			place--
		}
		if place == len(dst.Guesses) {
			continue
		}
		copy(dst.Guesses[place+1:], dst.Guesses[place:])
		dst.Guesses[place] = Guess{m.intents[k], float64(prob)}
	}
}

// softmax writes exp(sharp*score) over its sum to dst.
func softmax(scores []float32, sharp float32, dst []float32) {
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	var sum float32
	for k, s := range scores {
		dst[k] = 0
		if x := sharp * (s - top); x > -16 {
			dst[k] = float32(math.Exp(float64(x)))
			sum += dst[k]
		}
	}
	for k := range dst {
		dst[k] /= sum
	}
}

// quantize rounds the weights of a class to 8 bits of its largest.
func (m *Model) quantize(weights, bias []float32) {
	classes := len(bias)
	largest := make([]float32, classes)
	for i, w := range weights {
		largest[i%classes] = max(largest[i%classes], w, -w)
	}
	m.bias, m.scale, m.weights = bias, make([]float32, classes), newGrid(classes, len(weights))
	for k, l := range largest {
		m.scale[k] = max(l, 1e-6) / (math.MaxInt8 * valueSteps)
	}
	for i, w := range weights {
		m.weights.set(i, int(math.Round(float64(w/(m.scale[i%classes]*valueSteps))))) // within ±127 by the choice of scale
	}
}
