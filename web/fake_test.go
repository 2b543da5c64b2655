package web_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/websock"
	"parley/web"
)

const (
	inboxKey      = "northwind"
	provedVisitor = "proved"
	keepsVisitor  = "of a new customer" // a proof with which the visitor stays who they are
	provedToken   = "token-proved-"     // begins theirs
)

// fakeInboxes has one inbox.
type fakeInboxes struct{ inbox event.Inbox }

func (f fakeInboxes) InboxByKey(_ context.Context, key string) (event.Inbox, error) {
	if key != f.inbox.Key {
		return event.Inbox{}, errs.New(errs.NotFound, "there is no such inbox")
	}
	return f.inbox, nil
}

func demoInbox(origins ...string) event.Inbox {
	return event.Inbox{
		ID: "inbox", Key: inboxKey, Name: "Northwind Coffee", Origins: origins, Languages: []string{"en", "de", "ar"},
		Bot: true, BotName: "Nora", Look: event.Look{Accent: "#7a4a21", Position: "right", Greeting: "Hello. How can we help?"},
	}
}

// newFake serves the pages with a desk that answers by script: it stands in for
// the whole product where only the browser side is looked at.
func newFake(bundle fs.FS, inbox event.Inbox) *fiber.App {
	app, _ := newFakeDesk(bundle, inbox)
	return app
}

func newFakeDesk(bundle fs.FS, inbox event.Inbox) (*fiber.App, *fakeDesk) {
	app := httpd.New(httpd.Config{Gate: auth.NewGate(), Log: slog.New(slog.DiscardHandler)})
	pages := web.New(web.Config{
		Inboxes: fakeInboxes{inbox}, Bundle: bundle,
		DemoInbox: func(context.Context) (string, error) { return inbox.Key, nil },
	})
	pages.Routes(app)
	desk := &fakeDesk{inbox: inbox, sockets: map[*websock.Conn]bool{}}
	desk.routes(app)
	return app, desk
}

type fakeDesk struct {
	inbox event.Inbox

	mu     sync.Mutex
	seq    uint64
	events []event.Event
	told   visitorFacts

	greeted string // token of the last hello

	cut     bool // sockets end as soon as they come
	sockets map[*websock.Conn]bool
}

// visitorFacts is what was last said of the visitor.
type visitorFacts struct {
	Email      string
	Attributes map[string]any
}

// setCut ends all sockets and refuses further ones, or takes them again.
func (d *fakeDesk) setCut(cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = cut
	if cut {
		for conn := range d.sockets {
			conn.CloseNow()
		}
	}
}

func (d *fakeDesk) connected() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.sockets)
}

// opened is how the conversation began; nil before that.
func (d *fakeDesk) opened() *event.Opened {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.events) == 0 {
		return nil
	}
	return d.events[0].Opened
}

// words is what the visitor has said, in order.
func (d *fakeDesk) words() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var said []string
	for i := range d.events {
		if e := &d.events[i]; e.Kind == event.KindMessage && e.From.Kind == event.ActorVisitor {
			said = append(said, e.Text)
		}
	}
	return said
}

func (d *fakeDesk) visitorFacts() visitorFacts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told
}

