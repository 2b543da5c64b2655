package chat

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
)

func TestProjectionFollowsTheLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateBot)
	d.say(v, conv, "c1", "where is my order?")
	d.act(v, conv, event.ActHandoff, "")
	d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
	last := d.note(anna, conv, "c2", "looks angry")

	c := d.projected(conv, last)
	assert.Equal(t, event.StateAssigned, c.State)
	assert.Equal(t, "anna", c.Agent)
	assert.Equal(t, "where is my order?", c.Preview)
	assert.Equal(t, 1, c.Unread)
	assert.Equal(t, last, c.Seq)
	folded := history(d.all(conv)...)
	assert.Equal(t, folded.State, c.State)
	assert.Equal(t, 5, d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv))
}

// project writes a batch in the first epoch, wherever the table is.
func (d *desk) project(batch []bus.Delivery) error {
	_, err := d.svc.projectBatch(d.t.Context(), offset{Stream: batch[0].Stream, Epoch: 1}, batch)
	return err
}

// deliveries reads a stream as the projection would get it.
func (d *desk) deliveries(convs ...string) map[string][]bus.Delivery {
	d.t.Helper()
	byStream := map[string][]bus.Delivery{}
	for _, conv := range convs {
		list, err := d.bus.Read(d.t.Context(), event.ChatSubject(conv), 0, 1000)
		require.NoError(d.t, err)
		stream := d.bus.ChatStream(conv)
		for _, m := range list {
			byStream[stream] = append(byStream[stream], bus.Delivery{Stored: m, Stream: stream, Delivered: 1})
		}
	}
	return byStream
}

func TestProjectionIsIdempotent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	for i := range 20 {
		d.say(v, conv, cid(i), "message")
	}
	stream := d.bus.ChatStream(conv)
	batch := d.deliveries(conv)[stream]
	_, err := d.svc.guard(t.Context(), stream)
	require.NoError(t, err)
	// The same batch again, from within, and by several at once.
	require.NoError(t, d.project(batch[:7]))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assert.NoError(t, d.project(batch[:14])) })
	}
	wg.Wait()
	require.NoError(t, d.project(batch[3:]))
	require.NoError(t, d.project(batch))

	c, err := findConversation(t.Context(), d.db, conv)
	require.NoError(t, err)
	assert.Equal(t, 20, c.Unread, "a batch delivered again counts once")
	assert.Equal(t, 21, d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv))
	at, err := findOffset(t.Context(), d.db, stream)
	require.NoError(t, err)
	assert.Equal(t, batch[20].Seq, at.LastSeq)
}

func TestProjectionGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	stop := d.run()
	conv := d.open(v, event.StateQueued)
	d.projected(conv, d.say(v, conv, "c1", "one"))
	stop()
	d.say(v, conv, "c2", "two")
	last := d.say(v, conv, "c3", "three")
	d.run()
	c := d.projected(conv, last)
	assert.Equal(t, 3, c.Unread)
	assert.Equal(t, 4, d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv))
}

// PostgreSQL may lose what it committed last, because the projection does not
// wait for its disk.
func TestProjectionGoesOnWhereTheDatabaseFellBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	first := d.say(v, conv, "c1", "one")
	d.projected(conv, first)
	before := d.count(`SELECT last_seq FROM chat.offsets WHERE stream = $1`, d.bus.ChatStream(conv))
	d.projected(conv, d.say(v, conv, "c2", "two"))
	require.NoError(t, d.db.InTx(t.Context(), func(tx pgx.Tx) error {
		for _, query := range []string{
			`UPDATE chat.offsets SET last_seq = $2 WHERE stream = (SELECT stream FROM chat.events WHERE conv = $1 LIMIT 1)`,
			`DELETE FROM chat.events WHERE conv = $1 AND seq > $2`,
			`UPDATE chat.conversations SET seq = $2, log_seq = $2, unread = 1, preview = 'one' WHERE id = $1`,
		} {
			if _, err := tx.Exec(t.Context(), query, conv, before); err != nil {
				return err
			}
		}
		return nil
	}))
	c := d.projected(conv, d.say(v, conv, "c3", "three"))
	assert.Equal(t, 3, c.Unread)
	assert.Equal(t, 4, d.count(`SELECT count(*) FROM chat.events WHERE conv = $1`, conv))
}

// Streams that are behind take turns; what is new does not wait for them.
func TestProjectionTakesTurns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	d.say(d.visitor("vera"), conv, "c1", "one")
	stream := d.bus.ChatStream(conv)
	_, err := d.svc.guard(t.Context(), stream)
	require.NoError(t, err)
	for range cap(d.svc.turns) {
		d.svc.turns <- struct{}{} // others have them all
	}
	batch := d.deliveries(conv)[stream]
	batch[0].Pending = catchingUp
	ctx, cancel := context.WithCancel(t.Context())
	behind := make(chan error, 1)
	go func() {
		_, err := d.svc.projectBatch(ctx, offset{Stream: stream, Epoch: 1}, batch[:1])
		behind <- err
	}()
	require.NoError(t, d.project(batch))
	cancel()
	require.ErrorIs(t, <-behind, context.Canceled)
	<-d.svc.turns
	require.NoError(t, d.project(batch[:1]))
	assert.Len(t, d.svc.turns, cap(d.svc.turns)-1, "the turn was given back")
}

