package bot

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/httpd"
	"parley/internal/ids"
)

type object = map[string]any

func TestIntentsAreEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()

	var created Intent
	status := w.call(app, "supervisor", "POST", "/intents", object{
		"name": " loyalty_points ", "answer": "You collect points.", "examples": []string{"points", " Points", "collect  points"}, "choices": []object{{"label": "Yes", "id": "yes"}, {"label": " "}, {"label": "Yes"}},
	}, &created)
	require.Equal(t, http.StatusCreated, status)
	assert.Equal(t, "loyalty_points", created.Name)
	assert.Equal(t, []string{"points", "collect points"}, created.Examples, "trimmed, and each once")
	assert.True(t, created.Enabled)
	require.Len(t, created.Choices, 1)
	assert.True(t, ids.Valid(created.Choices[0].ID))
	assert.NotEqual(t, choiceYes, created.Choices[0].ID, "it is not the bot's own yes")

	var list struct{ Intents []Intent }
	require.Equal(t, http.StatusOK, w.call(app, "agent", "GET", "/intents", nil, &list))
	require.Len(t, list.Intents, len(shopIntents())+1)
	assert.Equal(t, "gift_cards", list.Intents[0].Name, "by name")
	assert.Equal(t, created, list.Intents[2])

	var changed Intent
	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "PATCH", "/intents/"+created.ID, object{"enabled": false, "skills": object{"sales": 3}}, &changed))
	assert.False(t, changed.Enabled)
	assert.Equal(t, map[string]int{"sales": 3}, changed.Skills)
	assert.Equal(t, created.Examples, changed.Examples, "what is not named stays")

	assert.Equal(t, http.StatusNoContent, w.call(app, "admin", "DELETE", "/intents/"+created.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, w.call(app, "admin", "DELETE", "/intents/"+created.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, w.call(app, "admin", "PATCH", "/intents/"+created.ID, object{"name": "x"}, nil))
}

func TestIntentsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	for name, test := range map[string]struct {
		role   string
		body   object
		status int
		field  string
	}{
		"an agent":            {"agent", object{"name": "x"}, http.StatusForbidden, ""},
		"a visitor":           {"visitor", object{"name": "x"}, http.StatusForbidden, ""},
		"no name":             {"supervisor", object{"name": "  "}, http.StatusUnprocessableEntity, "name"},
		"a long name":         {"supervisor", object{"name": strings.Repeat("x", 65)}, http.StatusUnprocessableEntity, "name"},
		"a name that is used": {"supervisor", object{"name": "Gift_Cards"}, http.StatusConflict, ""},
		"a long answer":       {"supervisor", object{"name": "x", "answer": strings.Repeat("x", maxAnswer+1)}, http.StatusUnprocessableEntity, "answer"},
		"a long example":      {"supervisor", object{"name": "x", "examples": []string{strings.Repeat("x", 501)}}, http.StatusUnprocessableEntity, "examples"},
		"a level of nothing":  {"supervisor", object{"name": "x", "skills": object{"a": 6}}, http.StatusUnprocessableEntity, "skills"},
		"a zero byte":         {"supervisor", object{"name": "x", "answer": "a\x00b"}, http.StatusUnprocessableEntity, ""},
		"an unknown field":    {"supervisor", object{"name": "x", "id": "y"}, http.StatusUnprocessableEntity, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out struct {
				Error struct{ Fields map[string]string }
			}
			assert.Equal(t, test.status, w.call(app, test.role, "POST", "/intents", test.body, &out))
			if test.field != "" {
				assert.Contains(t, out.Error.Fields, test.field)
			}
		})
	}
}

