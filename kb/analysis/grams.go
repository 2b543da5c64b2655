package analysis

import "unicode/utf8"

// Lengths of the n-grams, in characters, the word's edges included.
const (
	minGram = 3
	maxGram = 5
)

// Grams calls emit with the hash of every character n-gram of the words: runs
// of 3 to 5 characters of "_word_". They find what stems do not: typing errors,
// compounds and the endings of languages without a stemmer.
func Grams(words []Word, emit func(hash uint32)) {
	var buf []byte
	var at []int
	for _, w := range words {
		if w.Stop {
			continue
		}
		buf = append(append(append(buf[:0], '_'), w.Text...), '_')
		at = at[:0]
		for i := 0; i < len(buf); {
			at = append(at, i)
			_, size := utf8.DecodeRune(buf[i:])
			i += size
		}
		at = append(at, len(buf))
		for n := minGram; n <= maxGram; n++ {
			for i := 0; i+n < len(at); i++ {
				emit(Hash(buf[at[i]:at[i+n]]))
			}
		}
	}
}

// Hash is fnv1a-32 with the finisher of MurmurHash3, so that its low bits may
// index a table.
func Hash[T []byte | string](s T) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
