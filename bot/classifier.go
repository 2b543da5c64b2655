package bot

import (
	"math/rand/v2"
)

// corpus is a labelled set of vectors in one block of memory.
type corpus struct {
	ids      []uint16
	values   []float32
	starts   []int // start of each vector; one more than there are vectors
	labels   []int
	features int
	classes  int
	rivals   [][]bool // a label: the classes it is not weighed against; nil for none
}

func newCorpus(features, classes int) *corpus {
	return &corpus{starts: []int{0}, features: features, classes: classes}
}

func (c *corpus) add(v *vector, label int) {
	c.ids = append(c.ids, v.ids...)
	c.values = append(c.values, v.values...)
	c.starts = append(c.starts, len(c.ids))
	c.labels = append(c.labels, label)
}

func (c *corpus) len() int { return len(c.labels) }

func (c *corpus) at(i int) vector {
	from, to := c.starts[i], c.starts[i+1]
	return vector{ids: c.ids[from:to], values: c.values[from:to]}
}

// linear holds a weight for each feature and class, a row a feature, and a bias
// a class.
type linear struct {
	weights []float32
	bias    []float32
}

// scores writes the score of each class to dst.
func (l *linear) scores(v vector, dst []float32) {
	copy(dst, l.bias)
	for i, id := range v.ids {
		addScaled(dst, v.values[i], l.weights[int(id)*len(dst):][:len(dst)])
	}
}

// addScaled adds x*row to dst, which is as long. Eight at a time is twice as fast
// as one.
func addScaled(dst []float32, x float32, row []float32) {
	for len(dst) >= 8 && len(row) >= 8 {
		d, w := (*[8]float32)(dst), (*[8]float32)(row)
		d[0] += x * w[0]
		d[1] += x * w[1]
		d[2] += x * w[2]
		d[3] += x * w[3]
		d[4] += x * w[4]
		d[5] += x * w[5]
		d[6] += x * w[6]
		d[7] += x * w[7]
		dst, row = dst[8:], row[8:]
	}
	for i := range dst {
		dst[i] += x * row[i]
	}
}

// move adds delta times the vector to the weights of the moved classes.
func (l *linear) move(v vector, delta []float32, moved []int) {
	if len(moved) == 0 {
		return
	}
	for i, id := range v.ids {
		row := l.weights[int(id)*len(delta):][:len(delta)]
		x := v.values[i]
		for _, k := range moved {
			row[k] += x * delta[k]
		}
	}
	for _, k := range moved {
		l.bias[k] += biasFeature * biasFeature * delta[k]
	}
}

// biasFeature is the value of the constant feature behind the bias.
const biasFeature = 0.5

// loss is what distinguishes the two learners. Both are trained in the dual by
// coordinate ascent: an example's dual variables are set to their best values
// given all others, and the weights follow. There is no learning rate, the
// optimum is unique, and an example that has settled costs one product.
type loss interface {
	// step changes the example's dual variables, one a class and all zero at
	// first, given its scores and its squared length, and writes to delta how
	// far each class's weights move along the example.
	step(scores, dual, delta []float32, label int, squared float32)
}

// fit trains in the given number of passes over the corpus; five are enough for
// text. The same corpus, loss and seed give the same bits.
func fit(c *corpus, l loss, passes int, seed uint64) *linear {
	model := &linear{weights: make([]float32, c.features*c.classes), bias: make([]float32, c.classes)}
	dual := make([]float32, c.len()*c.classes)
	scores, delta := make([]float32, c.classes), make([]float32, c.classes)
	moved := make([]int, 0, c.classes)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a repeatable shuffle, no secret
	for range passes {
		for _, i := range random.Perm(c.len()) {
			v := c.at(i)
			model.scores(v, scores)
			if c.rivals != nil {
				veil(scores, c.rivals[c.labels[i]])
			}
			l.step(scores, dual[i*c.classes:][:c.classes], delta, c.labels[i], squaredLength(v.values)+biasFeature*biasFeature)
			moved = moved[:0]
			for k, d := range delta {
				if d != 0 {
					moved = append(moved, k)
				}
			}
			model.move(v, delta, moved)
		}
	}
	return model
}

func squaredLength(values []float32) float32 {
	var sum float32
	for _, v := range values {
		sum += v * v
	}
	return sum
}