func (d *fakeDesk) routes(app *fiber.App) {
	api := app.Group("/api/v1")
	visitors := 0
	api.Post("/visitors", func(c *fiber.Ctx) error {
		var body struct{ Proof string }
		_ = json.Unmarshal(read(c), &body)
		d.mu.Lock()
		visitors++
		id := "v" + strconv.Itoa(visitors)
		d.mu.Unlock()
		token := "token-" + id
		switch body.Proof {
		case "":
		case keepsVisitor:
			id = strings.TrimPrefix(auth.Bearer(c.Get(fiber.HeaderAuthorization)), "token-")
			token = provedToken + id
		default:
			id, token = provedVisitor, "token-"+provedVisitor
		}
		return c.Status(201).JSON(fiber.Map{
			"token": token, "visitor": id, "contact": "c" + id, "verified": body.Proof != "", "expires_at": time.Now().Add(720 * time.Hour),
		})
	})
	api.Patch("/visitors/me", func(c *fiber.Ctx) error {
		var told visitorFacts
		_ = json.Unmarshal(read(c), &told)
		d.mu.Lock()
		d.told = told
		d.mu.Unlock()
		return c.JSON(fiber.Map{})
	})
	api.Get("/widget/:key", func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{
			"inbox": fiber.Map{"id": d.inbox.ID, "key": d.inbox.Key, "name": d.inbox.Name, "languages": d.inbox.Languages, "bot": d.inbox.Bot, "bot_name": d.inbox.BotName},
			"look":  d.inbox.Look, "pre_chat": append([]event.PreChatField{}, d.inbox.PreChat...), "offline": event.Offline{CollectEmail: true},
			"privacy": d.inbox.Privacy, "open": true, "help_url": "/help", "agents_online": 2,
			"agents": []fiber.Map{{"name": "Ana", "initials": "AR"}, {"name": "Bo", "initials": "B"}},
			"files":  fiber.Map{"max_size": 1 << 20, "types": []string{".txt", ".png"}},
		})
	})
	api.Get("/help/search", func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"results": []event.Passage{
			{Slug: "returns", Title: "Return an order", URL: "/help/a/returns", Snippet: "You have 30 days to send unopened bags back."},
			{Slug: "grind", Title: "Choose a grind", URL: "/help/a/grind", Snippet: "Whole beans keep their taste longest."},
		}})
	})
	api.Get("/help/articles/:slug", func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{
			"id": "a1", "slug": c.Params("slug"), "title": "Return an order", "url": "/help/a/returns",
			"vote": fiber.Map{"ask": "Was this helpful?", "yes": "Yes", "no": "No", "thanks": "Thank you, good to know.", "read": "Thank you. The authors will read this.", "missing": "What is missing?", "hint": "No names, please.", "send": "Send"},
			"html": `<p>You have <strong>30 days</strong> to send unopened bags back.</p><h2>How to return</h2><ol><li>Open your order.</li><li>Choose <em>Return</em>.</li></ol><script>window.broken=1</script><img src="x" onerror="window.broken=1"><p><a href="javascript:window.broken=1">label</a></p>`,
		})
	})
	api.Post("/help/articles/:slug/vote", func(c *fiber.Ctx) error { return c.Status(201).JSON(fiber.Map{"id": "vote1"}) })
	api.Post("/attachments", func(c *fiber.Ctx) error {
		form, err := c.MultipartForm()
		if err != nil {
			return err
		}
		file := form.File["file"][0]
		return c.Status(201).JSON(event.Attachment{ID: "file1", Name: file.Filename, Type: "text/plain", Size: file.Size})
	})
	api.Get("/attachments/:id", func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"url": "/files/" + c.Params("id"), "expires_at": time.Now().Add(10 * time.Minute)})
	})
	sockets := &websock.Upgrader{}
	app.Get("/ws/v1", func(c *fiber.Ctx) error { return sockets.Upgrade(c, d.socket) })
}

func read(c *fiber.Ctx) []byte {
	if s := c.Context().RequestBodyStream(); s != nil {
		b := make([]byte, 4096)
		n, _ := s.Read(b)
		return b[:n]
	}
	return c.Body()
}

type fakeFrame struct {
	Type   string            `json:"type"`
	Token  string            `json:"token"`
	CID    string            `json:"cid"`
	Conv   string            `json:"conv"`
	Text   string            `json:"text"`
	Choice string            `json:"choice"`
	Action string            `json:"action"`
	Before uint64            `json:"before"`
	Limit  int               `json:"limit"`
	Fields map[string]string `json:"fields"`
	Page   *event.Page       `json:"page"`
	Resume []struct {
		Conv string `json:"conv"`
		Seq  uint64 `json:"seq"`
	} `json:"resume"`
	Attachments []string      `json:"attachments"`
	Args        event.ActArgs `json:"args"`
}

type fakeSocket struct {
	conn   *websock.Conn
	signed string // contact of who is signed in
}

func (s *fakeSocket) send(kind string, body any) {
	b, _ := json.Marshal(body)
	s.raw([]byte(`{"type":"` + kind + `",` + string(b[1:])))
}

func (s *fakeSocket) live(e event.Ephemeral) {
	b, _ := json.Marshal(e)
	s.raw(b)
}

func (s *fakeSocket) raw(b []byte) {
	_ = s.conn.WriteText(append(make([]byte, websock.HeadRoom), b...), time.Second) // a browser that has gone reads nothing
}

