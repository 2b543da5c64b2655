package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// library stands for the knowledge base.
type library struct {
	mu       sync.Mutex
	passages map[string][]event.Passage // by a word of the question
	err      error
	panics   bool
	asked    []event.SearchQuery
}

func (l *library) Search(_ context.Context, q event.SearchQuery) ([]event.Passage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, q)
	if l.panics {
		panic("the index is broken")
	}
	for word, passages := range l.passages {
		if strings.Contains(strings.ToLower(q.Text), word) {
			return slices.DeleteFunc(slices.Clone(passages), func(p event.Passage) bool { return !mayRead(&q, &p) }), l.err
		}
	}
	return nil, l.err
}

// mayRead is the knowledge base's rule; what is for a segment is for plan=pro.
func mayRead(q *event.SearchQuery, p *event.Passage) bool {
	switch p.Audience {
	case event.AudienceSignedIn:
		return q.Audience == event.AudienceAgents || q.Audience == event.AudienceSignedIn || q.Audience == event.AudienceSegment
	case event.AudienceSegment:
		return q.Audience == event.AudienceAgents || slices.Contains(q.Segments, "plan=pro")
	case event.AudienceAgents:
		return q.Audience == event.AudienceAgents
	}
	return true
}

// inboxes stand for chat's.
type inboxes struct{}

func (inboxes) Inbox(_ context.Context, id string) (event.Inbox, error) {
	switch id {
	case "shop", "cinema", "broken":
		return event.Inbox{ID: id, Bot: true, BotName: "Robin"}, nil
	case "laden":
		return event.Inbox{ID: id, Bot: true, Languages: []string{"de", "en"}}, nil
	case "mail":
		return event.Inbox{ID: id, Bot: true, Offline: event.Offline{CollectEmail: true}}, nil
	case "closed":
		return event.Inbox{ID: id, Bot: true, Hours: event.BusinessHours{Days: []event.Day{{Weekday: 0, From: 0, To: 0}}}}, nil
	case "closed-down":
		return event.Inbox{ID: id, Archived: true}, nil
	}
	return event.Inbox{}, errs.New(errs.NotFound, "there is no such inbox")
}

func (i inboxes) InboxByKey(ctx context.Context, key string) (event.Inbox, error) {
	return i.Inbox(ctx, key)
}

// staff stand for agents' tokens: the token is the role.
type staff struct{}

func (staff) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	switch token {
	case "visitor":
		return auth.Viewer{Kind: auth.Visitor, ID: "v"}, true, nil
	default:
		return auth.Viewer{Kind: auth.Agent, ID: "a", Role: auth.Role(token)}, true, nil
	}
}

func passage(title string, answerable float64, markdown string) event.Passage {
	slug := strings.ReplaceAll(strings.ToLower(title), " ", "-")
	return event.Passage{
		Article: slug, Slug: slug, Title: title, URL: "/help/a/" + slug, Locale: "en", Markdown: markdown, Text: markdown,
		Snippet: markdown[:min(len(markdown), 60)], Answerable: answerable, Score: answerable,
	}
}

// world is a bot module on a real log and database.
type world struct {
	testing.TB
	db      *pg.DB
	bus     *bus.Bus
	library *library
	svc     *Service
}

// newWorld makes a module that knows two intents. start runs its consumers.
func newWorld(t testing.TB, options ...func(*Config)) *world {
	t.Helper()
	w := &world{TB: t, library: &library{passages: map[string][]event.Passage{
		"parcel":   {passage("Track a parcel", 0.9, "Open **My orders** and choose the parcel.\n\nThe map shows where it is."), passage("Send a parcel back", 0.3, "Print the label.")},
		"voucher":  {passage("Use a voucher", 0.48, "Enter the code at checkout."), passage("Buy a voucher", 0.2, "Choose an amount.")},
		"colour":   {passage("Change the colour", 0.45, "Pick one.")},
		"anything": {},
	}}}
	w.db = testkit.Postgres(t, testkit.Schema{Name: "bot", Files: (*Service)(nil).Migrations()})
	w.bus = testkit.Bus(t, testkit.RelaxedBus)
	w.svc = w.service(options...)
	for _, i := range shopIntents() {
		_, err := w.svc.CreateIntent(t.Context(), "Ada", i)
		require.NoError(t, err)
	}
	return w
}

