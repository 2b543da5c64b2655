package vectors

import (
	"math"
	"math/rand/v2"
	"slices"

	"parley/internal/words"
)

// Training is how a table is trained.
type Training struct {
	Passes   int                              // over the groups; 0 means 14
	Progress func(done, of int, loss float64) // called after each pass; nil for nobody
}

// Half or double of each changes the figures of docs/performance.md little.
const (
	defaultPasses = 14
	seed          = 1
	temperature   = 0.1 // of the softmax
	firstRate     = 0.1 // of Adagrad, falling to lastRate
	lastRate      = 0.01
	leastCount    = 2   // of a word that gets a row
	drawsPerPass  = 2   // pairs of a group
	batchPairs    = 128 // at least
	runLength     = 4   // neighbouring groups come together: near in meaning, and yet different
)

// Train learns a table from groups of texts that mean the same: two of a group
// are drawn nearer to each other than to the texts of the other groups of the
// batch (in-batch softmax over cosines, in both directions; Henderson et al.,
// arXiv:1705.00652). On one kind of processor the same groups give the same
// bits.
func Train(groups [][]string, how Training) *Table {
	if how.Passes == 0 {
		how.Passes = defaultPasses
	}
	t := newTrainer(groups)
	for pass := range how.Passes {
		part := float32(pass) / float32(how.Passes)
		loss := t.pass(firstRate + part*(lastRate-firstRate))
		if how.Progress != nil {
			how.Progress(pass+1, how.Passes, loss)
		}
	}
	return t.table()
}

// sparse is a text as the rows that it sums.
type sparse struct {
	rows    []int32
	weights []float32
}

type trainer struct {
	vocab  map[string]int32
	groups [][]sparse
	rows   []float32 // Dim a row
	past   []float32 // a row's sum of squared gradients (Adagrad)
	random *rand.Rand
	batch  batch
}

func newTrainer(groups [][]string) *trainer {
	t := &trainer{vocab: vocabulary(groups), random: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // a repeatable shuffle, no secret
	rows := len(t.vocab) + 1<<gramBits
	t.rows, t.past = make([]float32, rows*Dim), make([]float32, rows)
	for i := range t.rows {
		t.rows[i] = (t.random.Float32() - 0.5) * 0.2
	}
	var n words.Text
	for _, group := range groups {
		var texts []sparse
		for _, text := range group {
			n.Set(text)
			if x := t.read(&n); len(x.rows) > 0 {
				texts = append(texts, x)
			}
		}
		t.groups = append(t.groups, texts)
	}
	return t
}

// vocabulary numbers the words that occur often enough, in their order.
func vocabulary(groups [][]string) map[string]int32 {
	count := map[string]int{}
	var n words.Text
	for _, group := range groups {
		for _, text := range group {
			n.Set(text)
			for i := range n.Words {
				count[string(n.Word(i))]++
			}
		}
	}
	var list []string
	for word, times := range count {
		if times >= leastCount {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	vocab := make(map[string]int32, len(list))
	for i, word := range list {
		vocab[word] = int32(i)
	}
	return vocab
}

// read is what [Table.EmbedWords] sums.
func (t *trainer) read(n *words.Text) sparse {
	var x sparse
	for i := range min(len(n.Words), maxWords) {
		word := n.Word(i)
		if row, ok := t.vocab[string(word)]; ok {
			x.rows, x.weights = append(x.rows, row), append(x.weights, 1)
		}
		from := len(x.rows)
		grams(word, func(bucket uint32) { x.rows = append(x.rows, int32(len(t.vocab))+int32(bucket)) }) //nolint:gosec // gramBits bits
		for range len(x.rows) - from {
			x.weights = append(x.weights, 1/float32(len(x.rows)-from))
		}
	}
	return x
}

// pass draws pairs of every group and learns from them in batches. It returns
// the mean loss.
func (t *trainer) pass(rate float32) float64 {
	runs := t.random.Perm((len(t.groups) + runLength - 1) / runLength)
	var total float64
	batches := 0
	learn := func() {
		if len(t.batch.pairs) > 1 {
			total += t.learn(rate)
			batches++
		}
		t.batch.pairs = t.batch.pairs[:0]
	}
	for range drawsPerPass {
		t.random.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
		for _, run := range runs {
			for _, group := range t.groups[run*runLength : min((run+1)*runLength, len(t.groups))] {
				t.draw(group)
			}
			if len(t.batch.pairs) >= batchPairs {
				learn()
			}
		}
		learn()
	}
	return total / float64(max(batches, 1))
}

// draw adds two different texts of a group to the batch.
func (t *trainer) draw(group []sparse) {
	if len(group) < 2 {
		return
	}
	i, j := t.random.IntN(len(group)), t.random.IntN(len(group)-1)
	if j >= i {
		j++
	}
	t.batch.pairs = append(t.batch.pairs, [2]*sparse{&group[i], &group[j]})
}

// learn moves the rows of a batch's texts and returns its loss.
func (t *trainer) learn(rate float32) float64 {
	b := &t.batch
	b.resize()
	for i, pair := range b.pairs {
		for side := range b.unit {
			b.length[side][i] = t.embed(pair[side], row(b.unit[side], i))
		}
	}
	loss := b.descend()
	for i, pair := range b.pairs {
		for side := range b.unit {
			t.move(pair[side], row(b.unit[side], i), row(b.slope[side], i), b.length[side][i], rate)
		}
	}
	return loss
}

// embed writes the text's vector, scaled to length 1, and returns its length
// before.
func (t *trainer) embed(x *sparse, dst []float32) float32 {
	clear(dst)
	for k, r := range x.rows {
		w := x.weights[k]
		for i, v := range row(t.rows, int(r)) {
			dst[i] += w * v
		}
	}
	length := float32(math.Sqrt(float64(dot(dst, dst)))) + 1e-9
	for i := range dst {
		dst[i] /= length
	}
	return length
}

// move takes the rows of a text a step down the slope of the loss over its unit
// vector.
func (t *trainer) move(x *sparse, unit, slope []float32, length, rate float32) {
	along := dot(unit, slope)
	var down [Dim]float32
	for i := range down {
		down[i] = (slope[i] - along*unit[i]) / length
	}
	squared := dot(down[:], down[:]) / Dim
	for k, r := range x.rows {
		w := x.weights[k]
		t.past[r] += w * w * squared
		step := rate * w / (float32(math.Sqrt(float64(t.past[r]))) + 1e-6)
		dst := row(t.rows, int(r))
		for i := range dst {
			dst[i] -= step * down[i]
		}
	}
}

// table rounds each row to 8 bits of its largest number. A row that no text has
// is zero: it knows nothing.
func (t *trainer) table() *Table {
	out := &Table{vocab: t.vocab, rows: make([]int8, len(t.rows)), scale: make([]float32, len(t.past))}
	for r := range t.past {
		if t.past[r] == 0 {
			continue
		}
		src, largest := row(t.rows, r), float32(0)
		for _, x := range src {
			largest = max(largest, x, -x)
		}
		out.scale[r] = largest / math.MaxInt8
		for i, x := range src {
			out.rows[r*Dim+i] = int8(math.Round(float64(x / out.scale[r]))) // ±127 by the choice of scale
		}
	}
	out.sum()
	return out
}

func row(m []float32, i int) []float32 { return m[i*Dim:][:Dim] }
