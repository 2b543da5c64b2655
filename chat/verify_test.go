package chat

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// talk makes a few conversations of different fates, projected.
func (d *desk) talk(n int) (convs []string) {
	d.t.Helper()
	v := d.visitor("vera")
	for i := range n {
		conv := d.open(v, event.StateBot)
		d.say(v, conv, "c1", "where is my order?")
		d.act(v, conv, event.ActHandoff, `{"reason":"a refund"}`)
		if i%2 == 0 {
			d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
			d.say(anna, conv, "c2", "on its way")
			d.note(anna, conv, "c3", "was angry")
			d.act(anna, conv, event.ActTag, `{"tags":["order"]}`)
		}
		d.say(v, conv, "c4", "thanks")
		convs = append(convs, conv)
	}
	d.settled(convs...)
	return convs
}

func (d *desk) verify(repair bool) Verification {
	d.t.Helper()
	v, err := d.svc.Verify(d.t.Context(), repair)
	require.NoError(d.t, err)
	return v
}

func TestVerifyFindsNothingWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open(d.visitor("early"), event.StateBot)
	behind := d.verify(false)
	assert.Zero(t, behind.Found, "what was not projected yet is no difference: %+v", behind.Differences)
	assert.EqualValues(t, 1, behind.Behind)

	d.run()
	convs := d.talk(6)
	require.NoError(t, d.svc.MarkRead(t.Context(), anna, convs[1], d.all(convs[1])[1].Seq), "no event says how far agents have read")
	v := d.visitor("vera")
	e := event.Event{Conv: convs[0], At: event.Now(), CID: "c4", From: v.Actor(), Kind: event.KindMessage, Text: "thanks"}
	d.publish(&e, "again", nil) // repeated after the broker's window: in the log twice, in PostgreSQL once
	d.settled(convs...)
	got := d.verify(false)
	assert.Zero(t, got.Found, "%+v", got.Differences)
	assert.Zero(t, got.Behind)
	assert.Equal(t, 7, got.Conversations)
	events := 1
	for _, conv := range convs {
		events += len(d.all(conv))
	}
	assert.EqualValues(t, events, got.Events)
}

// Whatever is damaged in PostgreSQL is found, and written again from the log.
func TestVerifyRepairsFromTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage string
		want   []string
	}{
		"an event is gone":        {`DELETE FROM chat.events WHERE conv = $1 AND cid = 'c1'`, []string{EventMissing}},
		"an event is another":     {`UPDATE chat.events SET body = convert_to(replace(convert_from(body, 'UTF8'), 'order', 'wallet'), 'UTF8') WHERE conv = $1 AND cid = 'c1'`, []string{EventDiffers}},
		"the state is wrong":      {`UPDATE chat.conversations SET state = 'resolved' WHERE id = $1`, []string{ConversationDiffers}},
		"the assignee is wrong":   {`UPDATE chat.conversations SET agent = 'ben', agent_name = 'Ben' WHERE id = $1`, []string{ConversationDiffers}},
		"unread is wrong":         {`UPDATE chat.conversations SET unread = 7 WHERE id = $1`, []string{ConversationDiffers}},
		"the row is gone":         {`DELETE FROM chat.conversations WHERE id = $1`, []string{ConversationMissing}},
		"all events are gone":     {`DELETE FROM chat.events WHERE conv = $1`, nil},
		"the projection was lost": {`WITH e AS (DELETE FROM chat.events WHERE conv = $1) DELETE FROM chat.conversations WHERE id = $1`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.run()
			convs := d.talk(3)
			before := map[string]Conversation{}
			for _, conv := range convs {
				row, err := findConversation(t.Context(), d.db, conv)
				require.NoError(t, err)
				before[conv] = row.Conversation
			}
			_, err := d.db.Exec(t.Context(), c.damage, convs[0])
			require.NoError(t, err)

			found := d.verify(false)
			var whats []string
			for _, diff := range found.Differences {
				assert.Equal(t, convs[0], diff.Conversation)
				whats = append(whats, diff.What)
			}
			require.NotEmpty(t, whats)
			if c.want != nil {
				assert.ElementsMatch(t, c.want, whats, "%+v", found.Differences)
			}
			assert.Positive(t, found.Open())

			mended := d.verify(true)
			assert.Zero(t, mended.Open(), "%+v", mended)
			assert.Equal(t, mended.Found, mended.Repaired)
			after := d.verify(false)
			assert.Zero(t, after.Found, "%+v", after.Differences)
			for _, conv := range convs {
				row, err := findConversation(t.Context(), d.db, conv)
				require.NoError(t, err)
				was := before[conv]
				fields, err := differing(&was, &row.Conversation)
				require.NoError(t, err)
				assert.Empty(t, fields)
			}
		})
	}
}

// A hole in the log cannot be filled in its place. It is reported, and readers
// get the event from PostgreSQL.
func TestVerifyReportsWhatTheLogHasLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	conv := d.talk(2)[0]
	lost := d.all(conv)[1]
	require.NoError(t, d.bus.SecureDelete(t.Context(), d.bus.ChatStream(conv), lost.Seq))
	got := d.verify(true)
	require.Len(t, got.Differences, 1)
	assert.Equal(t, Difference{What: EventLostByLog, Conversation: conv, Stream: d.bus.ChatStream(conv), Seq: lost.Seq}, got.Differences[0])
	assert.Zero(t, got.Open())
	page, _, err := d.svc.Before(t.Context(), conv, 0, 200, true)
	require.NoError(t, err)
	assert.Equal(t, lost.Seq, page[1].Seq)
}

// It looks at one moment, so what happens meanwhile is no difference.
func TestVerifyBesideTraffic(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	convs := d.talk(4)
	stop := make(chan struct{})
	var talking sync.WaitGroup
	v := d.visitor("vera")
	for n, conv := range convs {
		talking.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					d.say(v, conv, cid(1000*n+i), "more")
				}
			}
		})
	}
	for range 5 {
		got := d.verify(true)
		assert.Zero(t, got.Found, "%+v", got.Differences)
	}
	close(stop)
	talking.Wait()
}
