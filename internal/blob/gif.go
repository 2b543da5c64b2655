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
	for {
		kind, err := r.ReadByte()
		if errors.Is(err, io.EOF) || kind == 0x3B { // trailer, or cut off
			return frames, pixels, nil
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read the GIF's blocks: %w", err)
		}
		switch kind {
		case 0x21: // extension: a label, then blocks
			_, err = r.Discard(1)
		case 0x2C: // a frame
			var d [9]byte
			if _, err = io.ReadFull(r, d[:]); err != nil {
				break
			}
			frames++
			pixels += int64(binary.LittleEndian.Uint16(d[4:])) * int64(binary.LittleEndian.Uint16(d[6:]))
			if err = skipTable(r, d[8]); err == nil {
				_, err = r.Discard(1) // code size
			}
		default:
			err = fmt.Errorf("the GIF has a block of kind %#x", kind)
		}
		if err == nil {
			err = skipBlocks(r)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read the GIF's blocks: %w", err)
		}
		if frames > maxFrames || pixels > maxDecoded {
			return frames, pixels, nil // enough is known
		}
	}
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
