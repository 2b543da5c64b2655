package bot

import "slices"

// fewestHeldOut is how many messages of either side say more about scope than
// what was learned by leaving intents out.
const fewestHeldOut = 30

// Recalibrated returns the model with its confidence fitted to messages that it
// was not trained on: the probabilities to those of an intent, and what is in
// scope, when there are enough of both kinds, to the difference from those of
// none. What it guesses stays the same.
func (m *Model) Recalibrated(held []Sample) *Model {
	out := &Model{
		intents: m.intents, vocab: m.vocab, spell: m.spell, weights: m.weights, scale: m.scale, bias: m.bias,
		typical: m.typical, sharp: m.sharp, scope: m.scope, scopes: m.scopes,
	}
	if len(m.intents) < fewestIntents {
		return out
	}
	r, classes := m.newReader(), classesOf(m.intents)
	var known []heldOut
	var inside, outside []evidence
	for _, s := range held {
		r.counter.count(s.Text, &r.bag)
		e, _ := m.read(&r.bag, nil, r)
		if s.Intent == "" {
			outside = append(outside, e)
			continue
		}
		if label, ok := classes[s.Intent]; ok {
			known = append(known, heldOut{slices.Clone(r.scores), label})
			inside = append(inside, e)
		}
	}
	if len(known) >= fewestHeldOut {
		out.sharp = fitSharpness(known)
	}
	if min(len(inside), len(outside)) >= fewestHeldOut {
		out.scope = fitScope(inside, outside)
	}
	return out
}
