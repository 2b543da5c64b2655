package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
)

const objectChunk = 512 << 10 // bytes; 45 % faster than the default of 128 KiB

// PutObject stores what r gives under id, with some text about it, and returns
// its size. An object of that id is replaced. When it fails, nothing is kept.
func (b *Bus) PutObject(ctx context.Context, id string, meta map[string]string, r io.Reader) (int64, error) {
	src := &objectReader{ctx: ctx, r: r}
	// Put cleans up after a failure with the context it got, so that one must not
	// have ended; src ends it when ctx does.
	info, err := b.objects.Put(context.WithoutCancel(ctx), jetstream.ObjectMeta{
		Name: id, Metadata: meta, Opts: &jetstream.ObjectMetaOptions{ChunkSize: objectChunk},
	}, src)
	if src.err != nil {
		return 0, fmt.Errorf("read what to store as %s: %w", id, src.err)
	}
	if err != nil {
		if transient(err) {
			return 0, &errs.Error{Code: errs.Busy, Message: "the file could not be stored in time; please try again", RetryAfter: time.Second, Err: err}
		}
		return 0, fmt.Errorf("store object %s: %w", id, err)
	}
	return int64(info.Size), nil //nolint:gosec // bounded by the bucket's size
}

// GetObject opens an object; errs.NotFound when there is none. Reading ends
// with an error when the stored bytes do not match their digest. ctx must last
// as long as the reading.
func (b *Bus) GetObject(ctx context.Context, id string) (io.ReadCloser, map[string]string, error) {
	obj, err := b.objects.Get(ctx, id)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, nil, errs.Wrap(err, errs.NotFound, "there is no such file")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open object %s: %w", id, err)
	}
	info, err := obj.Info()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("describe object %s: %w", id, err), obj.Close())
	}
	return obj, info.Metadata, nil
}

// DeleteObject removes an object; errs.NotFound when there is none.
func (b *Bus) DeleteObject(ctx context.Context, id string) error {
	_, err := b.objects.GetInfo(ctx, id) // Delete alone would delete a deleted one again
	if err == nil {
		err = b.objects.Delete(ctx, id)
	}
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return errs.Wrap(err, errs.NotFound, "there is no such file")
	}
	if err != nil {
		return fmt.Errorf("delete object %s: %w", id, err)
	}
	return nil
}

// objectReader fills each chunk, because Put stores, and syncs, a message for
// each read however short. It remembers why reading failed.
type objectReader struct {
	ctx context.Context // io.Reader has no other way to end
	r   io.Reader
	err error
}

func (o *objectReader) Read(p []byte) (int, error) {
	if o.err = o.ctx.Err(); o.err != nil {
		return 0, o.err
	}
	n, err := io.ReadFull(o.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		o.err = err
	}
	return n, err
}