// service makes another process's module on the same log and database.
func (w *world) service(options ...func(*Config)) *Service {
	cfg := Config{Log: slog.New(slog.NewTextHandler(w.Output(), nil))}
	for _, option := range options {
		option(&cfg)
	}
	return New(w.db, w.bus, w.library, inboxes{}, cfg)
}

func shopIntents() []Intent {
	return []Intent{
		{Name: "opening_hours", Answer: "We are open **from 9 to 17**.", Enabled: true, Examples: []string{
			"when are you open", "what are your opening hours", "are you open on sunday", "until when is the shop open today",
			"opening times please", "when do you close", "do you open at 8", "which hours is the store open",
		}},
		{Name: "return_goods", Answer: "Send it back within 30 days.", Enabled: true, Choices: []event.Choice{{Label: "Where do I send it?"}}, Examples: []string{
			"how do I return a jacket", "I want to send my order back", "can I return this", "return policy", "how long can I bring things back",
			"the shoes do not fit, I want to give them back", "returning an item", "where do I send returns",
		}},
		{Name: "invoice", Skills: map[string]int{"billing": 2}, Enabled: true, Examples: []string{
			"question about my invoice", "the invoice is wrong", "I need a copy of my invoice", "I was billed twice", "vat on the bill",
			"my invoice has the wrong address", "send me the bill again", "why is the amount on the invoice so high",
		}},
		{Name: "gift_cards", Answer: "Gift cards are sold at the till.", Enabled: true, Examples: []string{
			"do you sell gift cards", "I want to buy a gift card", "gift card as a present", "where can I get gift cards",
			"gift cards for a birthday", "can I pay with a gift card", "how much is on my gift card", "is there a gift card",
		}},
	}
}

// start runs the module until the test ends.
func (w *world) start() *world {
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.svc.Run(ctx) }()
	w.Cleanup(func() {
		cancel()
		require.NoError(w, <-ended)
	})
	return w
}

// conversation is one visitor's.
type conversation struct {
	*world
	id   string
	svc  *Service
	turn uint64 // of what deliver delivers
}

func (w *world) open(state event.State, locale string) *conversation {
	return w.openIn("shop", state, locale)
}

func (w *world) openIn(inbox string, state event.State, locale string) *conversation {
	return w.openAs(event.Opened{Inbox: inbox, Visitor: "v", Contact: "ann", State: state, Locale: locale})
}

func (w *world) openAs(o event.Opened) *conversation {
	c := &conversation{world: w, id: ids.New(), svc: w.svc, turn: 1}
	c.store(event.Event{Kind: event.KindOpened, From: visitor(), Opened: &o})
	return c
}

func visitor() event.Actor { return event.Actor{Kind: event.ActorVisitor, ID: "v", Name: "Vera"} }

// store publishes an event as another module would, and returns its sequence.
func (c *conversation) store(e event.Event) uint64 {
	c.Helper()
	e.Conv, e.At = c.id, event.Now()
	if e.From.Kind == "" {
		e.From = event.Actor{Kind: event.ActorSystem, ID: "test"}
	}
	ack, err := c.bus.PublishEvent(c.Context(), &e, event.SenderKey(e.From), ids.New(), nil)
	require.NoError(c, err)
	return ack.Seq
}

// say stores a message of the visitor.
func (c *conversation) say(text string) uint64 {
	c.Helper()
	return c.store(event.Event{Kind: event.KindMessage, From: visitor(), Text: text})
}

// click stores the visitor's quick reply.
func (c *conversation) click(choice event.Choice) uint64 {
	c.Helper()
	return c.store(event.Event{Kind: event.KindMessage, From: visitor(), Text: choice.Label, Choice: choice.ID})
}

// log reads the whole conversation.
func (c *conversation) log() []event.Event {
	c.Helper()
	list, err := c.bus.Read(context.WithoutCancel(c.Context()), event.ChatSubject(c.id), 0, 1000)
	require.NoError(c, err)
	out := make([]event.Event, 0, len(list))
	for i := range list {
		if e, err := decode(&list[i]); err == nil {
			out = append(out, e)
		}
	}
	return out
}

