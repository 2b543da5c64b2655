package index

import (
	"math"
	"slices"
)

// Sample is a query with an article that was right for it, or wrong, among
// others.
type Sample struct {
	rows  [][kinds]float64 // of the candidates, each kind of evidence
	right int
	worth float64
}

// The kinds of evidence of a candidate; the weight of the first is 1.
const (
	byWords = iota
	byChar
	byDense
	byHead
	kinds
)

const sampleRows = 40

// Sample makes a sample of a search whose right article is known. worth says
// how much it counts: a click of a reader more than a title; below zero, the
// article is known to be wrong. It reports false when the article is not among
// the candidates, or is alone.
func (s *Search) Sample(cosines map[int64]float64, article string, worth float64) (Sample, bool) {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	for _, p := range s.parts {
		n, ok := p.byID[article]
		if !ok {
			continue
		}
		ranked, trust := p.rank(cosines, s.trusted()), s.trust*s.trust
		at := slices.IndexFunc(ranked, func(c candidate) bool { return c.article == n })
		if at < 0 || len(ranked) < 2 {
			return Sample{}, false
		}
		if at >= sampleRows {
			ranked[sampleRows-1], at = ranked[at], sampleRows-1
		}
		out := Sample{right: at, worth: worth}
		for _, c := range ranked[:min(sampleRows, len(ranked))] {
			out.rows = append(out.rows, [kinds]float64{byWords: c.bm25Share, byChar: c.charShare, byDense: trust * c.dense, byHead: trust * c.head})
		}
		return out, true
	}
	return Sample{}, false
}

const (
	softness   = 0.2 // score by which an article must lead to be e times as likely
	stubborn   = 12  // samples that the usual weights are worth
	learnRange = 1.6 // times the usual weight, at most, and its inverse, at least
	learnSteps = 6   // on the way there
)

// Learn returns the weights under which the right articles of the samples are
// most likely and the wrong ones least, as a softmax over the scores. The usual
// weights count as much as some dozen samples, and none goes far from them:
// titles are not how people ask, and clicks prefer what came first.
//
// What was learned is tried on samples that were held out. Where it ranks their
// right articles worse than the usual weights do, it goes half the way back, and
// again, at last to the usual ones.
func Learn(samples, held []Sample) Weights {
	usual := DefaultWeights()
	learned, enough := climb(samples), MeanReciprocal(held, usual)
	for _, share := range []float64{1, 0.5, 0.25} {
		if w := between(usual, learned, share); MeanReciprocal(held, w) >= enough {
			return w
		}
	}
	return usual
}

// between goes a share of the way from one to the other, in powers.
func between(from, to Weights, share float64) Weights {
	if share == 1 {
		return to
	}
	mix := func(a, b float64) float64 { return a * math.Pow(b/a, share) }
	return Weights{Dense: mix(from.Dense, to.Dense), Head: mix(from.Head, to.Head), Char: mix(from.Char, to.Char)}
}

// MeanReciprocal is the mean of 1 over the rank of the right article, 0 of no
// samples. Among equals it comes last.
func MeanReciprocal(samples []Sample, w Weights) float64 {
	if len(samples) == 0 {
		return 0
	}
	sum := 0.0
	for i := range samples {
		s := &samples[i]
		rank, right := 0, w.score(s.rows[s.right])
		for _, r := range s.rows {
			if w.score(r) >= right {
				rank++
			}
		}
		sum += 1 / float64(rank)
	}
	return sum / float64(len(samples))
}

// climb looks for the best weights, one after the other.
func climb(samples []Sample) Weights {
	usual := DefaultWeights()
	best, bestValue := usual, likelihood(samples, usual)
	for range 2 {
		for _, weight := range []func(*Weights) *float64{
			func(w *Weights) *float64 { return &w.Dense },
			func(w *Weights) *float64 { return &w.Char },
			func(w *Weights) *float64 { return &w.Head },
		} {
			was := *weight(&usual)
			for step := -learnSteps; step <= learnSteps; step++ {
				next := best
				away := math.Log(learnRange) * float64(step) / learnSteps
				*weight(&next) = was * math.Exp(away)
				if value := likelihood(samples, next); value > bestValue+1e-9 {
					best, bestValue = next, value
				}
			}
		}
	}
	return best
}

func likelihood(samples []Sample, w Weights) float64 {
	usual := DefaultWeights()
	sum := 0.0
	for _, pair := range [][2]float64{{w.Dense, usual.Dense}, {w.Char, usual.Char}, {w.Head, usual.Head}} {
		away := math.Log(pair[0]/pair[1]) / math.Log(learnRange)
		sum -= stubborn * away * away
	}
	for i := range samples {
		if p := samples[i].share(&w); samples[i].worth > 0 {
			sum += samples[i].worth * math.Log(max(p, leastShare))
		} else {
			sum -= samples[i].worth * math.Log(max(1-p, leastShare))
		}
	}
	return sum
}

const leastShare = 1e-9 // so that no sample outweighs all others

// share is how likely the sample's article is among the candidates.
func (s *Sample) share(w *Weights) float64 {
	top, total := math.Inf(-1), 0.0
	for _, r := range s.rows {
		top = max(top, w.score(r))
	}
	for _, r := range s.rows {
		total += math.Exp((w.score(r) - top) / softness)
	}
	return math.Exp((w.score(s.rows[s.right])-top)/softness) / total
}

func (w *Weights) score(r [kinds]float64) float64 {
	return r[byWords] + w.Char*r[byChar] + w.Dense*r[byDense] + w.Head*r[byHead]
}
