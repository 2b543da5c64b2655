package blob_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/blob"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func newStore(t testing.TB, cfg blob.Config) *blob.Store {
	t.Helper()
	cfg.Dir = t.TempDir()
	return blob.New(testkit.Bus(t, testkit.RelaxedBus), cfg)
}

func put(t testing.TB, s *blob.Store, content []byte) (blob.Info, []byte) {
	t.Helper()
	id := ids.New()
	info, err := s.Put(t.Context(), id, bytes.NewReader(content))
	require.NoError(t, err)
	r, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	stored, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	assert.Len(t, stored, int(info.Size))
	return info, stored
}

// photo is red on the left and blue on the right.
func photo(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			img.Set(x, y, color.RGBA{R: 255, A: 255})
			if x >= w/2 {
				img.Set(x, y, color.RGBA{B: 255, A: 255})
			}
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func asGIF(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: 3}
	for i := range frames {
		img := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White, color.RGBA{R: uint8(i), A: 255}})
		img.SetColorIndex(i%40, 1, 1)
		g.Image, g.Delay = append(g.Image, img), append(g.Delay, 10)
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

// exif is an APP1 segment with an orientation, a maker's note and a position.
func exif(turn uint16) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, turn)
	tiff = append(tiff, "\x00\x00\x00\x00\x00\x00GPS 52.5200 13.4050 of somebody's home"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(body)+2)), body...)
}

func withExif(jpg []byte, turn uint16) []byte {
	return append(append(bytes.Clone(jpg[:2]), exif(turn)...), jpg[2:]...)
}

func TestPutStripsMetadata(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{})
	text := pngChunk("tEXt", []byte("Comment\x00GPS 52.5200"))
	plain := asPNG(t, photo(20, 10))
	commented := append(append(bytes.Clone(plain[:33]), text...), plain[33:]...)
	for name, content := range map[string][]byte{
		"image/jpeg": withExif(asJPEG(t, photo(20, 10)), 1),
		"image/png":  commented,
		"image/gif":  append(bytes.TrimSuffix(asGIF(t, 3), []byte{0x3B}), "\x21\xFE\x0bGPS 52.5200\x00\x3B"...),
	} {
		require.Contains(t, string(content), "GPS")
		info, stored := put(t, s, content)
		assert.Equal(t, name, info.Type)
		assert.NotContains(t, string(stored), "GPS", name)
		_, format, err := image.Decode(bytes.NewReader(stored))
		require.NoError(t, err, name)
		assert.Equal(t, name, "image/"+format)
		assert.NotZero(t, info.Width)
		assert.NotZero(t, info.Height)
	}
}

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func TestPutKeepsEveryFrame(t *testing.T) {
	t.Parallel()
	_, stored := put(t, newStore(t, blob.Config{}), asGIF(t, 5))
	g, err := gif.DecodeAll(bytes.NewReader(stored))
	require.NoError(t, err)
	assert.Len(t, g.Image, 5)
	assert.Equal(t, 3, g.LoopCount)
}

// A phone stores the picture as the sensor saw it and says how to turn it.
// Where red ends up tells whether it was turned.
func TestPutTurnsPhotosUpright(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{})
	for turn, want := range map[uint16]struct {
		w, h int
		red  image.Point
	}{
		1: {40, 20, image.Pt(5, 10)}, 2: {40, 20, image.Pt(35, 10)}, 3: {40, 20, image.Pt(35, 10)}, 4: {40, 20, image.Pt(5, 10)},
		5: {20, 40, image.Pt(10, 5)}, 6: {20, 40, image.Pt(10, 5)}, 7: {20, 40, image.Pt(10, 35)}, 8: {20, 40, image.Pt(10, 35)},
	} {
		info, stored := put(t, s, withExif(asJPEG(t, photo(40, 20)), turn))
		assert.Equal(t, want.w, info.Width, "orientation %d", turn)
		assert.Equal(t, want.h, info.Height, "orientation %d", turn)
		img, err := jpeg.Decode(bytes.NewReader(stored))
		require.NoError(t, err)
		r, _, b, _ := img.At(want.red.X, want.red.Y).RGBA()
		assert.Greater(t, r, b, "orientation %d", turn)
	}
}

