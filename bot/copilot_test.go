package bot

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// talks stand for chat's conversations: read from the log, and each in the inbox
// shop.
type talks struct{ bus *bus.Bus }

func (t *talks) Subject(ctx context.Context, conv string) (auth.Subject, error) {
	if _, err := t.bus.First(ctx, event.ChatSubject(conv)); err != nil {
		return auth.Subject{}, errs.New(errs.NotFound, "there is no such conversation")
	}
	return auth.Subject{Conv: conv, Inbox: "shop", Visitor: "v"}, nil
}

func (t *talks) Before(ctx context.Context, conv string, _ uint64, limit int, internal bool) ([]event.Entry, bool, error) {
	list, err := t.bus.Read(ctx, event.ChatSubject(conv), 0, limit)
	var out []event.Entry
	for i := range list {
		if internal || !list[i].Internal {
			out = append(out, event.Entry{Seq: list[i].Seq, Kind: list[i].Kind, Internal: list[i].Internal, Body: list[i].Data})
		}
	}
	return out, false, err
}

// withTalks makes a world whose copilot reads the log.
func withTalks(t *testing.T, options ...func(*Config)) *world {
	t.Helper()
	w := newWorld(t, options...)
	w.svc.cfg.Conversations = &talks{w.bus}
	return w
}

// help asks the copilot and returns what it showed meanwhile and what it made.
func (c *conversation) help(app *fiber.App, what string, body map[string]any) (shown string, out *proposal, fail *copilotFail) {
	c.Helper()
	if body["conversation"] == nil {
		body["conversation"] = c.id
	}
	raw, err := json.Marshal(body)
	require.NoError(c, err)
	req := httptest.NewRequestWithContext(c.Context(), http.MethodPost, "/api/v1/copilot/"+what, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer agent")
	resp, err := app.Test(req, 30_000)
	require.NoError(c, err)
	defer func() { require.NoError(c, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		var refused struct{ Error copilotFail }
		require.NoError(c, json.NewDecoder(resp.Body).Decode(&refused))
		return "", nil, &refused.Error
	}
	require.Equal(c, "application/x-ndjson", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		require.Nil(c, out, "nothing follows the whole")
		var l copilotLineOut
		require.NoError(c, json.Unmarshal(lines.Bytes(), &l), lines.Text())
		shown += l.Delta
		out, fail = l.Done, l.Error
	}
	require.NoError(c, lines.Err())
	return shown, out, fail
}

// reply stores a message of an agent.
func (c *conversation) reply(text string, note bool) {
	c.Helper()
	c.store(event.Event{Kind: event.KindMessage, From: event.Actor{Kind: event.ActorAgent, ID: "a", Name: "Ada"}, Text: text, Note: note})
}

func TestCopilotDraftsFromArticles(t *testing.T) {
	t.Parallel()
	w := withTalks(t)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	_, _, fail := c.help(app, "draft", map[string]any{})
	require.NotNil(t, fail)
	assert.Equal(t, errs.Conflict, fail.Code, "nobody has asked anything")
	c.say("where is my parcel")
	shown, out, fail := c.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Empty(t, shown)
	assert.Equal(t, wordedByArticles, out.By)
	assert.Contains(t, out.Text, "Open **My orders** and choose the parcel.")
	assert.Equal(t, "Track a parcel", out.Sources[0].Title)
	c.reply("Which order?", false)
	c.say("xyzzy plugh")
	_, _, fail = c.help(app, "draft", map[string]any{})
	require.NotNil(t, fail)
	assert.Equal(t, errs.NotFound, fail.Code)
	assert.Len(t, c.log(), 4, "nothing was stored")
}

func TestCopilotDraftsWithTheModel(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, says("Hello! Please choose the parcel under My orders, dear {{EMAIL_1}} [1]. See https://evil.example/x for the parcel [1].", 10))
	w := withTalks(t, m.config)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	c.say("I am vera@example.com, where is my parcel")
	c.reply("do not tell: she owes us money", true)
	shown, out, fail := c.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Equal(t, wordedByModel, out.By)
	assert.Equal(t, "Hello! Please choose the parcel under My orders, dear vera@example.com. See for the parcel.", strings.Join(strings.Fields(out.Text), " "))
	assert.NotContains(t, shown, "[1]")
	assert.NotContains(t, shown, "evil")
	assert.Contains(t, shown, "choose the parcel")
	prompt := m.last.Load().Messages[1].Content
	assert.NotContains(t, prompt, "owes us", "a note is not for the visitor")
	assert.NotContains(t, prompt, "vera@")
	assert.Equal(t, event.AudiencePublic, w.library.asked[0].Audience, "a draft is for the visitor, and says what they may read")

	bad := faults()["fails"]
	m.answer.Store(&bad)
	_, out, fail = c.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Equal(t, wordedByArticles, out.By, "without the model the articles' own words are there")
}

func TestCopilotRewrites(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, says("Bonjour, écrivez à {{EMAIL_1}} ou voyez https://shop.example/a, pas https://evil.example/.", 10))
	w := withTalks(t, m.config)
	app := w.app()
	c := w.open(event.StateAssigned, "fr")
	c.say("bonjour, où est mon colis s'il vous plaît")
	body := map[string]any{"text": "Hi, write to support@shop.example or see https://shop.example/a.", "how": "translate"}
	shown, out, fail := c.help(app, "rewrite", body)
	require.Nil(t, fail)
	assert.Equal(t, "Bonjour, écrivez à support@shop.example ou voyez https://shop.example/a, pas", strings.TrimRight(out.Text, " ."))
	assert.NotContains(t, shown, "evil")
	last := m.last.Load()
	assert.Contains(t, last.Messages[0].Content, "French", "into the visitor's language")
	assert.NotContains(t, last.Messages[1].Content, "support@")

	for name, bad := range map[string]map[string]any{
		"how": {"text": "x", "how": "louder"}, "text": {"text": " ", "how": "shorter"}, "language": {"text": "x", "how": "translate", "language": strings.Repeat("x", 36)},
		"conversation": {"text": "x", "how": "shorter", "conversation": ""},
	} {
		_, _, fail := c.help(app, "rewrite", bad)
		require.NotNil(t, fail, name)
		assert.Equal(t, errs.Invalid, fail.Code, name)
	}
	failing := faults()["fails"]
	m.answer.Store(&failing)
	_, _, fail = c.help(app, "rewrite", body)
	require.NotNil(t, fail)
	assert.Equal(t, errs.Busy, fail.Code)
}

