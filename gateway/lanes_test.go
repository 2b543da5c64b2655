package gateway

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
)

// A retry in a conversation whose log does not answer holds up nothing but what
// is said there after it, which keeps its order.
func TestRetryThatWaitsHoldsUpNoOtherConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.hello("ann"), w.hello("bob")
	stuck, opened := ann.open("open", "0")
	other, _ := bob.open("open", "0")
	require.NoError(t, ann.conn.CloseNow())
	require.Eventually(t, func() bool { return w.svc.rooms.get(stuck) == nil }, patience, patience/500)
	ada := w.hello("agent", Place{Conv: other})
	g := newGate()
	var asked atomic.Bool
	w.desk.meddle(func(question string) error {
		if question == "subject" && asked.CompareAndSwap(false, true) {
			g.pass()
		}
		return nil
	})
	ada.send("send", Send{CID: "first", Conv: stuck, Text: "one", Attempt: 2})
	<-g.reached
	ada.send("send", Send{CID: "second", Conv: stuck, Text: "two"})
	ada.send("act", event.Command{CID: "third", Conv: stuck, Action: event.ActResolve})
	ada.say(other, "elsewhere", "hello")
	ada.send("ping", Ping{})
	ada.await("pong", nil)
	last, err := w.bus.Last(t.Context(), event.ChatSubject(stuck))
	require.NoError(t, err)
	require.Equal(t, opened, last.Seq, "nothing has overtaken the retry")
	close(g.opened)
	for range 3 {
		ada.await("ack", nil)
	}
	log, err := w.bus.Read(t.Context(), event.ChatSubject(stuck), 0, 100)
	require.NoError(t, err)
	var said []string
	for _, m := range log[len(log)-3:] {
		if e, err := event.Decode(stuck, m.Seq, m.Data); assert.NoError(t, err) && e.Kind == event.KindMessage {
			said = append(said, e.CID)
		}
	}
	require.Equal(t, []string{"first", "second"}, said)
}

// What waits is bounded.
func TestTooManyRetriesThatWaitAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	stuck, _ := ann.open("open", "0")
	require.NoError(t, ann.conn.CloseNow())
	require.Eventually(t, func() bool { return w.svc.rooms.get(stuck) == nil }, patience, patience/500)
	ada := w.hello("agent")
	g := newGate()
	var asked atomic.Bool
	w.desk.meddle(func(question string) error {
		if question == "subject" && asked.CompareAndSwap(false, true) {
			g.pass()
		}
		return nil
	})
	for i := range maxWaiting + 1 {
		ada.send("send", Send{CID: cidN(i), Conv: stuck, Text: cidN(i), Attempt: 2})
	}
	require.Equal(t, string(errs.Busy), ada.await("error", byCID(cidN(maxWaiting)))["code"])
	close(g.opened)
	for range maxWaiting {
		ada.await("ack", nil)
	}
	ada.say(stuck, "later", "there is room again")
}
