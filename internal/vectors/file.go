package vectors

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
)

//go:embed table.bin
var builtin []byte

// Builtin is the table of this version of the program, read once a process.
var Builtin = sync.OnceValue(func() *Table {
	t, err := Decode(builtin)
	if err != nil {
		panic(err) // the program file is damaged
	}
	return t
})

// header begins the uncompressed table. Rows are Dim signed bytes, each row
// with a scale; those of words come first, in the order of the list of words,
// then those of pieces.
type header struct {
	Magic  [8]byte
	Digest [64]byte // of the corpus, in hexadecimal
	Words  uint32   // how many words
	Bytes  uint32   // length of the list of words, separated by line feeds
}

var magic = [8]byte{'v', 'e', 'c', 't', 'o', 'r', 's', '1'}

const maxTable = 64 << 20 // bytes, uncompressed

// Encode writes the table, compressed, with the digest of its corpus.
func (t *Table) Encode(digest string) []byte {
	list := strings.Join(t.words(), "\n")
	h := header{Magic: magic, Words: uint32(len(t.vocab)), Bytes: uint32(len(list))} //nolint:gosec // far below
	copy(h.Digest[:], digest)
	var out bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // a level that exists
	// Writes to memory do not fail.
	for _, part := range []any{h, []byte(list), t.scale, t.rows} {
		_ = binary.Write(zip, binary.LittleEndian, part)
	}
	_ = zip.Close()
	return out.Bytes()
}

// words lists the vocabulary by row.
func (t *Table) words() []string {
	list := make([]string, len(t.vocab))
	for w, row := range t.vocab {
		list[row] = w
	}
	return list
}

// Decode reads what Encode wrote; the error says what is wrong with it.
func Decode(data []byte) (*Table, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("open the table of vectors: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(zip, maxTable))
	if err != nil {
		return nil, fmt.Errorf("unpack the table of vectors: %w", err)
	}
	var h header
	n, err := binary.Decode(raw, binary.LittleEndian, &h)
	if err != nil || h.Magic != magic {
		return nil, errors.New("this is no table of vectors")
	}
	raw = raw[n:]
	rows := int(h.Words) + 1<<gramBits
	if len(raw) != int(h.Bytes)+rows*(4+Dim) {
		return nil, fmt.Errorf("the table of vectors has %d bytes after its head instead of %d", len(raw), int(h.Bytes)+rows*(4+Dim))
	}
	list := strings.Split(string(raw[:h.Bytes]), "\n")
	if len(list) != int(h.Words) {
		return nil, fmt.Errorf("the table of vectors lists %d words instead of %d", len(list), h.Words)
	}
	raw = raw[h.Bytes:]
	t := &Table{digest: string(h.Digest[:]), vocab: make(map[string]int32, len(list)), rows: make([]int8, rows*Dim), scale: make([]float32, rows)}
	for i, w := range list {
		t.vocab[w] = int32(i)
	}
	for i := range t.scale {
		t.scale[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	for i, b := range raw[4*rows:] {
		t.rows[i] = int8(b) //nolint:gosec // the same bits
	}
	t.sum()
	return t, nil
}
