package bot

import "encoding/binary"

// grid is a table of weights of 8 bits, a row for each feature and a column for
// each class. A weight is stored with gridZero added, so that eight of them are
// read as one number and multiplied two at a time: most of the time of a
// prediction is this product.
type grid struct {
	classes int
	bytes   []byte // the rows, and behind the last one what a read of its end reads on
}

const (
	gridZero  = 128
	gridLanes = 4 // numbers of 64 bits for 8 classes, a class in each half
	gridHalf  = 0x000000FF_000000FF
)

// newGrid makes a grid of a number of weights.
func newGrid(classes, weights int) grid { return grid{classes, make([]byte, weights+7)} }

// set stores the i-th weight, counted by rows; it is within ±127.
func (g *grid) set(i, weight int) { g.bytes[i] = byte(weight + gridZero) } //nolint:gosec // 1 to 255

// gridSums are the sums of rows, each times a number. With the values of
// [valueSteps] and blocks of length 1, words.MaxRunes runes make less than 2^28
// of a class, so that no half flows over into the other.
type gridSums struct {
	lanes  []uint64
	excess int // what the zeros of the weights have added to each class
}

func newGridSums(classes int) gridSums {
	return gridSums{lanes: make([]uint64, (classes+7)/8*gridLanes)}
}

func (s *gridSums) reset() {
	clear(s.lanes)
	s.excess = 0
}

// factor is what a row is multiplied by. The halves hold no negative numbers:
// for a negative one the row is turned around, 255 less a byte being 127 less
// its weight.
type factor struct{ times, turn uint64 }

func (s *gridSums) factor(x int) factor {
	if x < 0 {
		s.excess -= x * (gridZero - 1)
		return factor{uint64(-x), ^uint64(0)}
	}
	s.excess += x * gridZero
	return factor{uint64(x), 0}
}

// add adds x times a row and y times another: two at a time, because reading and
// writing the sums takes as long as a product.
func (s *gridSums) add(g *grid, row, x, other, y int) {
	f, h := s.factor(x), s.factor(y)
	lanes, from, beside := s.lanes, g.bytes[row*g.classes:], g.bytes[other*g.classes:]
	for len(lanes) >= gridLanes && len(from) >= 8 && len(beside) >= 8 {
		v := binary.LittleEndian.Uint64(from) ^ f.turn
		w := binary.LittleEndian.Uint64(beside) ^ h.turn
		l := (*[gridLanes]uint64)(lanes)
		l[0] += (v&gridHalf)*f.times + (w&gridHalf)*h.times
		l[1] += (v>>8&gridHalf)*f.times + (w>>8&gridHalf)*h.times
		l[2] += (v>>16&gridHalf)*f.times + (w>>16&gridHalf)*h.times
		l[3] += (v>>24&gridHalf)*f.times + (w>>24&gridHalf)*h.times
		lanes, from, beside = lanes[gridLanes:], from[8:], beside[8:]
	}
}

// of returns the sum of a class: a half of its lane.
func (s *gridSums) of(class int) int {
	lane := s.lanes[class/8*gridLanes+class%4]
	if class%8 >= 4 {
		lane >>= 32
	}
	return int(uint32(lane)) - s.excess
}
