package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

func TestRetentionIsTheStreams(t *testing.T) {
	t.Parallel()
	assert.Equal(t, retention, event.Streams(1)[0].MaxAge)
}

// convIn returns an id whose conversation lies in the stream of another.
func (d *desk) convIn(stream string) string {
	for {
		if conv := ids.New(); d.bus.ChatStream(conv) == stream {
			return conv
		}
	}
}

// loseBroker continues on a new, empty NATS server: every stream is recreated,
// as after the loss of its disk.
func (d *desk) loseBroker(fresh *bus.Bus) {
	d.bus, d.svc.bus = fresh, fresh
}

// A stream that was lost and recreated begins at 1 again. Without the guard
// everything said then would count as projected and never be seen.
func TestEpochGuardRefillsALostStream(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	stop := d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	for i := range 10 {
		d.say(v, conv, cid(i), "before")
	}
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	last := d.note(anna, conv, "n", "a note")
	before := d.projected(conv, last)
	quiet := d.convIn(d.bus.ChatStream(conv)) // long closed: it has left the stream
	d.projectOnly(quiet)
	stop()

	d.loseBroker(other.bus)
	again := d.say(v, conv, "after", "stored before the guard looked")
	require.Less(t, again, last)
	d.run()
	require.Eventually(t, func() bool {
		return d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv) == 14
	}, patience, 20*time.Millisecond)

	log := d.all(conv)
	require.Len(t, log, 14, "the stream has it all again")
	c := d.projected(conv, log[13].Seq)
	assert.Equal(t, before.State, c.State)
	assert.Equal(t, before.Agent, c.Agent)
	assert.Equal(t, before.Visitor, c.Visitor)
	entries, more, err := d.svc.Before(t.Context(), conv, 0, 200, true)
	require.NoError(t, err)
	assert.False(t, more)
	assert.Len(t, entries, 14)
	requireChain(t, entries, 0)
	receipt, ok, err := d.svc.Seen(t.Context(), conv, "visitor-vera", cid(3))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.NotZero(t, receipt.Seq)
	at, err := findOffset(t.Context(), d.db, d.bus.ChatStream(conv))
	require.NoError(t, err)
	assert.Equal(t, 2, at.Epoch)

	// A conversation of long ago goes on after what was said then.
	next := d.say(v, quiet, "now", "hello again")
	d.projected(quiet, next)
	entries, _, err = d.svc.Before(t.Context(), quiet, 0, 200, true)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	assert.Equal(t, next, entries[2].Seq, "what is said now comes last")
}

// A stream that lost its tail (a power cut without synced writes) keeps its
// incarnation but ends earlier.
func TestEpochGuardRefillsALostTail(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	stream := d.bus.ChatStream(conv)
	other := d.convIn(stream)
	for i := range 5 {
		d.say(v, conv, cid(i), "kept")
	}
	kept := uint64(len(d.all(conv)))
	d.projectUpTo(conv, int(kept))
	// What was projected beyond the stream's end, as if it had been there.
	lost := []event.Event{
		{Conv: conv, At: event.Now(), CID: "l1", From: v.Actor(), Kind: event.KindMessage, Text: "lost one"},
		{Conv: other, At: event.Now(), From: v.Actor(), Kind: event.KindOpened, Opened: &event.Opened{Inbox: d.in.ID, Visitor: v.ID, State: event.StateBot}},
		{Conv: conv, At: event.Now(), From: anna.Actor(), CID: "l2", Kind: event.KindResolved},
	}
	for i, e := range lost {
		d.foldDirectly(e, kept+uint64(i)+1)
	}
	at, err := findOffset(t.Context(), d.db, stream)
	require.NoError(t, err)
	at.LastSeq = kept + 3
	require.NoError(t, saveOffset(t.Context(), d.db, at))

	d.run()
	require.Eventually(t, func() bool { return len(d.all(conv)) == 8 }, patience, 20*time.Millisecond)
	events := d.all(conv)
	c := d.projected(conv, events[7].Seq)
	assert.Equal(t, event.StateResolved, c.State)
	require.Eventually(t, func() bool {
		return d.count(`SELECT count(*) FROM chat.events WHERE stream = $1`, stream) == 9
	}, patience, 20*time.Millisecond)
	assert.Zero(t, d.count(`SELECT count(*) FROM chat.lost`))
	require.Len(t, events, 8)
	assert.Equal(t, "lost one", events[6].Text)
	assert.Equal(t, event.KindResolved, events[7].Kind)
	assert.Equal(t, event.StateBot, d.projected(other, 1).State)
}

// Several processes notice the loss at once; one refills.
func TestEpochGuardRunsOnce(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	d.say(v, conv, "c", "hello")
	d.projectUpTo(conv, 2)
	d.loseBroker(other.bus)
	stream := d.bus.ChatStream(conv)
	done := make(chan error, 4)
	for range 4 {
		go func() {
			_, err := d.svc.guard(t.Context(), stream)
			done <- err
		}()
	}
	failures := 0
	for range 4 {
		if err := <-done; err != nil {
			failures++
			require.ErrorIs(t, err, errEpochChanged)
		}
	}
	assert.Less(t, failures, 4)
	assert.Len(t, d.all(conv), 2, "refilled once")
	at, err := findOffset(t.Context(), d.db, stream)
	require.NoError(t, err)
	assert.Equal(t, 2, at.Epoch)
}
