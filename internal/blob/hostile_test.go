package blob_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/blob"
	"parley/internal/ids"
)

// What is a page, a program or an archive to somebody, and a picture or a text
// to somebody else, is handed out as neither: the type follows from the bytes,
// and only pictures that were encoded anew keep theirs.
func TestPutHandsOutNothingThatRuns(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{})
	const script = "<script>alert(document.domain)</script>"
	page := "<!doctype html><html><body>" + script
	small := asPNG(t, photo(9, 9))
	for name, c := range map[string]struct {
		content []byte
		served  string // "" is a picture without the script
	}{
		"html with a png in front":        {append(bytes.Clone(small), page...), ""},
		"html inside a png's text":        {append(append(bytes.Clone(small[:33]), pngChunk("tEXt", []byte("Title\x00"+page))...), small[33:]...), ""},
		"GIFAR: a gif, then an archive":   {append(asGIF(t, 1), "PK\x03\x04\x14\x00META-INF/MANIFEST.MF "+script+"PK\x05\x06"...), ""},
		"javascript that begins as a gif": {[]byte("GIF89a=1;alert(document.domain)//" + script), "application/octet-stream"},
		"javascript that begins as a bmp": {[]byte("BM=1;alert(document.domain)//" + script), "application/octet-stream"},
		"html behind a png's first bytes": {[]byte("\x89PNG\r\n\x1a\n" + page), "application/octet-stream"},
		"html behind a jpeg's":            {[]byte("\xff\xd8\xff\xe0" + page), "application/octet-stream"},
		"svg":                             {[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + script + "</svg>"), "application/octet-stream"},
		"svg behind a comment":            {[]byte("<?xml version='1.0'?><!--" + strings.Repeat(" ", 4000) + "--><svg onload='alert(1)'/>"), "application/octet-stream"},
		"svgz":                            {[]byte("\x1f\x8b\x08\x00<svg onload='alert(1)'/>"), "application/octet-stream"},
		"html in UTF-16":                  {[]byte("\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00"), "text/plain; charset=utf-8"}, // with nosniff, and said to be UTF-8
		"html behind blanks":              {[]byte(strings.Repeat(" \n", 2000) + page), "text/plain; charset=utf-8"},
		"xhtml":                           {[]byte("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + script), "application/octet-stream"},
		"xml with a style sheet":          {[]byte("<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='x'?><a/>"), "application/octet-stream"},
		"mhtml":                           {[]byte("MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + page), "application/octet-stream"},
		"pdf with a page in it":           {[]byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n" + page), "application/pdf"},
		"page, then a pdf":                {[]byte(page + "\n%PDF-1.7"), "application/octet-stream"},
		"zip with a page in front":        {[]byte(page + "PK\x03\x04"), "application/octet-stream"},
		"zip":                             {[]byte("PK\x03\x04" + script), "application/zip"},
		"flash":                           {[]byte("CWS\x0b" + script), "application/octet-stream"},
		"wasm":                            {[]byte("\x00asm\x01\x00\x00\x00"), "application/octet-stream"},
		"windows program":                 {[]byte("MZ\x90\x00" + script), "application/octet-stream"},
		"hta":                             {[]byte("<hta:application/>" + script), "application/octet-stream"},
	} {
		info, stored := put(t, s, c.content)
		if c.served == "" {
			assert.NotZero(t, info.Width, name)
			assert.NotContains(t, string(stored), "<script", name)
			continue
		}
		assert.Zero(t, info.Width, name)
		assert.Equal(t, c.served, blob.Served(info.Type), "%s: %s", name, info.Type)
		assert.True(t, strings.HasPrefix(blob.Disposition(info.Width > 0, "x.html"), "attachment"), name)
	}
}

// solid is a PNG whose pixels are all zero: nearly no bytes for very many.
func solid(t testing.TB, width, height uint32, depth, kind byte, bytesEach int) []byte {
	t.Helper()
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	var data bytes.Buffer
	z, err := zlib.NewWriterLevel(&data, zlib.BestCompression)
	require.NoError(t, err)
	row := make([]byte, 1+int(width)*bytesEach)
	for range height {
		_, err = z.Write(row)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	out := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(head, depth, kind, 0, 0, 0))...)
	return append(append(out, pngChunk("IDAT", data.Bytes())...), pngChunk("IEND", nil)...)
}

// frames is a GIF of many frames of full size that are all one colour.
func frames(t testing.TB, n, side int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range n {
		g.Image, g.Delay = append(g.Image, image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White})), append(g.Delay, 1)
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

// Small files that are large pictures, at the limit and far beyond it, take no
// more memory than the limit says, one at a time.
func TestBombsTakeBoundedMemory(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	s := newStore(t, blob.Config{})
	claimed := asPNG(t, photo(2, 2))
	binary.BigEndian.PutUint32(claimed[16:], 1<<31-1)
	binary.BigEndian.PutUint32(claimed[20:], 1<<31-1)
	binary.BigEndian.PutUint32(claimed[29:], crc32.ChecksumIEEE(claimed[12:29]))
	text := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"))...)
	text = append(text, "\x7f\xff\xff\xffzTXt"...) // a chunk that announces 2 GiB
	bombs := map[string][]byte{
		"8,000 × 8,000 grey": solid(t, 8000, 8000, 8, 0, 1), "5,000 × 5,000, 16 bits": solid(t, 5000, 5000, 16, 6, 8), "100,000 × 1,000": solid(t, 100_000, 1000, 8, 0, 1),
		"4,000 × 4,000 colour": solid(t, 4000, 4000, 8, 6, 4), "500 frames": frames(t, 500, 1000), "2,000 frames": manyFrames(2000), "2 Gi × 2 Gi": claimed, "a chunk of 2 GiB": text,
	}
	before := heap()
	peak := make(chan uint64, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		most, tick := uint64(0), time.NewTicker(5*time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				peak <- most
				return
			case <-tick.C:
				most = max(most, heap())
			}
		}
	}()
	for name, bomb := range bombs {
		require.Less(t, len(bomb), 1<<20, name)
		_, err := s.Put(t.Context(), ids.New(), io.LimitReader(bytes.NewReader(bomb), 1<<20))
		require.NoError(t, err, name)
	}
	stop()
	// A picture at the limit is 128 MiB, its copy for the encoder and what the
	// collector has not got to yet are the rest. The largest here would be 16 EiB.
	most := <-peak
	require.Greater(t, most, before, "something was decoded")
	t.Logf("%d MiB at most", (most-before)>>20)
	require.Less(t, (most-before)>>20, uint64(768), "MiB")
}

// heap is what objects take, in bytes, those included that wait for the
// collector.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
