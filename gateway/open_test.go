package gateway

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
)

// stored counts the messages of all conversations.
func (w *world) stored() (n uint64) {
	w.t.Helper()
	for _, stream := range w.bus.ChatStreams() {
		state, err := w.bus.StreamState(w.t.Context(), stream)
		require.NoError(w.t, err)
		n += state.Msgs
	}
	return n
}

// A conversation is opened with its first message or not at all.
func TestRefusedOpenStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	for name, c := range map[string]struct {
		open Open
		code string
	}{
		"a file that is not theirs": {Open{Attachments: []string{"aaaaaaaaaaaaaaaaaaaaaaaaaa"}}, "not_found"},
		"a file with no id":         {Open{Text: "hi", Attachments: []string{"../x"}}, "not_found"},
		"too many files":            {Open{Text: "hi", Attachments: make([]string, maxAttachments+1)}, "invalid"},
		"too long":                  {Open{Text: strings.Repeat("x", maxText+1)}, "too_large"},
		"a long field":              {Open{Text: "hi", Fields: map[string]string{"a": strings.Repeat("x", maxField+1)}}, "invalid"},
		"a long address":            {Open{Text: "hi", Page: &event.Page{URL: strings.Repeat("x", maxURL+1)}}, "invalid"},
	} {
		c.open.CID = "c"
		ann.send("open", c.open)
		require.Equal(t, c.code, ann.await("error", byCID("c"))["code"], name)
		require.Zero(t, w.stored(), name)
	}
	_, seq := ann.open("c", "hi")
	require.EqualValues(t, 2, seq, "the same cid is good for the corrected command")
}

// Readers that join while others write get every event once, in order; client
// checks the chain of each.
func TestJoiningUnderWritesMissesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	const messages, readers = 300, 12
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range messages {
			ann.say(conv, cidN(i), cidN(i))
		}
	})
	for range readers {
		reader := w.hello("ann", Place{Conv: conv, Seq: seq})
		for i := range messages {
			require.Equal(t, cidN(i), reader.await("event", nil)["cid"])
		}
		require.NoError(t, reader.conn.CloseNow())
	}
	writing.Wait()
}

// Whatever is joined and left in whatever order, and however the sockets end,
// the gateway follows nothing in the end.
func TestNoReaderStaysBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	convs := make([]string, 4)
	for i := range convs {
		convs[i], _ = ann.open(cidN(i), "hi")
	}
	var all sync.WaitGroup
	for range 8 {
		agent := w.hello("agent")
		all.Go(func() {
			for i := range 60 {
				conv := convs[i%len(convs)]
				agent.send("watch", Watch{conv})
				if i%3 == 0 {
					agent.send("unwatch", Watch{conv})
				}
			}
			_ = agent.conn.CloseNow() // in the middle of the last ones
		})
	}
	all.Wait()
	require.NoError(t, ann.conn.CloseNow())
	require.Eventually(t, func() bool { return len(w.svc.rooms.list()) == 0 }, patience, patience/500)
	sockets, _ := w.svc.sockets.count()
	require.Zero(t, sockets)
}