const fakeConv = "talk"

func (d *fakeDesk) socket(conn *websock.Conn) {
	d.mu.Lock()
	cut := d.cut
	d.sockets[conn] = true
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.sockets, conn)
	}()
	if cut {
		return
	}
	s := &fakeSocket{conn: conn}
	welcomed := false
	for {
		raw, err := conn.Read(1 << 20)
		if err != nil {
			return
		}
		var f fakeFrame
		if json.Unmarshal(raw, &f) != nil {
			continue
		}
		switch f.Type {
		case "hello":
			if !welcomed {
				d.greet(s, f.Token)
				s.send("welcome", fiber.Map{"who": event.Actor{Kind: event.ActorVisitor, ID: "v1"}, "session": "s", "now": event.Now(), "limits": fiber.Map{}, "conversations": d.recent(f.Token)})
				welcomed = true
			}
			for _, p := range f.Resume {
				d.replay(s, p.Seq)
			}
		case "history":
			d.page(s, f.Before, f.Limit)
		case "open":
			d.store(s, event.Event{Kind: event.KindOpened, From: visitor(), Opened: &event.Opened{State: event.StateBot, Fields: f.Fields, Page: f.Page}})
			d.said(s, f)
		case "send":
			d.said(s, f)
		case "act":
			d.act(s, f)
		case "ping":
			s.send("pong", fiber.Map{"now": event.Now()})
		}
	}
}

func visitor() event.Actor { return event.Actor{Kind: event.ActorVisitor, ID: "v1"} }
func robot() event.Actor   { return event.Actor{Kind: event.ActorBot, ID: "bot", Name: "Nora"} }
func ana() event.Actor     { return event.Actor{Kind: event.ActorAgent, ID: "ana", Name: "Ana Ruiz"} }
func system() event.Actor  { return event.Actor{Kind: event.ActorSystem, ID: "system"} }

func (d *fakeDesk) greet(s *fakeSocket, token string) {
	if id, proved := strings.CutPrefix(token, provedToken); proved {
		s.signed = "c" + id
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.greeted = token
}

// signed is who was signed in when they said the last of the words; "" for
// nobody.
func (d *fakeDesk) signed() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	by := ""
	for i := range d.events {
		if e := &d.events[i]; e.Kind == event.KindMessage && e.From.Kind == event.ActorVisitor {
			by = e.Signed
		}
	}
	return by
}

func (d *fakeDesk) lastHello() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.greeted
}

// recent is what the anonymous visitor said; who has proved an identity has
// said nothing yet.
func (d *fakeDesk) recent(token string) []event.ConversationSummary {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.events) == 0 || token == "token-"+provedVisitor {
		return []event.ConversationSummary{}
	}
	return []event.ConversationSummary{{ID: fakeConv, State: event.StateBot, Seq: d.seq, LastAt: event.Now()}}
}

func (d *fakeDesk) store(s *fakeSocket, e event.Event) event.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.Conv, e.Prev, e.At = fakeConv, d.seq, event.Now()
	d.seq += 3
	e.Seq = d.seq
	d.events = append(d.events, e)
	body, _ := e.Encode()
	s.raw(event.AppendFrame(nil, e.Conv, e.Seq, e.Prev, body))
	return e
}

func (d *fakeDesk) replay(s *fakeSocket, after uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Seq > after {
			body, _ := e.Encode()
			s.raw(event.AppendFrame(nil, e.Conv, e.Seq, e.Prev, body))
		}
	}
}

func (d *fakeDesk) page(s *fakeSocket, before uint64, limit int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	end := len(d.events)
	if before > 0 {
		end = slices.IndexFunc(d.events, func(e event.Event) bool { return e.Seq >= before })
	}
	start := max(0, end-limit)
	entries := []json.RawMessage{}
	for _, e := range d.events[start:end] {
		body, _ := e.Encode()
		entries = append(entries, event.AppendEntry(nil, e.Conv, e.Seq, e.Prev, body))
	}
	s.send("page", fiber.Map{"conv": fakeConv, "events": entries, "more": start > 0})
}

func (d *fakeDesk) ack(s *fakeSocket, cid string, e event.Event) {
	s.send("ack", event.Receipt{CID: cid, Conv: e.Conv, Seq: e.Seq, At: e.At})
}