// find returns the event of the answer to the message at seq, or nil.
func (c *conversation) find(part string, seq uint64) *event.Event {
	c.Helper()
	for _, e := range c.log() {
		if e.From.Kind == event.ActorBot && e.CID == cid(part, seq) {
			return &e
		}
	}
	return nil
}

const (
	patience = 20 * time.Second
	testTick = 5 * time.Millisecond
)

// unreadable is a message that claims to be an event.
func unreadable(conv string) bus.Msg {
	return bus.Msg{
		Subject: event.ChatSubject(conv), Data: []byte(`{"kind":`),
		Header: map[string]string{event.HeaderKind: string(event.KindMessage), event.HeaderActor: event.ActorHeader(visitor())},
	}
}

// answer waits for the bot's message about the one at seq, and returns it with
// what the bot understood.
func (c *conversation) answer(seq uint64) (message event.Event, trace event.BotTrace) {
	c.Helper()
	require.Eventually(c, func() bool { return c.find("answer", seq) != nil }, patience, testTick, "no answer to %d", seq)
	found := c.find("trace", seq)
	require.NotNil(c, found, "the trace comes before the message")
	return *c.find("answer", seq), *found.Bot
}

// ask says something and waits for the answer.
func (c *conversation) ask(text string) (event.Event, event.BotTrace) {
	c.Helper()
	return c.answer(c.say(text))
}

// handoff waits for the handoff that follows the message at seq.
func (c *conversation) handoff(seq uint64) event.Handoff {
	c.Helper()
	require.Eventually(c, func() bool { return c.find("handoff", seq) != nil }, patience, testTick, "no handoff after %d", seq)
	return *c.find("handoff", seq).Handoff
}

// handled waits until the bot has dealt with the event at seq: it has
// remembered one at least as late.
func (c *conversation) handled(seq uint64) {
	c.Helper()
	require.Eventually(c, func() bool {
		t, found, err := findTalk(c.Context(), c.db, c.id)
		return err == nil && found && t.Seq >= seq
	}, patience, testTick, "event %d was not handled", seq)
}

// deliver gives an event to the module's handler, as the broker would.
func (c *conversation) deliver(seq uint64) error {
	c.Helper()
	m, err := c.bus.Get(c.Context(), c.bus.ChatStream(c.id), seq)
	require.NoError(c, err)
	return c.svc.onEvent(c.Context(), bus.Delivery{Stored: m, Stream: c.bus.ChatStream(c.id), Delivered: 1, Turn: c.turn})
}

// deliverAll gives the whole conversation to the handler once.
func (c *conversation) deliverAll() {
	c.Helper()
	for _, e := range c.log() {
		require.NoError(c, c.deliver(e.Seq))
	}
}

// messages counts what the bot has said.
func (c *conversation) messages() int {
	n := 0
	for _, e := range c.log() {
		if e.From.Kind == event.ActorBot && e.Kind == event.KindMessage {
			n++
		}
	}
	return n
}

func choiceIDs(e *event.Event) []string {
	out := []string{}
	for _, c := range e.Choices {
		out = append(out, c.ID)
	}
	return out
}

func choiceOf(t testing.TB, e *event.Event, id string) event.Choice {
	t.Helper()
	for _, c := range e.Choices {
		if c.ID == id {
			return c
		}
	}
	require.FailNow(t, "no such choice", "%s in %v", id, e.Choices)
	return event.Choice{}
}

// app serves the module's routes.
func (w *world) app() *fiber.App {
	app := httpd.New(httpd.Config{Gate: auth.NewGate(staff{}), Log: slog.New(slog.NewTextHandler(w.Output(), nil))})
	w.svc.Routes(app)
	return app
}

// call makes a request as somebody with the role, and decodes the answer.
func (w *world) call(app *fiber.App, role, method, path string, body, out any) int {
	w.Helper()
	raw, err := json.Marshal(body)
	require.NoError(w, err)
	req := httptest.NewRequestWithContext(w.Context(), method, "/api/v1"+path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+role)
	resp, err := app.Test(req, 30_000)
	require.NoError(w, err)
	defer func() { require.NoError(w, resp.Body.Close()) }()
	raw, err = io.ReadAll(resp.Body)
	require.NoError(w, err)
	if out != nil {
		require.NoError(w, json.Unmarshal(raw, out), "%s %s: %s", method, path, raw)
	}
	return resp.StatusCode
}

var errBroken = errors.New("broken on purpose")