func TestRoutesDeclareTheirAccess(t *testing.T) {
	t.Parallel()
	app := httpd.New(httpd.Config{})
	(&Service{}).Routes(app)
	got := map[string]httpd.Access{}
	for _, r := range httpd.Routes(app) {
		got[r.Method+" "+r.Path] = r.Access
	}
	assert.Equal(t, map[string]httpd.Access{
		"GET /api/v1/intents": httpd.Agent, "POST /api/v1/intents": httpd.Supervisor, "PATCH /api/v1/intents/:id": httpd.Supervisor,
		"GET /api/v1/bot/products": httpd.Agent, "POST /api/v1/bot/products": httpd.Supervisor,
		"GET /api/v1/bot/products/export": httpd.Agent, "POST /api/v1/bot/products/import": httpd.Supervisor,
		"PATCH /api/v1/bot/products/:id": httpd.Supervisor, "DELETE /api/v1/bot/products/:id": httpd.Supervisor,
		"GET /api/v1/intents/export": httpd.Agent, "POST /api/v1/intents/import": httpd.Supervisor,
		"GET /api/v1/intents/versions": httpd.Agent, "POST /api/v1/intents/versions/:version/restore": httpd.Supervisor,
		"GET /api/v1/bot/examination": httpd.Agent, "GET /api/v1/bot/misfits": httpd.Supervisor, "POST /api/v1/bot/misfits/dismiss": httpd.Supervisor,
		"DELETE /api/v1/intents/:id": httpd.Supervisor, "POST /api/v1/bot/try": httpd.Agent, "GET /api/v1/bot/status": httpd.Agent,
		"GET /api/v1/flows": httpd.Agent, "POST /api/v1/flows": httpd.Supervisor, "POST /api/v1/flows/check": httpd.Agent,
		"POST /api/v1/flows/try": httpd.Supervisor, "POST /api/v1/flows/import": httpd.Supervisor, "GET /api/v1/flows/:id": httpd.Agent,
		"PUT /api/v1/flows/:id": httpd.Supervisor, "DELETE /api/v1/flows/:id": httpd.Supervisor, "POST /api/v1/flows/:id/publish": httpd.Supervisor,
		"GET /api/v1/flows/:id/versions": httpd.Agent, "POST /api/v1/flows/:id/versions/:number/restore": httpd.Supervisor,
		"GET /api/v1/flows/:id/export": httpd.Agent, "GET /api/v1/tools": httpd.Agent, "PUT /api/v1/tools/:name": httpd.Admin,
		"DELETE /api/v1/tools/:name": httpd.Admin, "GET /api/v1/tools/:name/calls": httpd.Supervisor,
		"GET /api/v1/bot/resolutions": httpd.Agent, "GET /api/v1/widget/:key/proactive": httpd.Public,
		"GET /api/v1/bot/replays": httpd.Supervisor, "POST /api/v1/bot/replays": httpd.Supervisor,
		"GET /api/v1/bot/replays/:id": httpd.Supervisor, "DELETE /api/v1/bot/replays/:id": httpd.Supervisor,
		"POST /api/v1/copilot/draft": httpd.Agent, "POST /api/v1/copilot/rewrite": httpd.Agent, "POST /api/v1/copilot/summarise": httpd.Agent,
	}, got)
}

func TestTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	var got tried
	require.Equal(t, http.StatusOK, w.call(app, "agent", "POST", "/bot/try", object{"text": "when do you open?"}, &got))
	assert.Equal(t, "opening_hours", got.Intent)
	assert.Greater(t, got.Confidence, 0.5)
	assert.Equal(t, got.Intent, got.Candidates[0].Intent)
	assert.Equal(t, "intent", got.Action)
	assert.Contains(t, got.HTML, "<strong>from 9 to 17</strong>")
	assert.Equal(t, "en", got.Language)
	assert.Empty(t, got.Sources)
	assert.NotNil(t, got.Sources, "never null")

	require.Equal(t, http.StatusOK, w.call(app, "agent", "POST", "/bot/try", object{"text": "I want a human", "locale": "en"}, &got))
	assert.True(t, got.WantsHuman)
	assert.Equal(t, "requested", got.Handoff.Reason)

	got = tried{}
	require.Equal(t, http.StatusOK, w.call(app, "agent", "POST", "/bot/try", object{"text": "where is my parcel"}, &got))
	assert.Equal(t, "/help/a/track-a-parcel", got.Sources[0].URL)

	assert.Equal(t, http.StatusUnprocessableEntity, w.call(app, "agent", "POST", "/bot/try", object{"text": " "}, nil))
	assert.Equal(t, http.StatusForbidden, w.call(app, "visitor", "POST", "/bot/try", object{"text": "x"}, nil))
	var talks int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM bot.talks`).Scan(&talks))
	assert.Zero(t, talks, "nothing is stored")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got botStatus
	require.Equal(t, http.StatusOK, w.call(w.app(), "agent", "GET", "/bot/status", nil, &got))
	assert.Equal(t, len(shopIntents()), got.Intents)
	assert.Equal(t, int64(1+len(shopIntents())), got.Version)
	assert.Greater(t, got.Examples, 32)
	assert.Nil(t, got.LLM)

	w.svc = w.service(func(c *Config) { c.LLM = LLM{URL: "http://127.0.0.1:1/v1", Model: "tiny", DailyTokens: 10} })
	require.Equal(t, http.StatusOK, w.call(w.app(), "agent", "GET", "/bot/status", nil, &got))
	assert.Equal(t, &llmStatus{Model: "tiny", DailyTokens: 10}, got.LLM)
}

func TestChangedIntentsAreLearnedEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	other := w.service()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	in, err := w.svc.CreateIntent(t.Context(), "Ada", Intent{Name: "parking", Answer: "Behind the house.", Enabled: true, Examples: []string{
		"where can I park", "is there a car park", "parking spaces", "parking for my car", "do you have parking", "can I leave the car there",
	}})
	require.NoError(t, err)
	for _, svc := range []*Service{w.svc, other} {
		require.Eventually(t, func() bool {
			b := svc.trainer.current.Load()
			if b == nil {
				return false
			}
			p := b.model.Predict("is there a place to park my car", "")
			return p.Guesses[0].Intent == in.ID
		}, patience, testTick)
	}
	assert.Equal(t, w.svc.trainer.current.Load().model.weights, other.trainer.current.Load().model.weights, "all hold the same model")
}

func TestSeedDemoFillsOnlyTheEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.svc.SeedDemo(t.Context(), "shop"))
	list, err := w.svc.Intents(t.Context())
	require.NoError(t, err)
	require.Len(t, list, len(shopIntents()), "a team's own intents are left alone")
	for _, i := range list {
		require.NoError(t, w.svc.DeleteIntent(t.Context(), "Ada", i.ID))
	}
	require.NoError(t, w.svc.SeedDemo(t.Context(), "shop"))
	version, err := intentVersion(t.Context(), w.db)
	require.NoError(t, err)
	require.NoError(t, w.svc.SeedDemo(t.Context(), "shop"))
	again, err := intentVersion(t.Context(), w.db)
	require.NoError(t, err)
	assert.Equal(t, version, again, "a second start makes nobody learn again")
	list, err = w.svc.Intents(t.Context())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(list), 20)
	for _, i := range list {
		assert.GreaterOrEqual(t, len(i.Examples), 8, i.Name)
		assert.LessOrEqual(t, len(i.Examples), 15, i.Name)
		assert.True(t, i.Answer != "" || len(i.Skills) > 0, i.Name)
		assert.Equal(t, []string{"shop"}, i.InboxIDs, "it answers for Parley only")
	}
}

// BenchmarkAnswer is the whole way from a delivered message to its stored
// answer, on a synced log, with the demonstration's intents.
func BenchmarkAnswer(b *testing.B) {
	w := newWorld(b)
	require.NoError(b, w.svc.SeedDemo(b.Context(), "shop"))
	_, err := w.svc.trainer.get(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		b.StopTimer()
		c := w.open(event.StateBot, "en")
		seq := c.say("when do you open")
		b.StartTimer()
		require.NoError(b, c.deliver(seq))
	}
}
