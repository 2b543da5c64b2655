package bus_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestObjects(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	ctx, id := t.Context(), ids.New()
	content := make([]byte, 3<<20+17)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(content)

	size, err := b.PutObject(ctx, id, map[string]string{"name": "a.png"}, bytes.NewReader(content))
	require.NoError(t, err)
	require.EqualValues(t, len(content), size)
	r, meta, err := b.GetObject(ctx, id)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"name": "a.png"}, meta)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.True(t, bytes.Equal(content, got))

	_, err = b.PutObject(ctx, id, nil, bytes.NewReader([]byte("replaced")))
	require.NoError(t, err)
	r, _, err = b.GetObject(ctx, id)
	require.NoError(t, err)
	got, err = io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, "replaced", string(got))

	require.NoError(t, b.DeleteObject(ctx, id))
	_, _, err = b.GetObject(ctx, id)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	require.True(t, errs.Is(b.DeleteObject(ctx, id), errs.NotFound))
	require.Zero(t, attachBytes(t, b), "nothing is left behind but the note of the deletion")
}

func TestFailedObjectLeavesNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("the upload broke off")
	for name, c := range map[string]struct {
		reader func(cancel func()) io.Reader
		want   error
	}{
		"reader fails": {func(func()) io.Reader { return iotest.ErrReader(broken) }, broken},
		"caller leaves": {func(cancel func()) io.Reader {
			return readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := testkit.Bus(t, testkit.RelaxedBus)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := b.PutObject(ctx, "id", nil, io.MultiReader(bytes.NewReader(make([]byte, 2<<20)), c.reader(cancel)))
			require.ErrorIs(t, err, c.want)
			_, _, err = b.GetObject(t.Context(), "id")
			require.True(t, errs.Is(err, errs.NotFound), "%v", err)
			require.Zero(t, attachBytes(t, b))
		})
	}
}

func TestShortReadsMakeWholeChunks(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	_, err := b.PutObject(t.Context(), "id", nil, iotest.OneByteReader(bytes.NewReader(make([]byte, 600<<10))))
	require.NoError(t, err)
	for _, s := range b.Stats().Streams {
		if s.Name == "OBJ_attach" {
			require.EqualValues(t, 3, s.Messages, "two chunks of 512 KiB and the description")
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func attachBytes(t *testing.T, b *bus.Bus) uint64 {
	t.Helper()
	for _, s := range b.Stats().Streams {
		if s.Name == "OBJ_attach" {
			return s.Bytes / (64 << 10) // notes are smaller
		}
	}
	t.Fatal("no attachments' stream")
	return 0
}

// What was stored a moment ago is there, whichever server is asked: no replica
// that is behind answers.
func TestObjectsOfAClusterAreThereAtOnce(t *testing.T) {
	t.Parallel()
	c := testkit.Cluster(t, 3)
	b := c.Bus()
	ctx := t.Context()
	var g errgroup.Group
	for range 16 {
		g.Go(func() error {
			for range 30 {
				if err := putAndGet(ctx, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
}

func putAndGet(ctx context.Context, b *bus.Bus) error {
	id := ids.New()
	if _, err := b.PutObject(ctx, id, nil, bytes.NewReader([]byte("content"))); err != nil {
		return err
	}
	r, _, err := b.GetObject(ctx, id)
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return b.DeleteObject(ctx, id)
}
