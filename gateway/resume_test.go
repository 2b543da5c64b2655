package gateway

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
)

// gate holds who comes to it until it is opened.
type gate struct{ reached, opened chan struct{} }

func newGate() gate { return gate{make(chan struct{}, 1), make(chan struct{})} }

func (g gate) pass() {
	g.reached <- struct{}{}
	<-g.opened
}

// assign tells the gateway that the conversation is Ada's now, and returns when
// everything that follows from it has happened.
func (w *world) assign(ada *client, conv string) {
	w.t.Helper()
	for range 2 { // summaries take turns: when the second has come, the first has been dealt with
		summary := event.ConversationSummary{ID: conv, Inbox: "inbox", Visitor: "ann", Contact: "cann", Agent: "ada", State: event.StateAssigned}
		require.NoError(w.t, w.bus.Ephemeral(event.DeskSubject("inbox"), summary))
		ada.await("conversation", nil)
	}
	_ = w.svc.joins.Wait() // joins report their own errors
}

// expects reads the events behind the place: these, once and in order.
func (c *client) expects(conv string, cids ...string) {
	c.t.Helper()
	for _, cid := range cids {
		o := c.await("event", nil)
		require.Equal(c.t, conv, o["conv"])
		require.Equal(c.t, cid, o["cid"])
	}
	c.send("ping", Ping{N: 1})
	c.await("pong", nil)
	for _, o := range c.got {
		require.NotEqual(c.t, "event", o["type"], "one too many: %v", o)
	}
}

// A conversation that is assigned to the agent between the welcome and the
// resume is not followed at its end: what is said meanwhile comes behind what
// was missed.
func TestSummaryDoesNotOvertakeAResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	ann.tell(conv, "missed", "while Ada was away")
	g := newGate()
	w.desk.meddle(func(question string) error {
		if question == "recent" {
			g.pass()
		}
		return nil
	})
	ada := w.dial(nil)
	ada.last[conv] = seq
	ada.send("hello", Hello{Token: "agent", Resume: []Place{{Conv: conv, Seq: seq}}})
	<-g.reached
	w.assign(ada, conv)
	ann.tell(conv, "meanwhile", "before the resume")
	close(g.opened)
	ada.await("welcome", nil)
	ada.expects(conv, "missed", "meanwhile")
	ann.say(conv, "later", "after the resume")
	ada.expects(conv, "later")
}

// The same for a resume on a socket that follows the conversation already.
func TestResumeOfAFollowedConversationIsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	ann.tell(conv, "missed", "while Ada was away")
	ada := w.hello("agent")
	w.assign(ada, conv)
	g := newGate()
	var asked atomic.Bool
	w.desk.meddle(func(question string) error {
		if question == "after" && asked.CompareAndSwap(false, true) {
			g.pass()
		}
		return nil
	})
	ada.last[conv] = seq
	ada.send("hello", Hello{Resume: []Place{{Conv: conv, Seq: seq}}})
	<-g.reached
	w.assign(ada, conv)
	ann.tell(conv, "meanwhile", "before the resume")
	close(g.opened)
	ada.expects(conv, "missed", "meanwhile")
}

// A conversation that cannot be read just now is said to be busy, is not
// followed at its end meanwhile, and comes complete as soon as it can be read.
func TestResumeIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	ann.tell(conv, "missed", "while Ada was away")
	var tries atomic.Int32
	w.desk.meddle(func(question string) error {
		if question == "after" && tries.Add(1) <= 2 {
			return errs.New(errs.Busy, "the database is away")
		}
		return nil
	})
	ada := w.hello("agent", Place{Conv: conv, Seq: seq})
	ada.last[conv] = seq
	require.Equal(t, "busy", ada.await("error", nil)["code"])
	w.assign(ada, conv)
	ann.say(conv, "meanwhile", "between the tries")
	ada.expects(conv, "missed", "meanwhile")
	require.EqualValues(t, 3, tries.Load())
	ann.say(conv, "later", "after the resume")
	ada.expects(conv, "later")
}

// Who names the conversation again does not wait for the next try, and gets
// nothing twice.
func TestResumeByTheClientEndsTheGatewaysTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	ann.tell(conv, "missed", "while Ada was away")
	var tries atomic.Int32
	w.desk.meddle(func(question string) error {
		if question == "after" && tries.Add(1) == 1 {
			return errs.New(errs.Busy, "the database is away")
		}
		return nil
	})
	ada := w.hello("agent", Place{Conv: conv, Seq: seq})
	ada.last[conv] = seq
	ada.await("error", nil)
	ada.send("hello", Hello{Resume: []Place{{Conv: conv, Seq: seq}}})
	ada.expects(conv, "missed")
	ann.say(conv, "later", "after the resume")
	ada.expects(conv, "later")
}

// A conversation that takes long does not hold up the others.
func TestConversationsAreResumedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.hello("ann"), w.hello("bob")
	slow, first := ann.open("open", "0")
	ann.tell(slow, "slow", "while Ada was away")
	fast, second := bob.open("open", "0")
	bob.tell(fast, "fast", "while Ada was away")
	g := newGate()
	var asked atomic.Bool
	w.desk.meddle(func(question string) error {
		if question == "after" && asked.CompareAndSwap(false, true) {
			g.pass()
		}
		return nil
	})
	ada := w.hello("agent", Place{Conv: slow, Seq: first}, Place{Conv: fast, Seq: second})
	<-g.reached
	one := ada.await("event", nil) // of the conversation that was not asked for first
	close(g.opened)
	other := ada.await("event", nil)
	require.ElementsMatch(t, []any{"slow", "fast"}, []any{one["cid"], other["cid"]})
}

// Who says hello late may come back: the network may have been slow, or the
// server may have stood still.
func TestLateHelloMayComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.helloTimeout = patience / 200 })
	bye, code := w.dial(nil).awaitClose()
	require.Equal(t, closeProtocol, code)
	require.NotNil(t, bye)
	require.Equal(t, true, bye["reconnect"])
}
