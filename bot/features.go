package bot

import (
	"math"
	"unicode"
	"unicode/utf8"

	"parley/internal/vectors"
	"parley/internal/words"
)

// Features are hashed into two blocks of 2^hashBits buckets: words, or Chinese
// and Japanese characters, with their pairs, and pieces of words. A third block is
// the message's vector of meaning. Separate blocks, each scaled to length 1, keep
// the many pieces from drowning the few words. With 2^14 buckets collisions cost
// less than 0.1 points of accuracy on 10,000 examples.
const (
	hashBits  = 14
	buckets   = 1 << hashBits
	blockWord = 0
	blockChar = 1
	blocks    = 2

	minPiece = 2 // runes of the shortest piece of a word
	maxPiece = 5 // and of the longest; the word is padded by a space on both sides

	// senseWeight is the length of the third block, what the message means, beside
	// the other two. With ten examples an intent it is worth 4 points of accuracy,
	// with five 5, with 130 half a point. It is shorter for a message of which the
	// table knows less than knownEnough of the words: of languages that the table
	// was not made of the block costs up to 3 points at its full length.
	senseWeight = 1
	knownEnough = 0.75

	seedWord = 0x9E3779B97F4A7C15
	seedChar = 0xC2B2AE3D27D4EB4F
	hashMul  = 0x100000001B3 // FNV-1a, 64 bit
)

// bag is the features of one message with how often each occurs.
type bag struct {
	buckets []uint16
	counts  []uint16
	chars   int                  // where the second block begins
	sense   [vectors.Dim]float32 // what the message means: of unit length, shorter where words are not known
}

func (b *bag) reset() { b.buckets, b.counts, b.chars = b.buckets[:0], b.counts[:0], 0 }

// counter makes bags. Its table is as large as the hash space and is cleaned by
// walking what was touched.
type counter struct {
	table  *vectors.Table
	spell  *spelling // nil reads words as they are written
	n      words.Text
	counts [blocks * buckets]uint16
}

// count replaces dst by the features of text.
func (c *counter) count(text string, dst *bag) {
	dst.reset()
	c.n.Set(text)
	if c.spell != nil {
		c.spell.mend(&c.n)
	}
	var previous uint64
	for i := range c.n.Words {
		word := c.n.Word(i)
		h := hashBytes(seedWord, word)
		c.add(blockWord, h, dst)
		if i > 0 && !logographic(word) { // a pair of characters is one already
			c.add(blockWord, (previous*31+h)*hashMul, dst)
		}
		previous = h
	}
	for _, run := range c.n.Runs {
		c.characters(c.n.Bytes[run.From:run.To], dst)
	}
	dst.chars = len(dst.buckets)
	for _, run := range c.n.Runs {
		c.pieces(c.n.Bytes[run.From:run.To], dst)
	}
	if known := c.table.EmbedWords(&c.n, dst.sense[:]); known < knownEnough {
		for i := range dst.sense {
			dst.sense[i] *= known / knownEnough
		}
	}
	for _, bucket := range dst.buckets {
		dst.counts = append(dst.counts, c.counts[bucket])
		c.counts[bucket] = 0
	}
}

