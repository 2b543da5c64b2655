package vectors

import (
	"math"
	"slices"
)

// batch is pairs of texts, each pair of a group of its own, with the memory to
// learn from them. The two texts of a pair are called sides.
type batch struct {
	pairs  [][2]*sparse
	unit   [2][]float32 // vectors of length 1, Dim a pair
	slope  [2][]float32 // of the loss over them
	length [2][]float32 // of the vectors before
	cosine []float32    // of each pair's first with each pair's second text, over the temperature
	pull   []float32    // slope of the loss over cosine
}

func (b *batch) resize() {
	n := len(b.pairs)
	for side := range b.unit {
		b.unit[side] = slices.Grow(b.unit[side][:0], n*Dim)[:n*Dim]
		b.slope[side] = slices.Grow(b.slope[side][:0], n*Dim)[:n*Dim]
		b.length[side] = slices.Grow(b.length[side][:0], n)[:n]
		clear(b.slope[side])
	}
	b.cosine = slices.Grow(b.cosine[:0], n*n)[:n*n]
	b.pull = slices.Grow(b.pull[:0], n*n)[:n*n]
	clear(b.pull)
}

// descend fills slope from unit, and returns the loss: the mean cross-entropy
// of finding a text's partner among all texts of the other side.
func (b *batch) descend() float64 {
	n := len(b.pairs)
	for i := range n {
		for j := range n {
			b.cosine[i*n+j] = dot(row(b.unit[0], i), row(b.unit[1], j)) / temperature
		}
	}
	var loss float64
	for i := range n {
		loss += b.entropy(i*n, 1, i) + b.entropy(i, n, i)
	}
	for i := range n {
		for j := range n {
			pull := b.pull[i*n+j] / (2 * temperature)
			if pull > -1e-7 && pull < 1e-7 {
				continue
			}
			addScaled(row(b.slope[0], i), pull, row(b.unit[1], j))
			addScaled(row(b.slope[1], j), pull, row(b.unit[0], i))
		}
	}
	return loss / float64(2*n)
}

// entropy adds the slope of one text's cross-entropy to pull and returns it.
// Its cosines are at from, from+step, …; partner is the number of the right one.
func (b *batch) entropy(from, step, partner int) float64 {
	n := len(b.pairs)
	top := b.cosine[from]
	for j := range n {
		top = max(top, b.cosine[from+j*step])
	}
	var sum float64
	for j := range n {
		sum += math.Exp(float64(b.cosine[from+j*step] - top))
	}
	for j := range n {
		p := math.Exp(float64(b.cosine[from+j*step]-top)) / sum
		if j == partner {
			p--
		}
		b.pull[from+j*step] += float32(p)
	}
	return math.Log(sum) - float64(b.cosine[from+partner*step]-top)
}

func addScaled(dst []float32, x float32, src []float32) {
	for i := range dst {
		dst[i] += x * src[i]
	}
}

// dot is the product of two vectors whose length is a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return s0 + s1 + s2 + s3
}
