package vectors

import (
	"math"
	"sync"
	"unicode/utf8"

	"parley/internal/words"
)

// Shape of the table. The pieces of a word stand for words that the corpus does
// not have, and for misspelt ones.
const (
	// Dim is the length of the vectors.
	Dim = 128

	gramBits = 15
	minGram  = 3
	maxGram  = 5
	maxWords = 64 // words of a text that are read; later ones say little new
)

// Table gives texts vectors. It is immutable and safe for any number of
// goroutines.
type Table struct {
	digest string           // of the corpus
	vocab  map[string]int32 // word → row; a piece's row is len(vocab) + its bucket
	rows   []int8           // Dim numbers a row
	scale  []float32        // of a row
	whole  []float32        // Dim a word: its row and its pieces, summed
	pool   sync.Pool        // *words.Text
}

// Digest is that of the corpus the table was trained on; see [Corpus].
func (t *Table) Digest() string { return t.digest }

// Embed writes the vector of text to dst, which has [Dim] numbers: of unit
// length, or zero when the table knows nothing of the text. The cosine of two
// vectors tells how likely both texts ask for the same. It allocates nothing.
func (t *Table) Embed(text string, dst []float32) {
	n, ok := t.pool.Get().(*words.Text)
	if !ok {
		n = &words.Text{}
	}
	defer t.pool.Put(n)
	n.Set(text)
	t.EmbedWords(n, dst)
}

// EmbedWords is Embed of a text that has been read. known is the share, 0 … 1, of
// its words that have a row of their own; what the table says about a text of
// other words is little more than their spelling.
func (t *Table) EmbedWords(n *words.Text, dst []float32) (known float32) {
	clear(dst)
	count := min(len(n.Words), maxWords)
	for i := range count {
		word := n.Word(i)
		if row, ok := t.vocab[string(word)]; ok {
			known++
			for i, x := range t.whole[int(row)*Dim:][:Dim] {
				dst[i] += x
			}
			continue
		}
		t.addPieces(dst, word)
	}
	unit(dst)
	return known / float32(max(count, 1))
}

// Knows reports whether the word, folded, has a row of its own: whether the
// corpus has it at least twice.
func (t *Table) Knows(word []byte) bool {
	_, ok := t.vocab[string(word)]
	return ok
}

// sum prepares the vectors of words: a message is mostly made of words that have
// a row, and each would be some fifteen rows with its pieces.
func (t *Table) sum() {
	t.whole = make([]float32, len(t.vocab)*Dim)
	for word, row := range t.vocab {
		dst := t.whole[int(row)*Dim:][:Dim]
		t.add(dst, row, 1)
		t.addPieces(dst, []byte(word))
	}
}

func (t *Table) addPieces(dst []float32, word []byte) {
	count := 0
	grams(word, func(uint32) { count++ })
	grams(word, func(bucket uint32) {
		t.add(dst, int32(len(t.vocab))+int32(bucket), 1/float32(count)) //nolint:gosec // gramBits bits
	})
}

func (t *Table) add(dst []float32, row int32, weight float32) {
	x := weight * t.scale[row]
	for i, v := range t.rows[int(row)*Dim:][:Dim] {
		dst[i] += x * float32(v)
	}
}

// grams calls each for the bucket of every piece of minGram … maxGram runes of
// a word between "<" and ">".
func grams(word []byte, each func(bucket uint32)) {
	at := func(i int) (rune, int) {
		switch {
		case i < 0:
			return '<', 1
		case i >= len(word):
			return '>', 1
		}
		return utf8.DecodeRune(word[i:])
	}
	for from := -1; from < len(word); {
		h, i := uint64(0xC2B2AE3D27D4EB4F), from
		for runes := 1; runes <= maxGram && i <= len(word); runes++ {
			r, size := at(i)
			h = (h ^ uint64(r)) * 0x100000001B3 //nolint:gosec // runes are not negative
			i += size
			if runes >= minGram {
				x := h + uint64(runes)
				x ^= x >> 29
				x *= 0xBF58476D1CE4E5B9
				each(uint32(x >> (64 - gramBits)))
			}
		}
		_, size := at(from)
		from += size
	}
}

func unit(v []float32) {
	var sum float32
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 {
		return
	}
	scale := 1 / float32(math.Sqrt(float64(sum)))
	for i := range v {
		v[i] *= scale
	}
}
