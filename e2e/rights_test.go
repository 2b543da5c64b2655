package e2e

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot"
	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
	"parley/kb"
)

// members stand for people: who is known has the plan that their id says.
type members struct{ bot.People }

func (members) Proved(_ context.Context, contact string) (map[string]any, error) {
	return map[string]any{"plan": contact}, nil
}

// The bot, the index and the database keep one rule: the same words of visitors
// with different rights.
func TestBotReadsWhatTheVisitorMayRead(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	h := &helpdesk{TB: t, bus: testkit.Bus(t, testkit.RelaxedBus)}
	db := testkit.Postgres(t, testkit.Schema{Name: "bus", Files: bus.Migrations()},
		testkit.Schema{Name: "kb", Files: (&kb.Service{}).Migrations()}, testkit.Schema{Name: "bot", Files: (&bot.Service{}).Migrations()})
	articles := kb.New(db, h.bus, kb.Config{Log: log})
	for _, a := range []kb.Article{
		{Title: "Delivery times", Markdown: "A parcel takes three days.", Audience: kb.AudiencePublic},
		{Title: "Claim the loyalty discount", Markdown: "Enter LOYAL at the checkout to claim the loyalty discount.", Audience: kb.AudienceSignedIn},
		{Title: "Book the members lounge", Markdown: "Call the desk to book the members lounge.", Audience: kb.AudienceSegment, Segments: []string{"plan=pro"}},
		{Title: "Grant a goodwill credit", Markdown: "Agents grant a goodwill credit of up to 50 euro.", Audience: kb.AudienceAgents},
	} {
		a.Status = kb.StatusPublished
		_, err := articles.Create(t.Context(), "Ana", a)
		require.NoError(t, err)
	}
	require.NoError(t, articles.EmbedAll(t.Context()))
	answers := bot.New(db, h.bus, articles, onlyInbox{}, bot.Config{Log: log, People: members{}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- answers.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	const discount, lounge, credit = "How do I claim the loyalty discount?", "How can I book the members lounge?", "grant a goodwill credit"
	for _, test := range []struct {
		name, text, contact string
		verified            bool
		source              string
	}{
		{"signed in", discount, "free", true, "Claim the loyalty discount"},
		{"not signed in", discount, "free", false, ""},
		{"of the segment", lounge, "pro", true, "Book the members lounge"},
		{"of another segment", lounge, "free", true, ""},
		{"for agents", credit, "pro", true, ""},
	} {
		got := h.askAs(event.Opened{Inbox: "helpdesk", Contact: test.contact, Verified: test.verified, State: event.StateBot, Locale: "en"}, test.text)
		var titles []string
		for _, s := range got.message.Sources {
			titles = append(titles, s.Title)
		}
		for _, c := range got.message.Choices { // "did you mean" names articles too
			titles = append(titles, c.Label)
		}
		for _, title := range []string{"Claim the loyalty discount", "Book the members lounge", "Grant a goodwill credit"} {
			if title == test.source {
				require.NotEmpty(t, got.message.Sources, "%s: %s", test.name, got.message.Text)
				assert.Equal(t, title, got.message.Sources[0].Title, test.name)
			} else if title != "Claim the loyalty discount" || !test.verified {
				assert.NotContains(t, titles, title, test.name)
			}
		}
	}
}

// askAs says something in a new conversation and waits for the answer.
func (h *helpdesk) askAs(opened event.Opened, text string) exchange {
	h.Helper()
	conv := ids.New()
	visitor := event.Actor{Kind: event.ActorVisitor, ID: ids.New()}
	opened.Visitor = visitor.ID
	for _, e := range []event.Event{{Kind: event.KindOpened, Opened: &opened}, {Kind: event.KindMessage, Text: text}} {
		e.Conv, e.At, e.From = conv, event.Now(), visitor
		_, err := h.bus.PublishEvent(h.Context(), &e, event.SenderKey(visitor), ids.New(), nil)
		require.NoError(h, err)
	}
	out := exchange{text: text}
	require.Eventually(h, func() bool {
		list, err := h.bus.Read(h.Context(), event.ChatSubject(conv), 0, 100)
		require.NoError(h, err)
		for i := range list {
			e, err := event.Decode(conv, list[i].Seq, list[i].Data)
			require.NoError(h, err)
			switch {
			case e.Kind == event.KindBot:
				out.action = e.Bot.Action
			case e.Kind == event.KindMessage && e.From.Kind == event.ActorBot:
				out.message = e
				return true
			}
		}
		return false
	}, 20*time.Second, 2*time.Millisecond, text)
	return out
}
