package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// copied is a backup in memory.
type copied struct {
	log  bus.LogBackup
	data map[string][]byte
}

func backUp(t *testing.T, b *bus.Bus) copied {
	t.Helper()
	places, err := b.Places(t.Context())
	require.NoError(t, err)
	c := copied{bus.LogBackup{Shards: b.Shards(), Places: places}, map[string][]byte{}}
	for _, stream := range b.BackupStreams() {
		var out bytes.Buffer
		s, err := b.Snapshot(t.Context(), stream, &out)
		require.NoError(t, err)
		c.log.Streams = append(c.log.Streams, s)
		c.data[stream] = out.Bytes()
	}
	return c
}

func (c copied) open(stream string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(c.data[stream])), nil
}

// What a backup holds is the log as it was: events with their sequences, files,
// timers, rights, and consumers that go on where they were.
func TestRestoreBringsTheLogBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Shards = dir, 4 })
	_, err := bus.AddIntegration(t.Context(), dir, bus.Integration{Name: "crm", Can: []string{bus.CanRead}})
	require.NoError(t, err)
	conv := ids.New()
	var last bus.Ack
	for i := range 300 {
		last = publish(t, b, chatMsg(conv, fmt.Sprint(i), strings.Repeat("x", 4000)))
	}
	content := bytes.Repeat([]byte("file "), 300_000) // several chunks
	_, err = b.PutObject(t.Context(), "file", map[string]string{"type": "text/plain"}, bytes.NewReader(content))
	require.NoError(t, err)
	require.NoError(t, b.Schedule(t.Context(), "snooze", conv, time.Now().Add(3*time.Second), []byte("wake up")))
	handled := make(chan string, 1000)
	handle := func(_ context.Context, d bus.Delivery) error { handled <- d.MsgID; return nil }
	desk := bus.Consumer{Name: "test-desk", Streams: []string{"DESK"}, Handle: handle}
	own := bus.Consumer{Name: "test-own", Streams: b.ChatStreams(), Pinned: true, Handle: handle}
	publish(t, b, bus.Msg{Subject: event.KBSubject("a"), ID: "desk-1"})
	stopDesk, stopOwn := consume(t, b, desk), consume(t, b, own)
	for range 301 {
		receive(t, handled)
	}
	stopDesk()
	stopOwn()
	publish(t, b, bus.Msg{Subject: event.KBSubject("a"), ID: "desk-2"})
	after := publish(t, b, chatMsg(conv, "after", "not handled yet"))

	saved := backUp(t, b)
	fresh := bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Relaxed: true, Listen: "127.0.0.1:0"}
	require.NoError(t, bus.RestoreLog(t.Context(), fresh, saved.log, saved.open))
	err = bus.RestoreLog(t.Context(), fresh, saved.log, saved.open)
	require.True(t, errs.Is(err, errs.Conflict), "not over another log: %v", err)

	fresh.Shards = 4
	r, err := bus.Open(t.Context(), fresh)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	for _, stream := range b.BackupStreams() {
		was, err := b.StreamState(t.Context(), stream)
		require.NoError(t, err)
		is, err := r.StreamState(t.Context(), stream)
		require.NoError(t, err)
		require.Equal(t, was.LastSeq, is.LastSeq, stream)
	}
	found, err := r.Get(t.Context(), last.Stream, last.Seq)
	require.NoError(t, err)
	require.Equal(t, event.ChatSubject(conv), found.Subject)
	file, _, err := r.GetObject(t.Context(), "file")
	require.NoError(t, err)
	read, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.True(t, bytes.Equal(content, read))

	consume(t, r, desk)
	require.Equal(t, "desk-2", receive(t, handled), "what was settled does not come again")
	consume(t, r, own)
	require.Equal(t, event.MessageID(conv, "visitor-v", "after"), receive(t, handled))
	next := publish(t, r, chatMsg(conv, "next", "goes on"))
	require.Greater(t, next.Seq, after.Seq)
	require.Equal(t, event.MessageID(conv, "visitor-v", "next"), receive(t, handled))

	due := make(chan string, 1)
	consume(t, r, bus.Consumer{Name: "test-due", Streams: []string{"TIMERS"}, Filter: event.DueSubject("snooze", "*"), Handle: func(_ context.Context, d bus.Delivery) error {
		due <- string(d.Data)
		return nil
	}})
	require.Equal(t, "wake up", receive(t, due))
}

func TestRestoreIntoASmallerDisk(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	ack := publish(t, b, chatMsg("conv", "1", "x"))
	saved := backUp(t, b)
	fresh := bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Relaxed: true, MaxStore: 512 << 20}
	require.NoError(t, bus.RestoreLog(t.Context(), fresh, saved.log, saved.open))
	r, err := bus.Open(t.Context(), fresh)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	_, err = r.Get(t.Context(), ack.Stream, ack.Seq)
	require.NoError(t, err)
}

func TestDamagedCopiesAreRefused(t *testing.T) {
	t.Parallel()
	b := testkit.Bus(t, testkit.RelaxedBus)
	publish(t, b, chatMsg("conv", "1", "x"))
	saved := backUp(t, b)
	for name := range saved.data {
		saved.data[name] = []byte("this is no snapshot of a stream")
	}
	fresh := bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Relaxed: true}
	require.ErrorContains(t, bus.RestoreLog(t.Context(), fresh, saved.log, saved.open), "restore the stream ")
}
