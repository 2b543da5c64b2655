package measure

import (
	"math"
	"slices"
	"time"
)

// Figures are what is usually said of a ranking, 0 … 1 but for the time.
type Figures struct {
	NDCG10     float64 `json:"ndcg_10"`
	Recall10   float64 `json:"recall_10"`
	MRR10      float64 `json:"mrr_10"`
	Hit1       float64 `json:"hit_1"`
	Hit3       float64 `json:"hit_3"`
	Answerable float64 `json:"answerable_auroc,omitempty"` // 0 when there were no unanswerable questions
	P95        float64 `json:"p95_ms"`
}

// Ranked is what a question has found.
type Ranked struct {
	Documents  []string // ids, best first
	Answerable float64  // the engine's estimate that the first one answers
	Took       time.Duration
}

const depth = 10 // results that count

// Of computes the figures of a set: the i-th of found belongs to the i-th
// question, the i-th of without to the i-th unanswerable one.
func Of(s *Set, found, without []Ranked) Figures {
	var f Figures
	n := float64(len(s.Questions))
	times := make([]time.Duration, 0, len(found))
	for i := range s.Questions {
		q, r := &s.Questions[i], &found[i]
		times = append(times, r.Took)
		f.NDCG10 += NDCG(q.Answers, r.Documents) / n
		hits, first := 0, 0
		for rank, id := range r.Documents[:min(depth, len(r.Documents))] {
			if q.Answers[id] > 0 {
				if hits++; hits == 1 {
					first = rank + 1
				}
			}
		}
		f.Recall10 += float64(hits) / float64(len(q.Answers)) / n
		if first > 0 {
			f.MRR10 += 1 / float64(first) / n
		}
		if first == 1 {
			f.Hit1 += 1 / n
		}
		if first > 0 && first <= 3 {
			f.Hit3 += 1 / n
		}
	}
	if len(without) > 0 {
		f.Answerable = AUROC(estimates(found), estimates(without))
	}
	slices.Sort(times)
	f.P95 = float64(times[(len(times)*95+99)/100-1].Microseconds()) / 1e3
	return f
}

func estimates(list []Ranked) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = list[i].Answerable
	}
	return out
}

// NDCG is the normalised discounted cumulative gain of the first ten documents
// (Järvelin and Kekäläinen, TOIS 20(4), 2002), with the scores of the answers as
// gains, as trec_eval has it.
func NDCG(answers map[string]float64, ranked []string) float64 {
	gain, ideal := 0.0, 0.0
	for i, id := range ranked[:min(depth, len(ranked))] {
		gain += answers[id] / math.Log2(float64(i+2))
	}
	best := make([]float64, 0, len(answers))
	for _, score := range answers {
		best = append(best, score)
	}
	slices.SortFunc(best, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	for i, score := range best[:min(depth, len(best))] {
		ideal += score / math.Log2(float64(i+2))
	}
	if ideal == 0 {
		return 0
	}
	return gain / ideal
}

// AUROC is the probability that one of the first has a higher value than one of
// the second, equal ones counting half.
func AUROC(with, without []float64) float64 {
	wins := 0.0
	for _, a := range with {
		for _, b := range without {
			switch {
			case a > b:
				wins++
			case a == b:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(with)*len(without))
}
