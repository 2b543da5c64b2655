package embed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"parley/internal/vectors"
	"parley/internal/words"
	"parley/kb/analysis"
)

// Local embeds by two vectors of unit length. One is the meaning, of the table in
// internal/vectors, its words weighted by how much they say in this knowledge
// base. The other is the words' stems and their character n-grams, brought to
// few dimensions by a random projection (Achlioptas, JCSS 66(4), 2003): it
// knows names and languages that the table does not.
//
// It is deterministic: the same text and state give the same vector in every
// process and version of this package. It is safe for concurrent use.
type Local struct {
	table *vectors.Table
	docs  float64
	df    []uint16 // texts that a feature occurs in, by bucket of its hash
}

// The weights of the parts of a vector, as of its words' frequencies.
const (
	spellingWeight = 0.3  // of the second vector beside the first
	gramWeight     = 0.5  // of n-grams beside stems, within the second
	knownEnough    = 0.75 // share of known words above which the meaning counts in full
	idfPower       = 0.5  // the table knows already how much a word says elsewhere
)

// english reads texts of all languages for their spelling: words of other
// languages only lose an ending that looks like an English one.
var english = analysis.For("en")

const (
	buckets = 1 << 15
	signs   = 8 // entries other than zero in the projection of a feature
)

// NewLocal returns an embedder that has learned nothing yet: all words say the
// same.
func NewLocal() *Local { return &Local{table: vectors.Builtin(), df: make([]uint16, buckets)} }

// Name implements [Embedder]. It changes with the table.
func (l *Local) Name() string { return "local-2 " + l.table.Digest()[:8] }

// Dim implements [Embedder].
func (l *Local) Dim() int { return Dim }

// Embed implements [Embedder]. It fails only when ctx has ended.
func (l *Local) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var read words.Text
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = l.embed(text, &read)
	}
	return out, nil
}

func (l *Local) embed(text string, read *words.Text) []float32 {
	sum := make([]float64, Dim)
	var meaning [vectors.Dim]float32
	read.Set(text)
	known := float64(l.table.EmbedWeighted(read, l.weight, meaning[:]))
	for i, x := range meaning {
		sum[i] = min(1, known/knownEnough) * float64(x)
	}
	spelling := l.spelling(text)
	for i, x := range spelling {
		sum[len(meaning)+i] = spellingWeight * float64(x) //nolint:gosec // both halves fit
	}
	return unit(sum)
}

// weight says how much a word says in this knowledge base.
func (l *Local) weight(word []byte) float32 {
	return float32(math.Pow(l.idf(analysis.Hash(word))/l.idf(noFeature), idfPower))
}

// noFeature stands for what no text has.
const noFeature = ^uint32(0)

// features are weights by hash.
type features map[uint32]float64

// spelling projects the words and n-grams of a text.
func (l *Local) spelling(text string) []float32 {
	terms, grams := features{}, features{}
	list := english.Words(text)
	for _, w := range list {
		if !w.Stop {
			terms[analysis.Hash(w.Term)]++
		}
	}
	for h, tf := range terms {
		terms[h] = (1 + math.Log(tf)) * l.idf(h)
	}
	for i, w := range list {
		if !w.Stop {
			weight := terms[analysis.Hash(w.Term)]
			analysis.Grams(list[i:i+1], func(h uint32) { grams[h] += weight })
		}
	}
	sum := make([]float64, Dim-vectors.Dim)
	add(sum, terms, 1)
	add(sum, grams, gramWeight)
	return unit(sum)
}

func (l *Local) idf(h uint32) float64 {
	if h == noFeature {
		return math.Log(1+l.docs) + 0.1
	}
	return math.Log((1+l.docs)/(1+float64(l.df[h%buckets]))) + 0.1
}

// add projects a sparse vector, made unit length and weighted. The order of the
// sum is fixed, so that the result is the same to the last bit.
func add(sum []float64, f features, weight float64) {
	norm := 0.0
	order := slices.Sorted(maps.Keys(f))
	for _, h := range order {
		norm += f[h] * f[h]
	}
	if norm == 0 {
		return
	}
	for _, h := range order {
		project(sum, h, f[h]*weight/math.Sqrt(norm))
	}
}

// project spreads a feature over some of the dimensions, with signs.
func project(sum []float64, hash uint32, x float64) {
	x /= math.Sqrt(signs)
	random := uint64(hash)*0x9e3779b97f4a7c15 + 1 // xorshift64 (Marsaglia, 2003)
	for range signs {
		random ^= random << 13
		random ^= random >> 7
		random ^= random << 17
		if at := random >> 20 % uint64(len(sum)); random>>40&1 == 0 {
			sum[at] += x
		} else {
			sum[at] -= x
		}
	}
}

func unit(v []float64) []float32 {
	norm := 0.0
	for _, x := range v {
		norm += x * x
	}
	out := make([]float32, len(v))
	if norm == 0 {
		return out
	}
	norm = math.Sqrt(norm)
	for i, x := range v {
		out[i] = float32(x / norm)
	}
	return out
}

// Learn implements [Learner]: it counts in how many texts each word occurs.
func (l *Local) Learn(texts []string) []byte {
	df := make([]uint16, buckets)
	var read words.Text
	for _, text := range texts {
		seen := map[uint32]bool{}
		for _, w := range english.Words(text) {
			if !w.Stop {
				seen[analysis.Hash(w.Term)%buckets] = true
			}
		}
		read.Set(text)
		for i := range read.Words {
			seen[analysis.Hash(read.Word(i))%buckets] = true
		}
		for b := range seen {
			if df[b] < math.MaxUint16 {
				df[b]++
			}
		}
	}
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	// Writes to memory do not fail.
	_ = binary.Write(zip, binary.LittleEndian, uint32(len(texts))) //nolint:gosec // nobody has so many
	_ = binary.Write(zip, binary.LittleEndian, df)
	_ = zip.Close()
	return buf.Bytes()
}

// With implements [Learner].
func (l *Local) With(state []byte) (Embedder, error) {
	zip, err := gzip.NewReader(bytes.NewReader(state))
	if err != nil {
		return nil, fmt.Errorf("open the embedder's state: %w", err)
	}
	var docs uint32
	next := &Local{table: l.table, df: make([]uint16, buckets)}
	body := io.LimitReader(zip, 4+2*buckets)
	if err := binary.Read(body, binary.LittleEndian, &docs); err != nil {
		return nil, fmt.Errorf("read the embedder's state: %w", err)
	}
	if err := binary.Read(body, binary.LittleEndian, next.df); err != nil {
		return nil, fmt.Errorf("read the embedder's state: %w", err)
	}
	next.docs = min(float64(docs), math.MaxUint16)
	return next, nil
}

// Trust implements [Truster]: the share of a question's words, by how much they
// say, that the table knows. Of names it knows nothing.
func (l *Local) Trust(text string) float64 {
	var read words.Text
	var meaning [vectors.Dim]float32
	read.Set(text)
	return float64(l.table.EmbedWeighted(&read, l.weight, meaning[:]))
}
