package vectors

import "parley/internal/words"

// EmbedWeighted is [Table.EmbedWords] with a weight for each word: a search
// over many texts knows which words they all have. known is the share of the
// weight, 0 … 1, that words of the table carry; what it says about a text of
// other words is little more than their spelling.
func (t *Table) EmbedWeighted(n *words.Text, weight func(word []byte) float32, dst []float32) (known float32) {
	clear(dst)
	var sum, all float32
	for i := range min(len(n.Words), maxWords) {
		word := n.Word(i)
		w := weight(word)
		all += w
		if row, ok := t.vocab[string(word)]; ok {
			sum += w
			for i, x := range t.whole[int(row)*Dim:][:Dim] {
				dst[i] += w * x
			}
			continue
		}
		count := 0
		grams(word, func(uint32) { count++ })
		grams(word, func(bucket uint32) {
			t.add(dst, int32(len(t.vocab))+int32(bucket), w/float32(count)) //nolint:gosec // gramBits bits
		})
	}
	unit(dst)
	return sum / max(all, 1e-9)
}
