package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

// Guarantee 1: an ack is sent only after the broker confirmed storage.
func TestAckMeansStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("first", "hello there")
	stored, err := w.bus.Get(t.Context(), w.bus.ChatStream(conv), seq)
	require.NoError(t, err)
	e, err := event.Decode(conv, seq, stored.Data)
	require.NoError(t, err)
	require.Equal(t, "hello there", e.Text)
	require.Equal(t, "first", e.CID)
	first, err := w.bus.First(t.Context(), event.ChatSubject(conv))
	require.NoError(t, err)
	require.Equal(t, event.KindOpened, first.Kind)
}

// Guarantee 2: every reader sees the same events in the same order, and the
// sender its own with its cid. The chain is checked by the client.
func TestSameOrderForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "0")
	ada, tab := w.hello("agent"), w.hello("ann", Place{Conv: conv})
	ada.send("watch", Watch{Conv: conv})
	ada.send("ping", Ping{N: 1})
	ada.await("pong", nil)
	const n = 40
	var writers sync.WaitGroup
	for i, c := range []*client{ann, ada} {
		writers.Go(func() {
			for j := range n {
				c.send("send", Send{CID: cidN(i*n + j), Conv: conv, Text: cidN(i*n + j)})
			}
		})
	}
	writers.Wait()
	orders := make([][]string, 3)
	for i, c := range []*client{ann, ada, tab} {
		for len(orders[i]) < 2*n {
			o := c.await("event", func(o map[string]any) bool { cid, _ := o["cid"].(string); return strings.HasPrefix(cid, "c-") })
			orders[i] = append(orders[i], o["cid"].(string))
		}
	}
	require.Equal(t, orders[0], orders[1])
	require.Equal(t, orders[0], orders[2])
}

// What a visitor says bears who their site had proved them to be at that moment,
// and nobody else's words do.
func TestMessagesTellWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "0")
	proved, ada := w.hello("proved", Place{Conv: conv}), w.hello("agent")
	proved.say(conv, "c-1", "with the token of who signed in")
	ann.raw(string(frame("send", map[string]string{"cid": "c-2", "conv": conv, "text": "whatever the client says", "signed": "proved"})))
	ann.await("ack", byCID("c-2"))
	ada.send("watch", Watch{Conv: conv})
	ada.say(conv, "c-3", "hello")
	for cid, want := range map[string]string{"open": "", "c-1": "proved", "c-2": "", "c-3": ""} {
		e := w.message(conv, cid)
		require.Equal(t, want, e.Signed, cid)
	}
}

// message is the stored one with the cid.
func (w *world) message(conv, cid string) event.Event {
	w.t.Helper()
	list, err := w.bus.Read(w.t.Context(), event.ChatSubject(conv), 0, 100)
	require.NoError(w.t, err)
	for i := range list {
		e, err := event.Decode(conv, list[i].Seq, list[i].Data)
		require.NoError(w.t, err)
		if e.Kind == event.KindMessage && e.CID == cid {
			return e
		}
	}
	require.Fail(w.t, "there is no such message", cid)
	return event.Event{}
}

// Guarantee 3: prev names the last event this reader received; a visitor's
// chain skips notes.
func TestVisitorChainSkipsNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	ada := w.hello("agent", Place{Conv: conv})
	ada.send("send", Send{CID: "note", Conv: conv, Text: "between us", Note: true})
	ada.await("event", text("between us"))
	ada.say(conv, "answer", "hello Ann")
	ann.await("event", text("hi"))
	got := ann.await("event", nil)
	require.Equal(t, "hello Ann", got["text"], "the note must not reach the visitor")

	late := w.hello("ann", Place{Conv: conv})
	late.await("event", func(o map[string]any) bool { return o["kind"] == "opened" && num(o["prev"]) == 0 })
	late.await("event", text("hi"))
	require.Equal(t, num(late.await("event", nil)["seq"]), num(got["seq"]))

	ann.send("send", Send{CID: "x", Conv: conv, Text: "psst", Note: true})
	require.Equal(t, "forbidden", ann.await("error", byCID("x"))["code"])
}