func (d *fakeDesk) said(s *fakeSocket, f fakeFrame) {
	if strings.Contains(f.Text, "refuse") {
		s.send("error", fiber.Map{"cid": f.CID, "code": "too_large", "message": "That message is too long."})
		return
	}
	e := event.Event{Kind: event.KindMessage, CID: f.CID, From: visitor(), Text: f.Text, Choice: f.Choice, Signed: s.signed}
	for _, id := range f.Attachments {
		e.Attachments = append(e.Attachments, event.Attachment{ID: id, Name: "order.txt", Type: "text/plain", Size: 1840})
	}
	d.ack(s, f.CID, d.store(s, e))
	go d.answer(s, f.Text)
}

// answer is a goroutine of one message; the socket's end makes its writes fail.
func (d *fakeDesk) answer(s *fakeSocket, text string) {
	from := robot()
	s.live(event.Ephemeral{Type: "typing", Conv: fakeConv, From: &from, On: true})
	pause(700)
	switch {
	case strings.Contains(text, "offline"):
		d.store(s, event.Event{Kind: event.KindQueued, From: system(), Queued: &event.Queued{Offline: "nobody_online"}})
	case strings.Contains(text, "many"):
		for i := range 80 {
			d.store(s, event.Event{Kind: event.KindMessage, From: robot(), Text: "Line " + strconv.Itoa(i)})
		}
	case strings.Contains(text, "stream"):
		for _, word := range strings.SplitAfter("We roast on Tuesdays and Thursdays and ship the same day. ", " ") {
			s.live(event.Ephemeral{Type: "delta", Conv: fakeConv, CID: "streamed", Text: word})
			pause(60)
		}
		d.store(s, event.Event{Kind: event.KindMessage, CID: "streamed", From: robot(), Text: "We roast on Tuesdays and Thursdays and ship the same day."})
	default:
		d.store(s, event.Event{
			Kind: event.KindMessage, From: robot(),
			Text:    "You can send unopened bags back within 30 days.",
			HTML:    `<p>You can send unopened bags back within <strong>30 days</strong>. Open your order and choose <em>Return</em>; we pay for the label.</p><img src=x onerror="window.broken=1">`,
			Sources: []event.Source{{Title: "Return an order", URL: "/help/a/returns", Article: "a1"}},
			Choices: []event.Choice{{ID: "more", Label: "How long does a refund take?"}, {ID: "ok", Label: "That helps"}},
		})
	}
	d.mu.Lock()
	last := d.seq
	d.mu.Unlock()
	s.live(event.Ephemeral{Type: "read", Conv: fakeConv, From: &from, Seq: last})
}

func (d *fakeDesk) act(s *fakeSocket, f fakeFrame) {
	e := event.Event{CID: f.CID, From: visitor()}
	switch f.Action {
	case event.ActHandoff:
		e.Kind, e.Handoff = event.KindHandoff, &event.Handoff{}
	case event.ActResolve:
		e.Kind = event.KindResolved
	case event.ActRate:
		e.Kind, e.Rating = event.KindRated, &event.Rating{Score: f.Args.Score, Comment: f.Args.Comment}
	}
	d.ack(s, f.CID, d.store(s, e))
	if f.Action == event.ActHandoff {
		go d.people(s)
	}
}

func (d *fakeDesk) people(s *fakeSocket) {
	from := ana()
	d.store(s, event.Event{Kind: event.KindQueued, From: system(), Queued: &event.Queued{Position: 2, ExpectedSecs: 240}})
	pause(1500)
	d.store(s, event.Event{Kind: event.KindAssigned, From: system(), Assigned: &event.Assigned{Agent: "ana", Name: "Ana Ruiz"}})
	s.live(event.Ephemeral{Type: "typing", Conv: fakeConv, From: &from, On: true})
	pause(900)
	d.store(s, event.Event{Kind: event.KindMessage, From: ana(), Text: "Hi, this is Ana. Which order is it about?"})
	pause(300)
	d.store(s, event.Event{Kind: event.KindMessage, From: ana(), Text: "You find the number in your receipt."})
}

func pause(ms int) { <-time.After(time.Duration(ms) * time.Millisecond) }
