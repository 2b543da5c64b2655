package bot

import (
	"cmp"
	"math"
	"slices"
)

// typicality measures how near a message is to the middle of an intent's
// examples. Scores say which intent is nearest; this says whether it is near at
// all.
type typicality struct {
	starts  []int // a class: where its entries begin; one more than classes
	ids     []uint16
	weights []int8
	scale   []float32 // a class: what one step of a weight is worth
}

func (t *typicality) size() int { return 8*len(t.starts) + 3*len(t.ids) + 4*len(t.scale) }

// newTypicality adds up each class's vectors and scales the sum to length 1.
func newTypicality(c *corpus) typicality {
	t := typicality{starts: []int{0}}
	members := make([][]int, c.classes)
	for i, label := range c.labels {
		members[label] = append(members[label], i)
	}
	sum := make([]float32, c.features)
	for _, examples := range members {
		var ids []uint16
		for _, i := range examples {
			v := c.at(i)
			for j, id := range v.ids {
				if sum[id] == 0 {
					ids = append(ids, id)
				}
				sum[id] += v.values[j]
			}
		}
		slices.SortFunc(ids, cmp.Compare[uint16]) // memory is walked in order
		t.appendClass(ids, sum)
		for _, id := range ids {
			sum[id] = 0
		}
	}
	return t
}

func (t *typicality) appendClass(ids []uint16, sum []float32) {
	var squared, largest float32
	for _, id := range ids {
		squared += sum[id] * sum[id]
		largest = max(largest, sum[id], -sum[id])
	}
	step := largest / math.MaxInt8
	for _, id := range ids {
		t.weights = append(t.weights, int8(math.Round(float64(sum[id]/step)))) // ±127 by the choice of step
	}
	t.ids = append(t.ids, ids...)
	t.starts = append(t.starts, len(t.ids))
	t.scale = append(t.scale, step/float32(math.Sqrt(float64(max(squared, 1e-12)))))
}

// cosine of the message with the middle of the class. dense is memory, one
// float a feature, zero before and after.
func (t *typicality) cosine(v vector, class int, dense []float32) float32 {
	var squared, dot float32
	for i, id := range v.ids {
		dense[id] = v.values[i]
		squared += v.values[i] * v.values[i]
	}
	from, to := t.starts[class], t.starts[class+1]
	weights := t.weights[from:to]
	for i, id := range t.ids[from:to] {
		dot += dense[id] * float32(weights[i])
	}
	for _, id := range v.ids {
		dense[id] = 0
	}
	if squared == 0 {
		return 0
	}
	return dot * t.scale[class] / float32(math.Sqrt(float64(squared)))
}