// A client that repeats a command after the broker has forgotten it writes a
// second message into the log; nobody must see it twice.
func TestProjectionStoresARepeatedCommandOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	first := d.say(v, conv, "c1", "hello")
	e := event.Event{Conv: conv, At: event.Now(), CID: "c1", From: v.Actor(), Kind: event.KindMessage, Text: "hello"}
	m, err := bus.EventMsg(&e, event.SenderKey(e.From), "c1", nil)
	require.NoError(t, err)
	m.ID = "forgotten" // as if the window had passed
	ack, err := d.bus.Publish(t.Context(), m)
	require.NoError(t, err)
	require.Greater(t, ack.Seq, first)

	c := d.projected(conv, ack.Seq)
	assert.Equal(t, 1, c.Unread)
	assert.Equal(t, first, c.Seq)
	entries, more, err := d.svc.Before(t.Context(), conv, 0, 50, true)
	require.NoError(t, err)
	assert.False(t, more)
	assert.Len(t, entries, 2)
	receipt, ok, err := d.svc.Seen(t.Context(), conv, event.SenderKey(v.Actor()), "c1")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, first, receipt.Seq)
}

func TestProjectionSurvivesOddEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	v.Name = "Ve\x00ra\xff"
	conv := d.open(v, event.StateQueued)
	d.publish(&event.Event{Conv: conv, At: event.Now(), From: anna.Actor(), Kind: event.KindTagged, Tags: []string{"a\x00b"}}, "t", nil)
	d.say(v, conv, "c1", "nul \x00 and bad \xff utf-8 "+string(make([]byte, 3000)))
	// What is no event at all goes to the dead letters, and the next one is projected.
	_, err := d.bus.Publish(t.Context(), bus.Msg{Subject: event.ChatSubject(conv), Data: []byte("garbage")})
	require.NoError(t, err)
	last := d.say(v, conv, "c2", "still here")

	c := d.projected(conv, last)
	assert.Equal(t, "still here", c.Preview)
	assert.Equal(t, []string{"ab"}, c.Tags)
	require.Eventually(t, func() bool {
		letters, err := d.bus.DeadLetters(t.Context(), "chat", 10)
		return assert.NoError(t, err) && len(letters) == 1 && string(letters[0].Message.Data) == "garbage"
	}, patience, 10*time.Millisecond, "no dead letter")
	entries, _, err := d.svc.Before(t.Context(), conv, 0, 50, true)
	require.NoError(t, err)
	assert.Len(t, entries, 4)
}

// Each projected change reaches whoever has the list open.
func TestProjectionAnnouncesSummaries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	heard := make(chan event.ConversationSummary, 100)
	sub, err := d.bus.Subscribe(event.DeskSubject(d.in.ID), func(_ string, data []byte) {
		var sum event.ConversationSummary
		if assert.NoError(t, json.Unmarshal(data, &sum)) {
			heard <- sum
		}
	})
	require.NoError(t, err)
	defer sub.Unsubscribe()
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	last := d.say(v, conv, "c1", "hello")
	for {
		select {
		case sum := <-heard:
			require.Equal(t, conv, sum.ID)
			if sum.Seq < last {
				continue
			}
			assert.Equal(t, "hello", sum.Preview)
			assert.Equal(t, 1, sum.Unread)
			assert.Equal(t, "Vera", sum.Name)
			assert.NotNil(t, sum.WaitingSince)
			return
		case <-time.After(patience):
			t.Fatal("no summary")
		}
	}
}

// What the projection makes of a conversation is the fold of its log, in
// whatever batches it comes.
func TestProjectionEqualsTheFold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	convs := make([]string, 6)
	for i := range convs {
		convs[i] = d.open(v, event.StateBot)
	}
	actions := []func(conv string, i int){
		func(conv string, i int) { d.say(v, conv, cid(i), "hi") },
		func(conv string, i int) { d.say(anna, conv, cid(i), "yes?") },
		func(conv string, i int) { d.note(anna, conv, cid(i), "note") },
		func(conv string, i int) {
			e := of(event.KindAssigned, "anna")
			e.Conv, e.At = conv, event.Now()
			d.publish(&e, cid(i), nil)
		},
		func(conv string, i int) {
			d.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindResolved, From: anna.Actor()}, cid(i), nil)
		},
		func(conv string, i int) {
			d.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindTagged, Tags: []string{cid(i)}, From: anna.Actor()}, cid(i), nil)
		},
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	for i := range 150 {
		actions[random.IntN(len(actions))](convs[random.IntN(len(convs))], i)
	}
	for stream, list := range d.deliveries(convs...) {
		sortBySeq(list)
		_, err := d.svc.guard(t.Context(), stream)
		require.NoError(t, err)
		for len(list) > 0 {
			n := min(len(list), 1+random.IntN(9))
			require.NoError(t, d.project(list[:n]))
			list = list[n:]
		}
	}
	for _, conv := range convs {
		row, err := findConversation(t.Context(), d.db, conv)
		require.NoError(t, err)
		want := Conversation{}
		for _, e := range d.all(conv) {
			want.Apply(&e)
		}
		assert.JSONEq(t, asJSON(t, want), asJSON(t, row.Conversation), "conversation %s", conv)
	}
}

func asJSON(t *testing.T, c Conversation) string {
	t.Helper()
	if c.Tags == nil {
		c.Tags = []string{}
	}
	if c.Fields == nil {
		c.Fields = map[string]string{}
	}
	body, err := json.Marshal(c)
	require.NoError(t, err)
	return string(body)
}

func sortBySeq(list []bus.Delivery) {
	for i := range list {
		for j := i; j > 0 && list[j].Seq < list[j-1].Seq; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func TestBehindCountsWhatIsNotProjected(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	last := d.say(v, conv, "c1", "hello")
	behind := func() int {
		n, err := d.svc.Behind(t.Context())
		require.NoError(t, err)
		return int(n)
	}
	require.Positive(t, behind())
	d.run()
	d.projected(conv, last)
	require.Zero(t, behind())
}
