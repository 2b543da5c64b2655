package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// forget makes the bot read the conversation from the log again.
func (c *conversation) forget() {
	c.Helper()
	_, err := c.db.Exec(c.Context(), `DELETE FROM bot.talks`)
	require.NoError(c, err)
}

// The model's check goes on from the log alone, step by step, and what was
// proved still counts.
func TestModelsCheckIsRebuiltFromTheLog(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, tool, other := withPersonalTool(t, func(c *Config) { c.Mailer = mail })
	c := w.open(event.StateBot, "en")
	_, trace := c.takeTurn("where is my parcel A-777123")
	assert.Equal(t, &event.BotCheck{Tool: "order.status"}, trace.Check)
	c.forget()
	ask, trace := c.takeTurn("ann@example.com")
	assert.Contains(t, ask.Text, "a…@example.com")
	require.NotNil(t, trace.Check)
	assert.Equal(t, "ann@example.com", trace.Check.Email)
	c.forget()
	answer, trace := c.takeTurn(mail.code())
	assert.Contains(t, answer.Text, "at gate 47", "the question that waited is answered")
	assert.Nil(t, trace.Check)
	require.NotNil(t, trace.Proved)
	assert.Equal(t, "ann@example.com", trace.Proved.Email)
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"email:ann@example.com"}, tool.requests()[0].Header["Parley-Verified"])
	assert.Equal(t, other.requests()[0].Header["Parley-Request-Id"], other.requests()[1].Header["Parley-Request-Id"], "one call, repeated")
	c.forget()
	answer, trace = c.takeTurn("and where is my other parcel A-777123?")
	assert.Contains(t, answer.Text, "at gate 47", "the proof counts for half an hour")
	assert.Nil(t, trace.Proved, "it is no newer than it was")
	assert.Equal(t, 1, mail.sent)
}

// So does a flow's, in another process.
func TestFlowsCheckIsRebuiltFromTheLog(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	options := func(c *Config) { c.Mailer, c.Secret = mail, []byte("of the installation") }
	w := newWorld(t, options)
	tool := w.offer("order.status", personal(), onItsWay)
	w.publish(orderFlow())
	c := w.open(event.StateBot, "en")
	goOn := func(text string) (event.Event, event.BotTrace) {
		c.forget()
		c.svc = w.service(options)
		return c.takeTurn(text)
	}
	_, trace := goOn("where is my order A-777123")
	require.NotNil(t, trace.Check)
	_, _ = goOn("ann@example.com")
	wrong, trace := goOn("my code? 000 0000")
	assert.Contains(t, wrong.Text, "not the code")
	assert.Equal(t, 1, trace.Check.Tries)
	answer, trace := goOn(mail.code())
	assert.Equal(t, "What else?", answer.Text)
	require.NotNil(t, trace.Flow)
	assert.Equal(t, "A-777123", trace.Flow.Values["order_number"])
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"email:ann@example.com"}, tool.requests()[0].Header["Parley-Verified"])
	assert.Equal(t, map[string]any{"number": "A-777123"}, tool.requests()[0].Input)
}

// A memory that is built anew gives nobody more tries, and no code counts twice.
func TestTriesAreCountedByTheLog(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, tool, _ := withPersonalTool(t, func(c *Config) { c.Mailer = mail })
	c := w.open(event.StateBot, "en")
	_, _ = c.takeTurn("where is my parcel A-777123")
	_, _ = c.takeTurn("ann@example.com")
	var seq uint64
	for range codeTries {
		c.forget()
		seq = c.say("0000000")
		require.NoError(t, c.deliver(seq))
	}
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	c.store(event.Event{Kind: event.KindReopened})
	c.forget()
	_, trace := c.takeTurn(mail.code())
	assert.Nil(t, trace.Proved, "the check has ended")
	assert.Empty(t, tool.requests())
}