// What only looks like an image, or would be too large to decode, is kept as
// bytes that nothing shows.
func TestPutRefusesBombs(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{})
	huge := asPNG(t, photo(2, 2))
	ihdr := []byte("IHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x06\x00\x00\x00") // 100,000 × 100,000
	copy(huge[12:], ihdr)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(ihdr))
	hugeGIF := asGIF(t, 1)
	hugeGIF[6], hugeGIF[7], hugeGIF[8], hugeGIF[9] = 0xFF, 0xFF, 0xFF, 0xFF
	hugeJPEG := asJPEG(t, photo(8, 8))
	sof := bytes.Index(hugeJPEG, []byte{0xFF, 0xC0})
	copy(hugeJPEG[sof+5:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
	scans := append(asJPEG(t, photo(8, 8)), bytes.Repeat([]byte{0xFF, 0xDA, 0x00, 0x02}, 1000)...)
	for name, content := range map[string][]byte{
		"png header": huge, "gif header": hugeGIF, "jpeg header": hugeJPEG, "jpeg scans": scans,
		"gif frames":    manyFrames(2000),
		"cut off png":   asPNG(t, photo(100, 100))[:60],
		"webp in name":  []byte("RIFF\x10\x00\x00\x00WEBPVP8 garbage.........."),
		"only a header": []byte("\x89PNG\r\n\x1a\n"),
	} {
		info, stored := put(t, s, content)
		assert.Equal(t, "application/octet-stream", info.Type, name)
		assert.Zero(t, info.Width, name)
		assert.Equal(t, content, stored, name)
	}
}

// manyFrames is a small GIF of 4000 × 4000 frames with no pixels in them.
func manyFrames(n int) []byte {
	b := []byte("GIF89a\xa0\x0f\xa0\x0f\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	for range n {
		b = append(b, "\x2c\x00\x00\x00\x00\xa0\x0f\xa0\x0f\x00\x02\x01\x05\x00"...)
	}
	return append(b, 0x3B)
}

// A file that is an image to one program and a page to another loses the page.
func TestPutDefusesPolyglots(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{})
	const script = "<script>alert(document.domain)</script>"
	commented := append([]byte{0xFF, 0xD8, 0xFF, 0xFE, 0x00, byte(len(script) + 2)}, script...)
	for name, content := range map[string][]byte{
		"script after a gif":   append(asGIF(t, 1), script...),
		"script after a png":   append(asPNG(t, photo(9, 9)), script...),
		"zip after a jpeg":     append(asJPEG(t, photo(9, 9)), "PK\x03\x04 <script>"...),
		"script in a jpeg tag": append(commented, asJPEG(t, photo(9, 9))[2:]...),
	} {
		info, stored := put(t, s, content)
		assert.NotZero(t, info.Width, name)
		assert.NotContains(t, string(stored), "<script>", name)
	}
}

func TestSniffGoesByContent(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>":      "image/svg+xml",
		"\xef\xbb\xbf \n<?xml version='1.0'?><!-- x --><SVG onload=a()/>": "image/svg+xml",
		"<!doctype html><p>hi":            "text/html",
		"<p><script>alert(1)</script>":    "text/html",
		"MIME-Version: 1.0\nContent-Type": "message/rfc822",
		"%PDF-1.7 …":                      "application/pdf",
		"PK\x03\x04":                      "application/zip",
		"just text":                       "text/plain",
		"\x00\x00\x00\x18ftypheic":        "image/heic",
		"\x00\x01\x02\x03":                "application/octet-stream",
		"":                                "text/plain",
	} {
		assert.Equal(t, want, blob.Sniff([]byte(content)), "%q", content)
	}
	for _, page := range []string{"image/svg+xml", "text/html", "text/xml", "message/rfc822", "application/xhtml+xml", "text/javascript"} {
		assert.Equal(t, "application/octet-stream", blob.Served(page))
	}
}

func TestPutBoundsTheSize(t *testing.T) {
	t.Parallel()
	s := newStore(t, blob.Config{MaxSize: 1 << 20})
	_, err := s.Put(t.Context(), ids.New(), bytes.NewReader(make([]byte, 1<<20)))
	require.NoError(t, err)
	id := ids.New()
	_, err = s.Put(t.Context(), id, bytes.NewReader(make([]byte, 1<<20+1)))
	assert.True(t, errs.Is(err, errs.TooLarge), "%v", err)
	_, err = s.Get(t.Context(), id)
	assert.True(t, errs.Is(err, errs.NotFound), "nothing is kept: %v", err)
	_, err = s.Put(t.Context(), ids.New(), strings.NewReader(""))
	assert.True(t, errs.Is(err, errs.Invalid), "%v", err)
	_, err = s.Put(t.Context(), ids.New(), io.MultiReader(strings.NewReader("x"), broken{}))
	assert.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.NoError(t, s.Delete(t.Context(), ids.New()))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// FuzzPut feeds the decoders whatever there is: no panic, no image that cannot
// be shown, and what is stored is of the size that is said.
func FuzzPut(f *testing.F) {
	f.Add(asPNG(f, photo(9, 9)))
	f.Add(withExif(asJPEG(f, photo(9, 9)), 6))
	f.Add(asGIF(f, 2))
	f.Add([]byte("RIFF\x10\x00\x00\x00WEBPVP8L"))
	f.Add([]byte("<svg/>"))
	s := newStore(f, blob.Config{MaxSize: 1 << 20})
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) == 0 {
			return
		}
		info, stored := put(t, s, content)
		if info.Width > 0 {
			_, _, err := image.Decode(bytes.NewReader(stored))
			require.NoError(t, err)
		}
	})
}

func BenchmarkPutPhoto(b *testing.B) {
	s := newStore(b, blob.Config{})
	content := asJPEG(b, photo(4000, 3000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		_, err := s.Put(context.Background(), ids.New(), bytes.NewReader(content))
		require.NoError(b, err)
	}
}
