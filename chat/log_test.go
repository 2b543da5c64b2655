package chat

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// projectUpTo projects the first n events of a conversation and leaves the rest
// to the broker.
func (d *desk) projectUpTo(conv string, n int) {
	d.t.Helper()
	stream := d.bus.ChatStream(conv)
	_, err := d.svc.guard(d.t.Context(), stream)
	require.NoError(d.t, err)
	if n > 0 {
		require.NoError(d.t, d.project(d.deliveries(conv)[stream][:n]))
	}
}

// chat says 20 things in a conversation, every fourth of them a note.
func (d *desk) chat() (conv string, seqs, public []uint64) {
	d.t.Helper()
	v := d.visitor("vera")
	conv = d.open(v, event.StateQueued)
	first, err := d.bus.First(d.t.Context(), event.ChatSubject(conv))
	require.NoError(d.t, err)
	seqs, public = []uint64{first.Seq}, []uint64{first.Seq}
	for i := 1; i < 21; i++ {
		if i%4 == 0 {
			seqs = append(seqs, d.note(anna, conv, cid(i), "note"))
			continue
		}
		seq := d.say(v, conv, cid(i), "message")
		seqs, public = append(seqs, seq), append(public, seq)
	}
	return conv, seqs, public
}

func seqsOf(entries []event.Entry) []uint64 {
	out := make([]uint64, len(entries))
	for i, e := range entries {
		out[i] = e.Seq
	}
	return out
}

// requireChain checks that each entry's Prev is the one before it, and the
// first one's is first.
func requireChain(t testing.TB, entries []event.Entry, first uint64) {
	t.Helper()
	for _, e := range entries {
		require.Equal(t, first, e.Prev, "prev of %d", e.Seq)
		first = e.Seq
	}
}

// Wherever the border between PostgreSQL and the broker lies, and from wherever
// a reader goes on, the log is complete, in order, and chained for its
// audience.
func TestLogIsCompleteAcrossTheBorder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv, seqs, public := d.chat()
	for border := 0; border <= len(seqs); border += 3 {
		d.projectUpTo(conv, border)
		for _, audience := range []struct {
			internal bool
			all      []uint64
		}{{true, seqs}, {false, public}} {
			for i := range len(seqs) + 1 {
				after, seen := uint64(0), uint64(0)
				if i > 0 {
					after = seqs[i-1]
				}
				var want []uint64
				for _, seq := range audience.all {
					if seq > after {
						want = append(want, seq)
					} else {
						seen = seq
					}
				}
				got, err := d.svc.After(t.Context(), conv, after, 0, audience.internal)
				require.NoError(t, err)
				require.Equal(t, want, nilIfEmpty(seqsOf(got)), "border %d, after %d, internal %v", border, after, audience.internal)
				requireChain(t, got, seen)
			}
			requirePages(t, d, conv, audience.internal, audience.all)
		}
	}
}

// requirePages walks the history backwards in pages of 4.
func requirePages(t *testing.T, d *desk, conv string, internal bool, all []uint64) {
	t.Helper()
	var got []uint64
	before, more := uint64(0), true
	for more {
		var entries []event.Entry
		var err error
		entries, more, err = d.svc.Before(t.Context(), conv, before, 4, internal)
		require.NoError(t, err)
		require.LessOrEqual(t, len(entries), 4)
		require.NotEmpty(t, entries)
		if i := len(all) - len(got) - len(entries); i > 0 {
			requireChain(t, entries, all[i-1])
		} else {
			requireChain(t, entries, 0)
		}
		got = append(seqsOf(entries), got...)
		before = entries[0].Seq
	}
	require.Equal(t, all, got)
}

func nilIfEmpty(list []uint64) []uint64 {
	if len(list) == 0 {
		return nil
	}
	return list
}

func TestAfterGivesPagesThatJoin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv, _, public := d.chat()
	d.projectUpTo(conv, 9)
	var got []uint64
	after := uint64(0)
	for {
		page, err := d.svc.After(t.Context(), conv, after, 3, false)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		requireChain(t, page, after)
		got = append(got, seqsOf(page)...)
		after = page[len(page)-1].Seq
	}
	require.Equal(t, public, got)
}

func TestLogOfAnUnknownConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.svc.Subject(t.Context(), ids.New())
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, _, err = d.svc.Before(t.Context(), ids.New(), 0, 10, true)
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, err = d.svc.After(t.Context(), ids.New(), 0, 10, true)
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, ok, err := d.svc.Seen(t.Context(), ids.New(), "visitor-x", "c")
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	assert.False(t, ok)
}

