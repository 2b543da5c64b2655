package blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"parley/internal/bus"
	"parley/internal/errs"
)

// Config of a Store.
type Config struct {
	MaxSize int64  // bytes of a file; 0 means 25 MiB
	Dir     string // where uploads wait until they are complete; "" means the system's temporary folder
	Decodes int    // images decoded at the same time, about 200 MiB each at worst; 0 means 1
}

const defaultMaxSize = 25 << 20

// Store keeps files.
type Store struct {
	bus    *bus.Bus
	cfg    Config
	decode chan struct{} // a slot for each image that may be decoded
	images atomic.Int64  // decoded, or waiting for a slot
}

// New makes a store on the bus's object store.
func New(b *bus.Bus, cfg Config) *Store {
	cfg.MaxSize, cfg.Decodes = cmp.Or(cfg.MaxSize, defaultMaxSize), cmp.Or(cfg.Decodes, 1)
	return &Store{bus: b, cfg: cfg, decode: make(chan struct{}, cfg.Decodes)}
}

// MaxSize is the most bytes a file may have.
func (s *Store) MaxSize() int64 { return s.cfg.MaxSize }

// Info is what a stored file turned out to be.
type Info struct {
	Type   string // by content
	Size   int64  // bytes as stored
	Width  int    // pixels; 0 unless the file is an image that may be shown
	Height int
}

// Put reads a file and stores it under id. The errors of outsiders are
// errs.TooLarge and errs.Invalid (empty, or the connection broke off); then
// nothing is kept.
func (s *Store) Put(ctx context.Context, id string, r io.Reader) (Info, error) {
	spool, err := s.spool(r)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = spool.Close() }() // its name is gone already
	info, clean, err := s.inspect(ctx, spool)
	if err != nil {
		return Info{}, err
	}
	if clean != nil {
		defer func() { _ = clean.Close() }()
		spool = clean
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return Info{}, fmt.Errorf("read the upload again: %w", err)
	}
	info.Size, err = s.bus.PutObject(ctx, id, map[string]string{"type": info.Type}, spool)
	return info, err
}

// Get opens a file, errs.NotFound when there is none. ctx must last as long as
// the reading.
func (s *Store) Get(ctx context.Context, id string) (io.ReadCloser, error) {
	r, _, err := s.bus.GetObject(ctx, id)
	return r, err
}

// Delete removes a file. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := s.bus.DeleteObject(ctx, id); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return nil
}

// Decoding counts the images that are decoded or wait for it.
func (s *Store) Decoding() int { return int(s.images.Load()) }

// temp makes a file without a name, which vanishes with the process.
func (s *Store) temp() (*os.File, error) {
	f, err := os.CreateTemp(s.cfg.Dir, "parley-upload-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("hide a temporary file: %w", err), f.Close())
	}
	return f, nil
}

// spool writes what comes in to disk, at most MaxSize.
func (s *Store) spool(r io.Reader) (*os.File, error) {
	f, err := s.temp()
	if err != nil {
		return nil, err
	}
	src := &source{r: io.LimitReader(r, s.cfg.MaxSize+1)}
	n, err := io.Copy(f, src)
	switch {
	case src.err != nil:
		err = errs.Wrap(src.err, errs.Invalid, "the upload ended early; please try again")
	case err != nil:
		err = fmt.Errorf("write the upload: %w", err)
	case n > s.cfg.MaxSize:
		err = errs.New(errs.TooLarge, "a file has at most %d MiB", s.cfg.MaxSize>>20)
	case n == 0:
		err = errs.New(errs.Invalid, "the file is empty")
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

// source tells errors of the sender from errors of our disk.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// inspect finds out what the file is. An image comes back encoded anew.
func (s *Store) inspect(ctx context.Context, spool *os.File) (Info, *os.File, error) {
	head := make([]byte, sniffLen)
	n, err := spool.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Info{}, nil, fmt.Errorf("read the upload again: %w", err)
	}
	info := Info{Type: Sniff(head[:n])}
	codec, ok := codecOf(info.Type)
	if !ok {
		return info, nil, nil
	}
	s.images.Add(1)
	defer s.images.Add(-1)
	select {
	case s.decode <- struct{}{}:
		defer func() { <-s.decode }()
	case <-ctx.Done():
		return Info{}, nil, ctx.Err()
	}
	out, err := s.temp()
	if err != nil {
		return Info{}, nil, err
	}
	picture, err := codec(ctx, spool, out)
	if err == nil {
		return picture, out, nil
	}
	info.Type = "application/octet-stream" // it only looks like an image
	return info, nil, out.Close()
}