func TestCopilotSummarises(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, says("Vera looks for her parcel.\nShe pays with {{CARD_1}}. ![x](https://evil.example/y)", 10))
	w := withTalks(t, m.config)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	seq := c.say("my secret diary")
	c.say("where is my parcel? card 4111 1111 1111 1111")
	c.reply("checks with the warehouse", true)
	c.store(event.Event{Kind: event.KindErased, Target: seq})
	shown, out, fail := c.help(app, "summarise", map[string]any{"language": "de"})
	require.Nil(t, fail)
	assert.Contains(t, out.Text, "She pays with 4111 1111 1111 1111.", "staff may read all of it")
	assert.NotContains(t, out.Text+shown, "evil")
	last := m.last.Load()
	assert.Contains(t, last.Messages[0].Content, "German")
	assert.Contains(t, last.Messages[1].Content, "note of an agent: checks with the warehouse")
	assert.NotContains(t, last.Messages[1].Content, "diary", "what was erased is gone")
	assert.NotContains(t, last.Messages[1].Content, "4111")
}

func TestCopilotWithoutAModelSaysSo(t *testing.T) {
	t.Parallel()
	w := withTalks(t)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	c.say("where is my parcel")
	for what, body := range map[string]map[string]any{"rewrite": {"text": "x", "how": "shorter"}, "summarise": {}} {
		_, _, fail := c.help(app, what, body)
		require.NotNil(t, fail)
		assert.Equal(t, errs.Conflict, fail.Code)
		assert.Contains(t, fail.Message, "--llm-url")
	}
}

func TestCopilotIsForThoseWhoMayReadTheConversation(t *testing.T) {
	t.Parallel()
	w := withTalks(t)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	c.say("where is my parcel")
	for _, what := range []string{"draft", "summarise", "rewrite"} {
		_, _, fail := c.help(app, what, map[string]any{"conversation": ids.New(), "text": "x", "how": "shorter"})
		require.NotNil(t, fail)
		assert.Equal(t, errs.NotFound, fail.Code)
	}
	foreign := auth.Viewer{Kind: auth.Agent, ID: "b", Role: auth.RoleAgent, Inboxes: []string{"cinema"}}
	_, err := w.svc.openDesk(t.Context(), foreign, c.id)
	assert.True(t, errs.Is(err, errs.NotFound))
	assert.Equal(t, http.StatusForbidden, w.call(app, "visitor", "POST", "/copilot/draft", map[string]any{"conversation": c.id}, nil))
}

func TestCopilotHasALimit(t *testing.T) {
	t.Parallel()
	w := withTalks(t)
	app := w.app()
	c := w.open(event.StateAssigned, "en")
	c.say("where is my parcel")
	limited := false
	for range copilotBurst + 3 {
		_, _, fail := c.help(app, "draft", map[string]any{})
		limited = limited || (fail != nil && fail.Code == errs.RateLimited)
	}
	assert.True(t, limited)
}
