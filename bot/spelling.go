package bot

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"parley/internal/vectors"
	"parley/internal/words"
)

// spelling mends misspelt words: one that neither the examples nor the table of
// vectors know, and that differs by one letter from a word of the examples, is
// read as that word. Nothing that is a word becomes another one.
//
// A word and a word of the examples that are one edit apart share what is left
// of both, or of one, when a letter is left out, so that what is left is looked
// up instead of every edit (the symmetric delete method of Wolf Garbe).
type spelling struct {
	table *vectors.Table
	words []string // of the examples, the frequent ones first
	known map[string]struct{}
	left  []remainder // sorted
}

// remainder is the hash of a word from which at most one letter was left out.
type remainder struct {
	hash uint32
	word uint16 // into words
}

const (
	shortestMended = 4       // letters: shorter words are too alike
	longestMended  = 32      // bytes
	mostWords      = 1 << 14 // of the examples: the most frequent
)

// newSpelling reads the words of the examples. One that only a single example
// has, and that the table does not know, is more likely a mistake than a word.
func newSpelling(samples []Sample, table *vectors.Table) *spelling {
	count := map[string]int{}
	var n words.Text
	for _, s := range samples {
		n.Set(s.Text)
		for i := range n.Words {
			count[string(n.Word(i))]++
		}
	}
	s := &spelling{table: table, known: map[string]struct{}{}}
	for word, times := range count {
		if times > 1 || table.Knows([]byte(word)) {
			s.words = append(s.words, word)
		}
	}
	slices.SortFunc(s.words, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	s.words = s.words[:min(len(s.words), mostWords)]
	for i, word := range s.words {
		s.known[word] = struct{}{}
		if mendable([]byte(word)) {
			remainders([]byte(word), func(hash uint32) { s.left = append(s.left, remainder{hash, uint16(i)}) }) //nolint:gosec // below mostWords
		}
	}
	slices.SortFunc(s.left, func(a, b remainder) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.word, b.word)) })
	s.left = slices.Compact(s.left)
	return s
}

// size is the memory it holds, in bytes, about.
func (s *spelling) size() int {
	size := 8 * len(s.left)
	for _, word := range s.words {
		size += 40 + len(word)
	}
	return size
}

// mendable reports whether the word is long enough, and all letters.
func mendable(word []byte) bool {
	if len(word) > longestMended {
		return false
	}
	letters := 0
	for _, c := range word {
		if c >= '0' && c <= '9' {
			return false
		}
		if utf8.RuneStart(c) {
			letters++
		}
	}
	return letters >= shortestMended
}

// remainders calls each for the word itself and for the word without each of its
// letters.
func remainders(word []byte, each func(hash uint32)) {
	each(hashLeft(word, len(word), 0))
	for i := 0; i < len(word); {
		_, size := utf8.DecodeRune(word[i:])
		each(hashLeft(word, i, size))
		i += size
	}
}

// hashLeft is the hash of the word without the letter of the given size at i.
func hashLeft(word []byte, i, size int) uint32 {
	h := hashBytes(hashBytes(seedWord, word[:i]), word[i+size:])
	return uint32(h ^ h>>32) //nolint:gosec // the low half is meant
}

// mend rewrites the misspelt words of n. Scripts without spaces have no letters
// to mend.
func (s *spelling) mend(n *words.Text) {
	run := 0
	for i := range n.Words {
		for run < len(n.Runs) && n.Runs[run].To < n.Words[i].To {
			run++
		}
		if run == len(n.Runs) || n.Runs[run] != n.Words[i] {
			continue
		}
		if right := s.right(n.Word(i)); right != "" {
			from := int32(len(n.Bytes)) //nolint:gosec // at most words.MaxRunes runes of a few bytes, twice
			n.Bytes = append(n.Bytes, right...)
			n.Words[i] = words.Span{From: from, To: int32(len(n.Bytes))} //nolint:gosec // the same
			n.Runs[run] = n.Words[i]
			run++
		}
	}
}

// right returns the word that was meant, "" when it may be the one that is
// written.
func (s *spelling) right(word []byte) string {
	if !mendable(word) || s.table.Knows(word) {
		return ""
	}
	if _, ok := s.known[string(word)]; ok {
		return ""
	}
	best := len(s.words)
	remainders(word, func(hash uint32) {
		i, _ := slices.BinarySearchFunc(s.left, hash, func(r remainder, hash uint32) int { return cmp.Compare(r.hash, hash) })
		for ; i < len(s.left) && s.left[i].hash == hash; i++ {
			if w := int(s.left[i].word); w < best && edited(word, s.words[w]) {
				best = w
			}
		}
	})
	if best == len(s.words) {
		return ""
	}
	return s.words[best]
}
