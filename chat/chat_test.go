package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// staff is a fixed list of agents.
type staff []event.AgentProfile

func (s staff) Agents(_ context.Context, ids []string) ([]event.AgentProfile, error) {
	var found []event.AgentProfile
	for _, a := range s {
		if ids == nil || slices.Contains(ids, a.ID) {
			found = append(found, a)
		}
	}
	return found, nil
}

// desk is a chat service on servers of its own.
type desk struct {
	t   testing.TB
	db  *pg.DB
	bus *bus.Bus
	svc *Service
	in  event.Inbox
}

const patience = 15 * time.Second // the machine is shared

func quiet(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1}))
}

// newDesk makes a service that does not run yet, with one inbox with a bot.
func newDesk(t testing.TB, opts ...func(*Config)) *desk {
	t.Helper()
	d := &desk{t: t, bus: testkit.Bus(t, testkit.RelaxedBus)}
	d.db = testkit.Postgres(t, testkit.Schema{Name: "chat", Files: (*Service)(nil).Migrations()})
	cfg := Config{Log: quiet(t), UploadDir: t.TempDir(), patience: patience}
	for _, opt := range opts {
		opt(&cfg)
	}
	d.svc = New(d.db, d.bus, staff{{ID: anna.ID, Name: anna.Name, Teams: []string{"sales"}}, {ID: ben.ID, Name: ben.Name}}, cfg)
	in, err := d.svc.CreateInbox(t.Context(), event.Inbox{Name: "Shop", Bot: true, Origins: []string{"https://shop.example"}})
	require.NoError(t, err)
	d.in = in
	return d
}

// run runs the service until the returned function is called, at the latest
// when the test ends.
func (d *desk) run() (stop func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.svc.Run(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if stopped.CompareAndSwap(false, true) {
			cancel()
			require.NoError(d.t, <-done)
		}
	}
	d.t.Cleanup(stop)
	return stop
}

func (d *desk) visitor(id string) auth.Viewer {
	return auth.Viewer{Kind: auth.Visitor, ID: id, Name: "Vera", Inbox: d.in.ID, Contact: "contact-" + id}
}

// open opens a conversation as the gateway does.
func (d *desk) open(v auth.Viewer, state event.State) string {
	d.t.Helper()
	conv := ids.New()
	none := uint64(0)
	d.publish(&event.Event{
		Conv: conv, At: event.Now(), From: v.Actor(), Kind: event.KindOpened,
		Opened: &event.Opened{Inbox: v.Inbox, Visitor: v.ID, Contact: v.Contact, State: state},
	}, "opened", &none)
	return conv
}

// say says something as the gateway does, without waiting for any state.
func (d *desk) say(v auth.Viewer, conv, cid, text string) uint64 {
	d.t.Helper()
	return d.publish(&event.Event{Conv: conv, At: event.Now(), CID: cid, From: v.Actor(), Kind: event.KindMessage, Text: text}, cid, nil)
}

func (d *desk) note(v auth.Viewer, conv, cid, text string) uint64 {
	d.t.Helper()
	return d.publish(&event.Event{Conv: conv, At: event.Now(), CID: cid, From: v.Actor(), Kind: event.KindMessage, Text: text, Note: true}, cid, nil)
}

func (d *desk) publish(e *event.Event, cid string, expect *uint64) uint64 {
	d.t.Helper()
	ack, err := d.bus.PublishEvent(d.t.Context(), e, event.SenderKey(e.From), cid, expect)
	require.NoError(d.t, err)
	return ack.Seq
}

func (d *desk) act(v auth.Viewer, conv, action, args string) event.Receipt {
	d.t.Helper()
	receipt, err := d.svc.Act(d.t.Context(), v, event.Command{CID: ids.New(), Conv: conv, Action: action, Args: json.RawMessage(args)})
	require.NoError(d.t, err)
	return receipt
}

// projected waits until PostgreSQL has the conversation up to seq.
func (d *desk) projected(conv string, seq uint64) Conversation {
	d.t.Helper()
	var row projected
	require.Eventually(d.t, func() bool {
		var err error
		row, err = findConversation(d.t.Context(), d.db, conv)
		return err == nil && row.LogSeq >= seq
	}, patience, 5*time.Millisecond, "conversation %s is projected up to %d, not %d", conv, row.LogSeq, seq)
	return row.Conversation
}

// settled waits until PostgreSQL has all that was said in the conversations.
func (d *desk) settled(convs ...string) {
	d.t.Helper()
	for _, conv := range convs {
		log := d.all(conv)
		d.projected(conv, log[len(log)-1].Seq)
	}
}

// state waits until the log says that the conversation is in a state.
func (d *desk) state(conv string, want event.State) Conversation {
	d.t.Helper()
	var c Conversation
	require.Eventually(d.t, func() bool {
		var err error
		c, err = d.svc.Conversation(d.t.Context(), conv)
		return err == nil && c.State == want
	}, patience, 5*time.Millisecond, "conversation %s does not become %s", conv, want)
	return c
}

// all is the whole log of a conversation, straight from the broker.
func (d *desk) all(conv string) []event.Event {
	d.t.Helper()
	list, err := d.bus.Read(d.t.Context(), event.ChatSubject(conv), 0, 1000)
	require.NoError(d.t, err)
	events := make([]event.Event, len(list))
	for i := range list {
		e, err := decode(&list[i])
		require.NoError(d.t, err)
		events[i] = e.Event
	}
	return events
}

func kinds(events []event.Event) []event.Kind {
	out := make([]event.Kind, len(events))
	for i, e := range events {
		out[i] = e.Kind
	}
	return out
}

func (d *desk) count(query string, args ...any) int {
	d.t.Helper()
	var n int
	require.NoError(d.t, d.db.QueryRow(d.t.Context(), query, args...).Scan(&n))
	return n
}

func cid(i int) string { return fmt.Sprintf("cid-%04d", i) }