// Guarantee 4: after a reconnect the events are complete, however many.
func TestResumeIsComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "0")
	_ = ann.conn.CloseNow()
	const n = 700 // more than a queue holds
	var pending sync.WaitGroup
	for i := range n {
		e := event.Event{Conv: conv, At: event.Now(), CID: cidN(i), From: event.Actor{Kind: event.ActorAgent, ID: "ada"}, Kind: event.KindMessage, Text: cidN(i)}
		msg, err := bus.EventMsg(&e, "agent-ada", e.CID, nil)
		require.NoError(t, err)
		pending.Add(1)
		require.NoError(t, w.bus.PublishAsync(msg, func(_ bus.Ack, err error) {
			defer pending.Done()
			require.NoError(t, err)
		}))
	}
	pending.Wait()
	back := w.hello("ann", Place{Conv: conv, Seq: seq})
	back.last[conv] = seq
	for i := range n {
		require.Equal(t, cidN(i), back.await("event", nil)["cid"])
	}
	back.say(conv, "live", "still here")
	back.await("event", text("still here"))
}

// Guarantee 5: same cid, same answer, one stored event, through any gateway
// and after a restart.
func TestRepeatedCommandStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	first := ann.say(conv, "same", "only once")
	again := ann.say(conv, "same", "changed meanwhile")
	require.Equal(t, first, again)

	w.start() // another gateway, which knows nothing yet
	elsewhere := w.hello("ann")
	elsewhere.send("send", Send{CID: "same", Conv: conv, Text: "only once", Attempt: 2})
	require.Equal(t, first, elsewhere.await("ack", byCID("same")))
	elsewhere.send("open", Open{CID: "open", Text: "hi"})
	reopened := elsewhere.await("ack", byCID("open"))
	require.Equal(t, conv, reopened["conv"])

	entries, err := w.desk.all(t.Context(), conv, true)
	require.NoError(t, err)
	require.Len(t, entries, 3) // opened, hi, only once
}

// Beyond the broker's own window the conversation's log decides.
func TestRepeatedCommandAfterTheBrokersWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	first := ann.say(conv, "same", "only once")
	room := w.svc.rooms.get(conv)
	room.mu.Lock()
	room.oldest = room.oldest.Add(-2 * dedupWindow)
	room.mu.Unlock()
	ann.say(conv, "fresh", "not a repetition")
	require.Equal(t, first, ann.say(conv, "same", "only once"))
}

// Guarantee 6: a refused command says why; nothing is stored; nobody else
// notices.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.hello("ann"), w.hello("bob")
	conv, seq := ann.open("open", "hi")
	ann.await("event", text("hi"))
	unknown := "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, tc := range []struct{ name, frame, code string }{
		{"not JSON", `{"type":"send"`, "invalid"},
		{"not an object", `[1,2]`, "invalid"},
		{"unknown type", `{"type":"dance","cid":"a"}`, "invalid"},
		{"wrong type of a field", `{"type":"send","cid":"a","conv":1}`, "invalid"},
		{"no cid", `{"type":"send","conv":"` + conv + `","text":"x"}`, "invalid"},
		{"bad cid", `{"type":"send","cid":"a b","conv":"` + conv + `","text":"x"}`, "invalid"},
		{"empty text", `{"type":"send","cid":"a","conv":"` + conv + `","text":"  "}`, "invalid"},
		{"too long", `{"type":"send","cid":"a","conv":"` + conv + `","text":"` + strings.Repeat("x", maxText+1) + `"}`, "too_large"},
		{"another visitor's", `{"type":"send","cid":"a","conv":"` + conv + `","text":"x"}`, "not_found"},
		{"missing", `{"type":"send","cid":"a","conv":"` + unknown + `","text":"x"}`, "not_found"},
		{"wildcard", `{"type":"history","conv":"*"}`, "not_found"},
		{"foreign history", `{"type":"history","conv":"` + conv + `"}`, "not_found"},
		{"foreign act", `{"type":"act","cid":"a","conv":"` + conv + `","action":"resolve"}`, "not_found"},
		{"foreign typing", `{"type":"typing","conv":"` + conv + `","on":true}`, "not_found"},
		{"foreign read", `{"type":"read","conv":"` + conv + `","seq":1}`, "not_found"},
		{"watch", `{"type":"watch","conv":"` + conv + `"}`, "forbidden"},
		{"presence", `{"type":"presence","state":"online"}`, "forbidden"},
	} {
		bob.raw(tc.frame)
		require.Equal(t, tc.code, bob.await("error", nil)["code"], tc.name)
	}
	entries, err := w.desk.all(t.Context(), conv, true)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, seq, entries[1].Seq)
	ann.send("ping", Ping{N: 7})
	require.Equal(t, "pong", ann.next()["type"], "somebody else's mistakes are not ours to see")
}

func TestSocketEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		name      string
		header    http.Header
		frames    []string
		code      int
		reconnect bool
	}{
		{"no hello first", nil, []string{`{"type":"ping"}`}, 4400, false},
		{"unknown token", nil, []string{`{"type":"hello","token":"forged"}`}, 4401, false},
		{"no token", nil, []string{`{"type":"hello"}`}, 4401, false},
		{"foreign origin", http.Header{"Origin": {"https://evil.example"}}, []string{`{"type":"hello","token":"ann"}`}, 4403, false},
		{"agent on a customer's page", http.Header{"Origin": {"https://shop.example"}}, []string{`{"type":"hello","token":"agent"}`}, 4403, false},
		{"frame too large", nil, []string{`{"type":"hello","token":"ann"}`, strings.Repeat("x", maxFrame+1)}, 4413, false},
		{"invalid UTF-8", nil, []string{`{"type":"hello","token":"ann"}`, "\xff\xfe"}, 4400, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := w.dial(tc.header)
			c.t = t
			for _, f := range tc.frames {
				c.raw(f)
			}
			bye, code := c.awaitClose()
			require.Equal(t, tc.code, code)
			require.NotNil(t, bye)
			require.EqualValues(t, tc.code, bye["code"])
			require.Equal(t, tc.reconnect, bye["reconnect"])
		})
	}
}

func TestAllowedOriginConnects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, origin := range []string{"https://shop.example", "https://desk.example"} {
		c := w.dial(http.Header{"Origin": {origin}})
		c.send("hello", Hello{Token: "ann"})
		require.Equal(t, "ann", c.await("welcome", nil)["who"].(map[string]any)["id"])
	}
}

func TestFloodIsLimitedAndClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RateVisitor = 6 })
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	for i := range 2 * maxBadFrames {
		ann.send("send", Send{CID: cidN(i), Conv: conv, Text: "flood"})
	}
	refused := ann.await("error", nil)
	require.Equal(t, "rate_limited", refused["code"])
	require.Positive(t, num(refused["retry_after_ms"]))
	bye, code := ann.awaitClose()
	require.Equal(t, 4429, code)
	require.Equal(t, true, bye["reconnect"])
	require.Positive(t, num(bye["after_ms"]))
}

// A visitor who floods the readers with what is not stored is stopped before
// they are closed as slow.
func TestTypingFloodIsLimitedAndClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RateVisitor = 6 })
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	ada := w.hello("agent", Place{Conv: conv})
	for range 6*asidesPerCommand + 2*maxBadFrames {
		ann.send("typing", Typing{Conv: conv, On: true, Preview: strings.Repeat("x", maxPreview)})
	}
	_, code := ann.awaitClose()
	require.Equal(t, 4429, code)
	ada.send("ping", Ping{})
	ada.await("pong", nil)
}

func TestRevocationReachesOpenSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.hello("agent")
	ada.await("presence", nil)
	require.NoError(t, w.bus.Ephemeral(event.AgentSubject("ada"), event.Notice{Type: event.NoticeRevoked, Agent: "ada"}))
	bye, code := ada.awaitClose()
	require.Equal(t, 4401, code)
	require.Equal(t, false, bye["reconnect"])
}

func TestDrainSaysGoodbye(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	w.svc.drain(context.Background())
	bye, code := ann.awaitClose()
	require.Equal(t, 1012, code)
	require.Equal(t, true, bye["reconnect"])
	require.LessOrEqual(t, num(bye["after_ms"]), uint64(5000))
}

// A reader that does not read costs its bound and nothing else.
func TestSlowReaderIsClosedAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "hi")
	slow := w.hello("ann", Place{Conv: conv, Seq: seq})
	big := strings.Repeat("long text ", 1500)
	var last uint64
	for i := range 800 {
		ack := ann.say(conv, cidN(i), big)
		last = num(ack["seq"])
		if testutil.ToFloat64(w.svc.metrics.slow) > 0 {
			break
		}
	}
	_, code := slow.awaitClose()
	require.Equal(t, closeSlow, code)
	back := w.hello("ann", Place{Conv: conv, Seq: slow.last[conv]})
	back.last[conv] = slow.last[conv]
	if slow.last[conv] == 0 {
		delete(back.last, conv)
	}
	for back.last[conv] < last {
		back.await("event", nil)
	}
}

func TestTypingAndReadReachTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, seq := ann.open("open", "hi")
	ada, tab := w.hello("agent", Place{Conv: conv}), w.hello("bob")
	ada.await("event", text("hi"))
	ann.send("typing", Typing{Conv: conv, On: true, Preview: "I would li"})
	got := ada.await("typing", nil)
	require.Equal(t, "I would li", got["preview"])
	ada.send("typing", Typing{Conv: conv, On: true, Preview: "secret draft"})
	require.NotContains(t, ann.await("typing", nil), "preview")
	ada.send("read", Read{Conv: conv, Seq: seq})
	require.Equal(t, seq, num(ann.await("read", nil)["seq"]))
	tab.send("ping", Ping{})
	require.Equal(t, "pong", tab.next()["type"])
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "0")
	for i := range 5 {
		ann.say(conv, cidN(i), cidN(i))
	}
	ann.send("history", History{Conv: conv, Limit: 3})
	page := ann.await("page", nil)
	require.Equal(t, true, page["more"])
	events := page["events"].([]any)
	require.Len(t, events, 3)
	oldest := events[0].(map[string]any)
	require.Equal(t, "c-2", oldest["text"])
	ann.send("history", History{Conv: conv, Before: num(oldest["seq"]), Limit: 200})
	page = ann.await("page", nil)
	require.Equal(t, false, page["more"])
	require.Len(t, page["events"].([]any), 4) // opened, 0, c-0, c-1
	ann.send("history", History{Conv: conv, Limit: 201})
	require.Equal(t, "invalid", ann.await("error", nil)["code"])
}

func TestAgentOfAnotherInboxSeesNothing(t *testing.T) {
	t.Parallel()
	seesNothing(t, newWorld(t), "agent", "other")
}

func TestAgentOfAnotherTeamSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.desk.inbox.Teams = []string{"sales"}
	seesNothing(t, w, "sales", "agent")
}

// seesNothing checks that what the insider sees of a conversation is hidden
// from the outsider.
func seesNothing(t *testing.T, w *world, insider, outsider string) {
	t.Helper()
	ann := w.hello("ann")
	conv, _ := ann.open("open", "hi")
	eve := w.hello(outsider, Place{Conv: conv})
	require.Equal(t, "not_found", eve.await("error", nil)["code"])
	for _, f := range []struct {
		kind string
		body any
	}{
		{"watch", Watch{Conv: conv}},
		{"send", Send{CID: "s", Conv: conv, Text: "hi"}},
		{"history", History{Conv: conv}},
		{"typing", Typing{Conv: conv, On: true}},
		{"read", Read{Conv: conv, Seq: 1}},
	} {
		eve.send(f.kind, f.body)
		require.Equal(t, "not_found", eve.await("error", nil)["code"], f.kind)
	}
	ada := w.hello(insider, Place{Conv: conv})
	require.NoError(t, w.bus.Ephemeral(event.DeskSubject("inbox"), event.ConversationSummary{ID: conv, Inbox: "inbox"}))
	ada.await("conversation", nil)
	eve.send("ping", Ping{N: 9})
	for {
		o := eve.next()
		require.NotEqual(t, "conversation", o["type"])
		if o["type"] == "pong" {
			return
		}
	}
}

// Whatever a frame holds, decoding answers with a command or with invalid.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(`{"type":"hello","token":"x","resume":[{"conv":"a","seq":1}]}`))
	f.Add([]byte(`{"type":"send","cid":"a","conv":"b","text":"\ud800"}`))
	f.Add([]byte(`{"type":"act","args":{"until":"yesterday"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for kind, body := range ClientFrames() {
			target := reflect.New(reflect.TypeOf(body))
			if err := json.Unmarshal(data, target.Interface()); err != nil {
				require.True(t, errs.Is(malformed(err), errs.Invalid), kind)
				continue
			}
			_, err := json.Marshal(target.Interface())
			require.NoError(t, err, kind)
		}
	})
}
