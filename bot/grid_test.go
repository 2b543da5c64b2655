package bot

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/words"
)

// TestGrid holds the sums against plain ones, at the largest values that a
// message can have and for numbers of classes around a full read.
func TestGrid(t *testing.T) {
	t.Parallel()
	for _, classes := range []int{1, 2, 7, 8, 9, 15, 16, 77} {
		const features = 50
		r := rand.New(rand.NewPCG(1, uint64(classes)))
		g, plain := newGrid(classes, features*classes), make([]int, features*classes)
		for i := range plain {
			plain[i] = r.IntN(255) - 127
			if i < classes {
				plain[i] = 127 - 254*(i%2) // both ends
			}
			g.set(i, plain[i])
		}
		sums, want := newGridSums(classes), make([]int, classes)
		sums.add(&g, 0, 99, 1, -99) // of a message before
		sums.reset()
		for i := range words.MaxRunes / 2 {
			row, x := i%features, r.IntN(2*valueSteps+1)-valueSteps
			other, y := r.IntN(features), r.IntN(2*valueSteps+1)-valueSteps
			if i < features {
				row, x, other, y = 0, valueSteps*(1-2*(i%2)), 0, 0
			}
			sums.add(&g, row, x, other, y)
			for k := range classes {
				want[k] += x*plain[row*classes+k] + y*plain[other*classes+k]
			}
		}
		for k := range classes {
			assert.Equal(t, want[k], sums.of(k), "class %d of %d", k, classes)
		}
	}
}