// logographic reports whether a text is in characters that are words, or good
// parts of words.
func logographic(text []byte) bool {
	first, _ := utf8.DecodeRune(text)
	return first >= firstKana && unicode.In(first, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

const firstKana = 0x3040

// characters counts the single characters of a run of more than one, whose words
// are their pairs. Of 83 intents in Chinese they tell 8 points more.
func (c *counter) characters(run []byte, dst *bag) {
	if !logographic(run) || utf8.RuneCount(run) < 2 { // one alone is a word
		return
	}
	for len(run) > 0 {
		_, size := utf8.DecodeRune(run)
		c.add(blockWord, hashBytes(seedWord, run[:size]), dst)
		run = run[size:]
	}
}

func (c *counter) add(block int, hash uint64, dst *bag) {
	hash ^= hash >> 29
	hash *= 0xBF58476D1CE4E5B9                                      // of splitmix64: the low bits of FNV alone are poor
	bucket := uint16(block<<hashBits) | uint16(hash>>(64-hashBits)) //nolint:gosec // 15 bits
	if c.counts[bucket] == 0 {
		dst.buckets = append(dst.buckets, bucket)
	}
	c.counts[bucket]++ // at most words.MaxRunes*(maxPiece-minPiece+1)
}

// pieces counts the sequences of minPiece … maxPiece runes of a run padded by
// spaces.
func (c *counter) pieces(run []byte, dst *bag) {
	for from := -1; from < len(run); {
		h, at := uint64(seedChar), from
		for runes := 1; runes <= maxPiece && at <= len(run); runes++ {
			r, size := paddedRune(run, at)
			h = (h ^ uint64(r)) * hashMul //nolint:gosec // runes are not negative
			at += size
			if runes >= minPiece {
				c.add(blockChar, h+uint64(runes), dst)
			}
		}
		_, size := paddedRune(run, from)
		from += size
	}
}

// paddedRune decodes the rune at i of a run that has a space at -1 and at its
// end.
func paddedRune(run []byte, i int) (rune, int) {
	if i < 0 || i >= len(run) {
		return ' ', 1
	}
	if c := run[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRune(run[i:])
}

func hashBytes(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * hashMul
	}
	return h
}

// vector is a sparse vector: values at the features ids.
type vector struct {
	ids    []uint16
	values []float32
	known  float32 // 0 … 1: the part of the words, by what they tell, that the examples have
}

// vocabulary is what the examples teach about features: which buckets occur,
// numbered densely, and how telling each is: its inverse document frequency
// ln((1+n)/(1+df)) + 1.
type vocabulary struct {
	ids [blocks * buckets]uint16 // dense id + 1, 0 for a bucket that no example has
	idf []float32                // by dense id
	top float32                  // what a word tells that no example has
}

func newVocabulary(bags []bag) *vocabulary {
	v := &vocabulary{}
	var df []int
	for i := range bags {
		for _, bucket := range bags[i].buckets {
			if v.ids[bucket] == 0 {
				df = append(df, 0)
				v.ids[bucket] = uint16(len(df)) //nolint:gosec // at most blocks*buckets
			}
			df[v.ids[bucket]-1]++
		}
	}
	v.idf = make([]float32, len(df))
	for id, n := range df {
		v.idf[id] = float32(math.Log(float64(1+len(bags))/float64(1+n)) + 1)
	}
	v.top = float32(math.Log(float64(1+len(bags))) + 1)
	return v
}

// size is the number of features: those of the examples and the dimensions of
// the dense block.
func (v *vocabulary) size() int { return len(v.idf) + vectors.Dim }

// vector writes the scaled features of b that the examples have to dst: each
// (1 + ln count) * idf, each block divided by its length.
func (v *vocabulary) vector(b *bag, dst *vector) {
	dst.ids, dst.values = dst.ids[:0], dst.values[:0]
	dst.known = v.appendBlock(b.buckets[:b.chars], b.counts[:b.chars], dst)
	v.appendBlock(b.buckets[b.chars:], b.counts[b.chars:], dst)
	if b.sense == [vectors.Dim]float32{} {
		return
	}
	for i, x := range b.sense {
		dst.ids = append(dst.ids, uint16(len(v.idf)+i)) //nolint:gosec // blocks*buckets and some
		dst.values = append(dst.values, x*senseWeight)
	}
}

// appendBlock adds a block and returns the part of its length that the examples
// know.
func (v *vocabulary) appendBlock(buckets, counts []uint16, dst *vector) (known float32) {
	start := len(dst.ids)
	var sum, unknown float32
	for i, bucket := range buckets {
		id := v.ids[bucket]
		if id == 0 {
			unknown += v.top * v.top
			continue
		}
		x := sublinear(counts[i]) * v.idf[id-1]
		sum += x * x
		dst.ids = append(dst.ids, id-1)
		dst.values = append(dst.values, x)
	}
	if sum == 0 {
		return 0
	}
	scale := 1 / float32(math.Sqrt(float64(sum)))
	for i := start; i < len(dst.values); i++ {
		dst.values[i] *= scale
	}
	return sum / (sum + unknown)
}

// sublinear is 1 + ln(count).
func sublinear(count uint16) float32 {
	switch count { // nearly all; a logarithm takes longer than the rest
	case 1:
		return 1
	case 2:
		return 1 + math.Ln2
	}
	return 1 + float32(math.Log(float64(count)))
}
