package index

import (
	"math"
	"slices"
)

// Sample is a query with the article that was right for it, among others.
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
// how much it counts: a click of a reader more than a title. It reports false
// when the article is not among the candidates, or is alone.
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
// most likely, as a softmax over the scores. The usual weights count as much as
// some dozen samples, and none goes far from them: titles are not how people
// ask, and clicks prefer what came first.
func Learn(samples []Sample) Weights {
	usual := DefaultWeights()
	best, bestValue := usual, likelihood(samples, usual)
	for range 2 { // one weight after the other, twice
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
		s := &samples[i]
		top, total := math.Inf(-1), 0.0
		for _, r := range s.rows {
			top = max(top, w.score(r))
		}
		for _, r := range s.rows {
			total += math.Exp((w.score(r) - top) / softness)
		}
		sum += s.worth * ((w.score(s.rows[s.right])-top)/softness - math.Log(total))
	}
	return sum
}

func (w *Weights) score(r [kinds]float64) float64 {
	return r[byWords] + w.Char*r[byChar] + w.Dense*r[byDense] + w.Head*r[byHead]
}