// What others say of a proof is none.
func TestOnlyTheBotTellsWhatWasProved(t *testing.T) {
	t.Parallel()
	w, tool, _ := withPersonalTool(t, func(c *Config) { c.Mailer = &mailbox{} })
	c := w.open(event.StateBot, "en")
	for _, from := range []event.Actor{visitor(), {Kind: event.ActorAgent, ID: "a", Program: true}, {Kind: event.ActorSystem, ID: "x"}} {
		c.store(event.Event{Kind: event.KindBot, From: from, Bot: &event.BotTrace{Action: actVerify, Proved: &event.BotProof{Email: "ann@example.com", At: event.Now()}}})
	}
	_, trace := c.takeTurn("where is my parcel A-777123")
	assert.Equal(t, actVerify, trace.Action)
	assert.Empty(t, tool.requests())
}

func TestCheckFromTheLog(t *testing.T) {
	t.Parallel()
	at := event.Now()
	trace := func(b event.BotTrace) *event.Event {
		return &event.Event{Kind: event.KindBot, From: event.Actor{Kind: event.ActorBot, ID: sender}, Bot: &b}
	}
	says := func(from event.ActorKind, seq uint64, text string) *event.Event {
		return &event.Event{Seq: seq, Kind: event.KindMessage, From: event.Actor{Kind: from}, Text: text}
	}
	asked := &event.BotCheck{Tool: "order.status"}
	for name, test := range map[string]struct {
		events []*event.Event
		want   *checking
	}{
		"begun": {
			[]*event.Event{says(event.ActorVisitor, 2, "hello"), says(event.ActorVisitor, 3, "my parcel?"), trace(event.BotTrace{Check: asked})},
			&checking{Tool: "order.status", Question: "hello\nmy parcel?", Asked: 3},
		},
		"gone on": {
			[]*event.Event{
				says(event.ActorVisitor, 3, "my parcel?"), trace(event.BotTrace{Check: asked}), says(event.ActorBot, 5, "your address?"),
				says(event.ActorVisitor, 6, "ann@example.com"), trace(event.BotTrace{Check: &event.BotCheck{Tool: "order.status", Email: "ann@example.com", Seq: 6, Sent: at, Tries: 1}}),
			},
			&checking{Tool: "order.status", Question: "my parcel?", Asked: 3, Email: "ann@example.com", Seq: 6, Sent: at, Tries: 1},
		},
		"ended": {
			[]*event.Event{says(event.ActorVisitor, 3, "my parcel?"), trace(event.BotTrace{Check: asked}), trace(event.BotTrace{Action: actAnswer})}, nil,
		},
		"a tool was called meanwhile": {
			[]*event.Event{says(event.ActorVisitor, 3, "my parcel?"), trace(event.BotTrace{Check: asked}), trace(event.BotTrace{Tool: &event.BotTool{Name: "stock"}})},
			&checking{Tool: "order.status", Question: "my parcel?", Asked: 3},
		},
		"handed over": {
			[]*event.Event{says(event.ActorVisitor, 3, "my parcel?"), trace(event.BotTrace{Check: asked}), {Kind: event.KindHandoff}}, nil,
		},
		"the question was erased": {[]*event.Event{trace(event.BotTrace{Check: asked})}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := talk{State: event.StateBot}
			for _, e := range test.events {
				got.apply(e)
			}
			assert.Equal(t, test.want, got.Checking)
		})
	}
}

// A replay of a check sends nobody a code.
func TestReplaySendsNoCodes(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, _, _ := withPersonalTool(t, func(c *Config) { c.Mailer = mail })
	p := &past{world: w, from: event.Now()}
	c := w.open(event.StateBot, "en")
	_, _ = c.takeTurn("where is my parcel A-777123")
	_, _ = c.takeTurn("ann@example.com")
	_, _ = c.takeTurn(mail.code())
	p.to = event.Now().Add(time.Second)
	r, err := w.svc.Replay(t.Context(), supervisor(), p.spec(), nil)
	require.NoError(t, err)
	rows := p.rows(r)
	assert.Contains(t, rows, "where is my parcel A-777123")
	assert.Len(t, rows, 1, "what answers the check tells nothing about a version")
	assert.Equal(t, 1, mail.sent)
}
