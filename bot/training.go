package bot

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"parley/internal/vectors"
)

// Sample is an example of an intent, or of messages that belong to none when
// the intent is empty. The latter are never guessed; they teach what is out of
// scope.
type Sample struct {
	Text   string
	Intent string
}

// What the learners were given, chosen on sets of 5, 10 and 130 examples an
// intent; half or double of each changes little.
const (
	softmaxCost = 20
	hingeCost   = 1
	hingeShare  = 1 // of the margins in the sum of both learners' scores
	passes      = 5

	folds         = 4
	enoughHeldOut = 1500 // messages: more change the calibration no more
	fewestIntents = 4    // below, leaving one out leaves too little
)

// Train makes a model of the samples. inboxes lists the inboxes of the intents
// that are not in all of them, by intent; the others are not named. The same
// samples in the same order and the same seed give the same bits, whatever the
// intents are called and on any number of processors. It takes about 0.3 s of
// two processors for 100 intents with 10 examples each, and stops between its
// steps when ctx ends.
//
// Confidence is learned by leaving out: each fold trains without one quarter of
// the examples and without one quarter of the intents, then reads both. The
// examples show how sure the scores should be, the intents what a message looks
// like that belongs to none.
func Train(ctx context.Context, samples []Sample, inboxes map[string][]string, seed uint64) (*Model, error) {
	set := newTrainingSet(samples)
	set.inboxes = inboxes
	m, err := set.train(ctx, set.all(), set.intents, seed)
	if err != nil {
		return nil, err
	}
	m.sharp, m.scope, m.spell = 1, defaultScope(), newSpelling(samples, vectors.Builtin())
	if len(set.intents) < fewestIntents {
		return m, nil
	}
	return m, set.calibrate(ctx, m, seed)
}

// trainingSet is the samples with their features counted once for all folds.
type trainingSet struct {
	bags    []bag
	labels  []int               // into intents, or noLabel
	ranks   []int               // of the sample among those of its intent
	intents []string            // in the order in which the samples name them, so that ids make no difference
	inboxes map[string][]string // an intent: the inboxes it is in, when not in all
}

// classesOf numbers intents in their order.
func classesOf(intents []string) map[string]int {
	classes := make(map[string]int, len(intents))
	for class, intent := range intents {
		classes[intent] = class
	}
	return classes
}

// noLabel is that of samples that belong to no intent.
const noLabel = -1

func newTrainingSet(samples []Sample) *trainingSet {
	set := &trainingSet{bags: make([]bag, len(samples))}
	numbers := map[string]int{}
	var seen []int // of a label
	c := &counter{table: vectors.Builtin()}
	for i, s := range samples {
		c.count(s.Text, &set.bags[i])
		if s.Intent == "" {
			set.labels, set.ranks = append(set.labels, noLabel), append(set.ranks, 0)
			continue
		}
		label, known := numbers[s.Intent]
		if !known {
			label = len(set.intents)
			numbers[s.Intent] = label
			set.intents, seen = append(set.intents, s.Intent), append(seen, 0)
		}
		set.labels = append(set.labels, label)
		set.ranks = append(set.ranks, seen[label])
		seen[label]++
	}
	return set
}

func (set *trainingSet) all() []int {
	var all []int
	for i, label := range set.labels {
		if label != noLabel {
			all = append(all, i)
		}
	}
	return all
}