// While PostgreSQL is away, everything the broker holds is readable, the rest
// is refused rather than missing, and nothing waits longer than a second.
func TestLogWithoutPostgreSQL(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *Config) { c.patience = 0 })
	db, proxy := behindProxy(t, d.db)
	d.svc.db, d.svc.rows = db, newRows(db, d.svc.cfg.patience)
	conv, seqs, public := d.chat()
	d.projectUpTo(conv, len(seqs))
	old := "old" + conv[3:]
	d.projectOnly(old)
	_, err := d.svc.Inbox(t.Context(), d.in.ID)
	require.NoError(t, err)
	proxy.cut()

	began := time.Now()
	subject, err := d.svc.Subject(t.Context(), conv)
	require.NoError(t, err)
	assert.Equal(t, d.in.ID, subject.Inbox)
	assert.Equal(t, "vera", subject.Visitor)
	got, err := d.svc.After(t.Context(), conv, seqs[3], 0, false)
	require.NoError(t, err)
	assert.Equal(t, public[len(public)-len(got):], seqsOf(got))
	requireChain(t, got, seqs[3])
	entries, more, err := d.svc.Before(t.Context(), conv, 0, 200, true)
	require.NoError(t, err)
	assert.False(t, more)
	assert.Equal(t, seqs, seqsOf(entries))
	receipt, ok, err := d.svc.Seen(t.Context(), conv, "visitor-vera", cid(1))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, seqs[1], receipt.Seq)
	end := d.act(d.visitor("vera"), conv, event.ActResolve, "")
	assert.Greater(t, end.Seq, seqs[20])

	_, err = d.svc.Subject(t.Context(), old)
	assert.True(t, errs.Is(err, errs.Busy), "what only PostgreSQL has is busy, not missing: %v", err)
	_, err = d.svc.After(t.Context(), old, 0, 0, true)
	assert.True(t, errs.Is(err, errs.Busy), "%v", err)
	_, _, err = d.svc.Before(t.Context(), old, 0, 0, true)
	assert.True(t, errs.Is(err, errs.Busy), "%v", err)
	assert.Less(t, time.Since(began), 12*time.Second)

	proxy.restore()
	require.Eventually(t, func() bool {
		_, err := d.svc.Subject(t.Context(), old)
		return err == nil
	}, patience, 20*time.Millisecond)
}

// projectOnly writes a conversation that has left the broker.
func (d *desk) projectOnly(conv string) {
	d.t.Helper()
	v := d.visitor("vera")
	e := event.Event{
		Conv: conv, At: event.Now().Add(-40 * 24 * time.Hour), From: v.Actor(), Kind: event.KindOpened,
		Opened: &event.Opened{Inbox: d.in.ID, Visitor: v.ID, Contact: v.Contact, State: event.StateQueued},
	}
	d.foldDirectly(e, 1)
	e = event.Event{Conv: conv, At: e.At, CID: "old", From: v.Actor(), Kind: event.KindMessage, Text: "long ago"}
	d.foldDirectly(e, 2)
}

func (d *desk) foldDirectly(e event.Event, seq uint64) {
	d.t.Helper()
	body, err := e.Encode()
	require.NoError(d.t, err)
	m := bus.Stored{Subject: event.ChatSubject(e.Conv), Seq: seq, Kind: e.Kind, Data: body}
	decoded, err := decode(&m)
	require.NoError(d.t, err)
	rows := map[string]*projected{}
	if row, err := findConversation(d.t.Context(), d.db, e.Conv); err == nil {
		rows[e.Conv] = &row
	}
	require.NoError(d.t, d.db.InTx(d.t.Context(), func(tx pgx.Tx) error {
		folded, err := fold(d.t.Context(), tx, d.bus.ChatStream(e.Conv), 1, rows, []stored{decoded})
		if err != nil {
			return err
		}
		return saveConversations(d.t.Context(), tx, folded)
	}))
}

// The projection waits for PostgreSQL as long as it takes, and then has
// everything.
func TestProjectionOutlivesPostgreSQL(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	db, proxy := behindProxy(t, d.db)
	d.svc.db, d.svc.rows = db, newRows(db, d.svc.cfg.patience)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	d.projected(conv, d.say(v, conv, "c1", "one"))
	proxy.cut()
	var last uint64
	for i := range 30 {
		last = d.say(v, conv, cid(i), "while it is away")
	}
	_, err := d.db.Exec(t.Context(), `SELECT 1`) // the database itself is well
	require.NoError(t, err)
	proxy.restore()
	c := d.projected(conv, last)
	assert.Equal(t, 31, c.Unread)
	assert.Equal(t, 32, d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv))
}

func TestSeenForgetsAfter30Days(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := ids.New()
	d.projectOnly(old)
	_, ok, err := d.svc.Seen(t.Context(), old, "visitor-vera", "old")
	require.NoError(t, err)
	assert.False(t, ok, "40 days are too long ago")
	d.svc.cfg.Now = func() time.Time { return event.Now().Add(-20 * 24 * time.Hour) }
	receipt, ok, err := d.svc.Seen(t.Context(), old, "visitor-vera", "old")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, uint64(2), receipt.Seq)
}

// BenchmarkHistoryPage reads the newest page of 50 of a conversation with 2,000
// events.
func BenchmarkHistoryPage(b *testing.B) {
	d := newDesk(b)
	conv := ids.New()
	d.projectOnly(conv)
	for i := range 2000 {
		d.foldDirectly(event.Event{Conv: conv, At: event.Now(), CID: cid(i), From: anna.Actor(), Kind: event.KindMessage, Text: "message"}, uint64(i+3))
	}
	for b.Loop() {
		entries, more, err := d.svc.Before(context.Background(), conv, 0, 50, false)
		require.NoError(b, err)
		require.True(b, more)
		require.Len(b, entries, 50)
	}
}
