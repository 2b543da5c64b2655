package bus_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestReadPages(t *testing.T) {
	t.Parallel()
	for name, open := range brokers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			conv, other := ids.New(), ids.New()
			subject := event.ChatSubject(conv)
			const n = 25
			var seqs []uint64
			for i := range n {
				seqs = append(seqs, publish(t, b, chatMsg(conv, fmt.Sprint(i), fmt.Sprint(i))).Seq)
				publish(t, b, chatMsg(other, fmt.Sprint(i), "noise"))
			}
			for name, c := range map[string]struct {
				after uint64
				limit int
				want  []uint64
			}{
				"all":             {0, 100, seqs},
				"the first":       {0, 3, seqs[:3]},
				"exactly all":     {0, n, seqs},
				"after one":       {seqs[9], 5, seqs[10:15]},
				"between":         {seqs[9] - 1, 2, seqs[9:11]},
				"the last":        {seqs[n-2], 10, seqs[n-1:]},
				"after the last":  {seqs[n-1], 10, nil},
				"far after":       {1 << 40, 10, nil},
				"nothing wanted":  {0, 0, nil},
				"a negative wish": {0, -1, nil},
			} {
				page, err := b.Read(t.Context(), subject, c.after, c.limit)
				require.NoError(t, err, name)
				var got []uint64
				for _, s := range page {
					require.Equal(t, subject, s.Subject)
					got = append(got, s.Seq)
				}
				require.Equal(t, c.want, got, name)
			}
			first, err := b.First(t.Context(), subject)
			require.NoError(t, err)
			require.Equal(t, seqs[0], first.Seq)
			require.Equal(t, "0", string(first.Data))
			last, err := b.Last(t.Context(), subject)
			require.NoError(t, err)
			require.Equal(t, seqs[n-1], last.Seq)
			require.False(t, last.Time.IsZero())

			empty, err := b.Read(t.Context(), event.ChatSubject(ids.New()), 0, 10)
			require.NoError(t, err)
			require.Empty(t, empty)
			for name, read := range map[string]func() (bus.Stored, error){
				"first":     func() (bus.Stored, error) { return b.First(t.Context(), event.ChatSubject(ids.New())) },
				"last":      func() (bus.Stored, error) { return b.Last(t.Context(), event.ChatSubject(ids.New())) },
				"get":       func() (bus.Stored, error) { return b.Get(t.Context(), b.ChatStream(conv), 1<<40) },
				"no stream": func() (bus.Stored, error) { return b.Last(t.Context(), "nowhere.at.all") },
			} {
				_, err := read()
				require.True(t, errs.Is(err, errs.NotFound), "%s: %v", name, err)
			}
		})
	}
}

// One answer of the broker is bounded by bytes too, so a page may need several.
func TestReadLongPage(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	const n = 1200
	const onTheirWay = 50 // what a busy machine stores in time
	done := make(chan error, onTheirWay)
	body := bytes.Repeat([]byte("x"), 20<<10)
	for i := range n {
		if i >= onTheirWay {
			require.NoError(t, <-done)
		}
		m := chatMsg(conv, fmt.Sprint(i), "")
		m.Data = body
		require.NoError(t, b.PublishAsync(m, func(_ bus.Ack, err error) { done <- err }))
	}
	for range onTheirWay {
		require.NoError(t, <-done)
	}
	page, err := b.Read(t.Context(), event.ChatSubject(conv), 0, 5000)
	require.NoError(t, err)
	require.Len(t, page, 1000, "a page is bounded")
	rest, err := b.Read(t.Context(), event.ChatSubject(conv), page[999].Seq, 5000)
	require.NoError(t, err)
	require.Len(t, rest, 200)
}

func TestSecureDeleteLeavesNoBytes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	b := testkit.Bus(t, func(c *bus.Config) { c.Dir = dir })
	conv, secret := ids.New(), "the-secret-"+ids.Secret()
	keep := publish(t, b, chatMsg(conv, "c1", "keep"))
	gone := publish(t, b, chatMsg(conv, "c2", secret))
	require.Positive(t, filesWith(t, dir, secret), "the test looks in the right place")

	require.NoError(t, b.SecureDelete(t.Context(), gone.Stream, gone.Seq))
	require.Zero(t, filesWith(t, dir, secret))
	_, err := b.Get(t.Context(), gone.Stream, gone.Seq)
	require.True(t, errs.Is(err, errs.NotFound))
	err = b.SecureDelete(t.Context(), gone.Stream, gone.Seq)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	err = b.SecureDelete(t.Context(), gone.Stream, 1000)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	last, err := b.Last(t.Context(), event.ChatSubject(conv))
	require.NoError(t, err)
	require.Equal(t, keep.Seq, last.Seq)
}

func filesWith(t *testing.T, dir, text string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if bytes.Contains(body, []byte(text)) {
			n++
		}
		return err
	}))
	return n
}

// Who is still asking when the process ends is told to come again, not that
// something is broken.
func TestReadsOfAClosedBusAreBusy(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	conv := ids.New()
	ack := publish(t, b, chatMsg(conv, "c", "text"))
	b.Close()
	_, err := b.Get(t.Context(), ack.Stream, ack.Seq)
	require.Equal(t, errs.Busy, errs.CodeOf(err), "%v", err)
	_, err = b.Read(t.Context(), event.ChatSubject(conv), 0, 10)
	require.Equal(t, errs.Busy, errs.CodeOf(err), "%v", err)
	_, err = b.Publish(t.Context(), chatMsg(conv, "d", "text"))
	require.Equal(t, errs.Busy, errs.CodeOf(err), "%v", err)
}
