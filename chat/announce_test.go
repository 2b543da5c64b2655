package chat

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
)

// listener keeps what an announcer tells.
type listener struct {
	mu   sync.Mutex
	told []event.ConversationSummary
	at   []time.Time
}

func (l *listener) announcer() *announcer {
	return &announcer{known: map[string]*announced{}, tell: func(c *event.ConversationSummary) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.told, l.at = append(l.told, *c), append(l.at, time.Now())
	}}
}

func (l *listener) seqs() []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var seqs []uint64
	for _, c := range l.told {
		seqs = append(seqs, c.Seq)
	}
	return seqs
}

func change(conv string, seq uint64) []event.ConversationSummary {
	return []event.ConversationSummary{{ID: conv, Seq: seq}}
}

func TestAnnouncerTellsTheFirstAtOnceAndThenTheLast(t *testing.T) {
	t.Parallel()
	var l listener
	a := l.announcer()
	a.announce(change("a", 1))
	require.Equal(t, []uint64{1}, l.seqs())
	for seq := range uint64(50) {
		a.announce(change("a", seq+2))
	}
	a.announce(change("a", 3)) // read before the last was
	require.Eventually(t, func() bool { return len(l.seqs()) > 1 }, patience, time.Millisecond)
	assert.Equal(t, uint64(51), l.seqs()[len(l.seqs())-1])
	for i := range l.at[1:] {
		assert.GreaterOrEqual(t, l.at[i+1].Sub(l.at[i]), announcePause)
	}
	require.Eventually(t, func() bool { // nothing is remembered of quiet ones
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.known) == 0 && len(a.queue) == 0 && a.timer == nil
	}, patience, time.Millisecond)
}

func TestAnnouncerIsBounded(t *testing.T) {
	t.Parallel()
	var l listener
	a := l.announcer()
	for i := range announceMost + 10 {
		a.announce(change(fmt.Sprint(i), 1))
	}
	a.mu.Lock()
	assert.LessOrEqual(t, len(a.known), announceMost)
	a.mu.Unlock()
	assert.GreaterOrEqual(t, len(l.seqs()), announceMost+10, "those beyond are told of at once")
	a.flush()
}

func TestAnnouncerFlushes(t *testing.T) {
	t.Parallel()
	var l listener
	a := l.announcer()
	a.announce(change("a", 1))
	a.announce(change("a", 2))
	a.flush()
	assert.Equal(t, []uint64{1, 2}, l.seqs())
	a.announce(change("a", 3))
	assert.Equal(t, []uint64{1, 2, 3}, l.seqs())
	a.flush()
}

// What is announced is made of the rows just folded, and says what a list asked
// for says.
func TestAnnouncedSummariesAreThoseOfLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mu sync.Mutex
	told := map[string]event.ConversationSummary{}
	sub, err := d.bus.Subscribe(event.DeskSubject(d.in.ID), func(_ string, data []byte) {
		var c event.ConversationSummary
		if err := json.Unmarshal(data, &c); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		told[c.ID] = c
	})
	require.NoError(t, err)
	defer sub.Unsubscribe()
	d.run()
	named, merged := d.visitor("named"), d.visitor("merged")
	for _, c := range []event.Change{
		{Type: event.ContactUpdated, ID: named.Contact, Fields: map[string]any{"name": "Nina"}},
		{Type: event.ContactUpdated, ID: "final", Fields: map[string]any{"name": "Mona"}},
		{Type: event.ContactMerged, ID: merged.Contact, Into: "final"},
	} {
		c.At = event.Now()
		body, err := json.Marshal(c)
		require.NoError(t, err)
		_, err = d.bus.Publish(t.Context(), bus.Msg{Subject: event.PeopleSubject(c.ID), Data: body})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return d.count(`SELECT count(*) FROM chat.contacts`) == 3 }, patience, 5*time.Millisecond)
	until := event.Now().Add(time.Hour)
	var convs []string
	for _, v := range []string{"named", "merged", "plain"} {
		conv := d.open(d.visitor(v), event.StateQueued)
		d.say(d.visitor(v), conv, "c1", "hello")
		d.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindSnoozed, From: anna.Actor(), Until: until}, "s", nil)
		d.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindTagged, From: anna.Actor(), Tags: []string{"vip"}}, "t", nil)
		d.say(anna, conv, "c2", "hello yourself")
		convs = append(convs, conv)
	}
	d.settled(convs...)
	for _, conv := range convs {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			list, err := summaries(t.Context(), d.db, []string{conv})
			require.NoError(c, err)
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(c, []event.ConversationSummary{told[conv]}, list)
		}, patience, 10*time.Millisecond)
	}
}