// train fits both learners side by side to the samples with the given indexes,
// whose intents are the given ones.
func (set *trainingSet) train(ctx context.Context, samples []int, intents []string, seed uint64) (*Model, error) {
	bags := make([]bag, len(samples))
	for i, s := range samples {
		bags[i] = set.bags[s]
	}
	classes := classesOf(intents)
	labels := make([]int, len(samples))
	for i, s := range samples {
		labels[i] = classes[set.intents[set.labels[s]]]
	}
	m := &Model{intents: intents, vocab: newVocabulary(bags), scopes: newScopes(intents, set.inboxes)}
	c := newCorpus(m.vocab.size(), len(intents))
	c.rivals = m.scopes.rivals
	var v vector
	for i := range samples {
		m.vocab.vector(&bags[i], &v)
		c.add(&v, labels[i])
	}
	losses := []loss{newSoftmaxLoss(softmaxCost, len(intents)), &hingeLoss{hingeCost}}
	fits := make([]*linear, len(losses))
	var g errgroup.Group
	for i, l := range losses {
		g.Go(func() error {
			fits[i] = fit(c, l, passes, seed)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("train intents: %w", err)
	}
	// Both are linear, so their weighted sum is one model and costs once.
	sum, margins := fits[0], fits[1]
	for i, w := range margins.weights {
		sum.weights[i] += hingeShare * w
	}
	for k, b := range margins.bias {
		sum.bias[k] += hingeShare * b
	}
	m.quantize(sum.weights, sum.bias)
	m.typical = newTypicality(c)
	return m, nil
}

// fold is what one round of leaving out showed.
type fold struct {
	known           []heldOut
	inside, outside []evidence
}

// calibrate sets the model's sharpness and scope.
func (set *trainingSet) calibrate(ctx context.Context, m *Model, seed uint64) error {
	// Every fold leaves out 3/16 of the samples as known and 1/4 as strangers.
	rounds := min(folds, 1+enoughHeldOut*16/(3*max(len(set.bags), 1)))
	results := make([]fold, rounds)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, runtime.GOMAXPROCS(0)/2)) // each round trains two learners
	for round := range results {
		g.Go(func() (err error) {
			results[round], err = set.leaveOut(ctx, round, seed)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var total fold
	for _, f := range results {
		total.known = append(total.known, f.known...)
		total.inside = append(total.inside, f.inside...)
		total.outside = append(total.outside, f.outside...)
	}
	m.sharp = fitSharpness(total.known)
	if len(total.inside) > 0 && len(total.outside) > 0 {
		m.scope = fitScope(total.inside, total.outside)
	}
	return nil
}

// leaveOut trains without the round's intents and without the round's examples
// of the others, and reads what it left out.
func (set *trainingSet) leaveOut(ctx context.Context, round int, seed uint64) (fold, error) {
	var kept, known, strange []int
	var intents []string
	for label, intent := range set.intents {
		if label%folds != round {
			intents = append(intents, intent)
		}
	}
	for i, label := range set.labels {
		switch {
		case label == noLabel || label%folds == round:
			strange = append(strange, i)
		case set.ranks[i]%folds == folds-1-round:
			known = append(known, i)
		default:
			kept = append(kept, i)
		}
	}
	m, err := set.train(ctx, kept, intents, seed)
	if err != nil {
		return fold{}, err
	}
	var out fold
	classes := classesOf(intents)
	r := m.newReader()
	for _, i := range known {
		e, enough := m.read(&set.bags[i], set.maskOf(m, i), r)
		if enough {
			out.inside = append(out.inside, e)
		}
		out.known = append(out.known, heldOut{slices.Clone(r.scores), classes[set.intents[set.labels[i]]]})
	}
	for _, i := range strange {
		if e, enough := m.read(&set.bags[i], set.maskOf(m, i), r); enough {
			out.outside = append(out.outside, e)
		}
	}
	return out, nil
}

// maskOf hides from a sample what no inbox of its intent has.
func (set *trainingSet) maskOf(m *Model, sample int) []bool {
	if set.labels[sample] == noLabel {
		return nil
	}
	return m.scopes.beside(set.inboxes[set.intents[set.labels[sample]]])
}

// read scores a counted message against the classes that the mask leaves, and
// reports whether they are enough to learn from.
func (m *Model) read(b *bag, mask []bool, r *reader) (evidence, bool) {
	m.vocab.vector(b, &r.vector)
	m.score(r)
	left := veil(r.scores, mask)
	return m.evidence(r), left >= fewestIntents*(folds-1)/folds
}
