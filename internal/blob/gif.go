package blob

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// gifFrames counts the frames of a GIF and their pixels without decoding them,
// because the decoder holds all at once (GIF89a specification, sections 18 to
// 27).
func gifFrames(in io.Reader) (frames int, pixels int64, err error) {
	r := bufio.NewReader(in)
	var head [13]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, fmt.Errorf("read the GIF's header: %w", err)
	}
	if err := skipTable(r, head[10]); err != nil {
		return 0, 0, err
	}
	for frames <= maxFrames && pixels <= maxDecoded { // beyond, enough is known
		kind, err := r.ReadByte()
		if errors.Is(err, io.EOF) || kind == 0x3B { // trailer, or cut off
			return frames, pixels, nil
		}
		if err == nil && kind == 0x2C {
			frames++
		}
		var area int64
		if err == nil {
			area, err = skipBlock(r, kind)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read the GIF's blocks: %w", err)
		}
		pixels += area
	}
	return frames, pixels, nil
}

// skipBlock skips an extension, or a frame, whose pixels it tells.
func skipBlock(r *bufio.Reader, kind byte) (pixels int64, err error) {
	switch kind {
	case 0x21: // extension: a label, then blocks
		if _, err := r.Discard(1); err != nil {
			return 0, err
		}
	case 0x2C: // a frame: where and how large, perhaps a colour table, the code size, then blocks
		var d [9]byte
		if _, err := io.ReadFull(r, d[:]); err != nil {
			return 0, err
		}
		pixels = int64(binary.LittleEndian.Uint16(d[4:])) * int64(binary.LittleEndian.Uint16(d[6:]))
		if err := skipTable(r, d[8]); err != nil {
			return 0, err
		}
		if _, err := r.Discard(1); err != nil {
			return 0, err
		}
	default:
		return 0, fmt.Errorf("there is a block of kind %#x", kind)
	}
	return pixels, skipBlocks(r)
}

// skipTable skips the colour table that the flags announce.
func skipTable(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	if _, err := r.Discard(3 << (flags&7 + 1)); err != nil {
		return fmt.Errorf("skip a colour table: %w", err)
	}
	return nil
}

func skipBlocks(r *bufio.Reader) error {
	for {
		n, err := r.ReadByte()
		if err != nil || n == 0 {
			return err
		}
		if _, err := r.Discard(int(n)); err != nil {
			return err
		}
	}
}
