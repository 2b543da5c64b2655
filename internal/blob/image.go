package blob

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"time"

	"golang.org/x/image/webp"
)

const (
	maxPixels    = 25_000_000
	maxDecoded   = 128 << 20 // bytes of a decoded image
	maxFrames    = 1000      // of a GIF
	maxScans     = 64        // of a JPEG; ordinary ones have one to a dozen
	decodeTime   = 10 * time.Second
	jpegQuality  = 90
	plainPicture = "it cannot be shown and is kept as a plain file"
)

// codec decodes an image and encodes it again into out. An error means that the
// file is no image we show.
type codec func(ctx context.Context, in, out *os.File) (Info, error)

func codecOf(mediaType string) (codec, bool) {
	switch mediaType {
	case "image/jpeg":
		return recodeJPEG, true
	case "image/png":
		return recodePNG, true
	case "image/gif":
		return recodeGIF, true
	case "image/webp":
		return recodeWebP, true
	}
	return nil, false
}

func recodeJPEG(ctx context.Context, in, out *os.File) (Info, error) {
	if err := checkScans(in); err != nil {
		return Info{}, err
	}
	img, err := decodeOne(ctx, in, jpeg.DecodeConfig, jpeg.Decode)
	if err != nil {
		return Info{}, err
	}
	turn, err := orientation(rewound(in))
	if err != nil {
		return Info{}, err
	}
	img = upright(img, turn) // what said how to turn it goes with the metadata
	return encoded(out, "image/jpeg", img, func(w io.Writer) error {
		return jpeg.Encode(w, img, &jpeg.Options{Quality: jpegQuality})
	})
}

func recodePNG(ctx context.Context, in, out *os.File) (Info, error) {
	img, err := decodeOne(ctx, in, png.DecodeConfig, png.Decode)
	if err != nil {
		return Info{}, err
	}
	return encoded(out, "image/png", img, func(w io.Writer) error { return png.Encode(w, img) })
}

// recodeWebP makes a PNG: there is no encoder for WebP.
func recodeWebP(ctx context.Context, in, out *os.File) (Info, error) {
	img, err := decodeOne(ctx, in, webp.DecodeConfig, webp.Decode)
	if err != nil {
		return Info{}, err
	}
	return encoded(out, "image/png", img, func(w io.Writer) error { return png.Encode(w, img) })
}

func recodeGIF(ctx context.Context, in, out *os.File) (Info, error) {
	cfg, err := gif.DecodeConfig(rewound(in))
	if err != nil {
		return Info{}, fmt.Errorf("read the image's header: %w", err)
	}
	if err := checkSize(cfg); err != nil {
		return Info{}, err
	}
	frames, area, err := gifFrames(rewound(in))
	if err != nil {
		return Info{}, err
	}
	if frames > maxFrames || area > maxDecoded {
		return Info{}, fmt.Errorf("%d frames, %d pixels together: %s", frames, area, plainPicture)
	}
	all, err := gif.DecodeAll(timed(ctx, rewound(in)))
	if err != nil {
		return Info{}, fmt.Errorf("decode the image: %w", err)
	}
	w := bufio.NewWriter(out)
	if err := errors.Join(gif.EncodeAll(w, all), w.Flush()); err != nil {
		return Info{}, fmt.Errorf("encode the image: %w", err)
	}
	return Info{Type: "image/gif", Width: cfg.Width, Height: cfg.Height}, nil
}

// decodeOne decodes a still image whose header says that it is not too large.
func decodeOne(ctx context.Context, in *os.File, config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) (image.Image, error) {
	cfg, err := config(rewound(in))
	if err != nil {
		return nil, fmt.Errorf("read the image's header: %w", err)
	}
	if err := checkSize(cfg); err != nil {
		return nil, err
	}
	img, err := decode(timed(ctx, rewound(in)))
	if err != nil {
		return nil, fmt.Errorf("decode the image: %w", err)
	}
	return img, nil
}

func checkSize(cfg image.Config) error {
	pixels := int64(cfg.Width) * int64(cfg.Height)
	bytesEach := int64(4)
	switch cfg.ColorModel {
	case color.NRGBA64Model, color.RGBA64Model:
		bytesEach = 8
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || pixels > maxPixels || pixels*bytesEach > maxDecoded {
		return fmt.Errorf("%d × %d pixels: %s", cfg.Width, cfg.Height, plainPicture)
	}
	return nil
}

func encoded(out *os.File, mediaType string, img image.Image, encode func(io.Writer) error) (Info, error) {
	w := bufio.NewWriterSize(out, 64<<10)
	if err := errors.Join(encode(w), w.Flush()); err != nil {
		return Info{}, fmt.Errorf("encode the image: %w", err)
	}
	return Info{Type: mediaType, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}, nil
}

// rewound reads a file from its beginning, whatever was read of it before.
func rewound(f *os.File) io.Reader { return io.NewSectionReader(f, 0, 1<<62) }

// timed ends with an error when ctx does or the time for decoding is over:
// decoders cannot be stopped otherwise, and small files can keep them busy.
func timed(ctx context.Context, r io.Reader) io.Reader {
	return &timedReader{ctx: ctx, r: r, until: time.Now().Add(decodeTime)}
}

type timedReader struct {
	ctx   context.Context //nolint:containedctx // io.Reader has no other way to be told
	r     io.Reader
	until time.Time
}

func (t *timedReader) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if time.Now().After(t.until) {
		return 0, errors.New("decoding takes too long")
	}
	return t.r.Read(p)
}

// checkScans refuses a JPEG with very many scans: each costs a pass over all
// pixels and next to no bytes. A marker cannot occur inside compressed data, as
// 0xFF is followed by 0x00 there (ITU-T T.81, F.1.2.3).
func checkScans(in *os.File) error {
	r := bufio.NewReaderSize(rewound(in), 64<<10)
	scans := 0
	for {
		_, err := r.ReadSlice(0xFF)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the image: %w", err)
		}
		next, err := r.Peek(1)
		if err == nil && bytes.Equal(next, []byte{0xDA}) {
			if scans++; scans > maxScans {
				return fmt.Errorf("more than %d scans: %s", maxScans, plainPicture)
			}
		}
	}
}
