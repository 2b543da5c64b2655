package bot

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/vectors"
)

func TestIntentsAsAFile(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	file, err := w.svc.ExportIntents(ctx)
	require.NoError(t, err)
	before, err := intentVersion(ctx, w.db)
	require.NoError(t, err)

	same, err := w.svc.ImportIntents(ctx, "Ben", file, IntentImport{Prune: true})
	require.NoError(t, err)
	assert.Equal(t, IntentReport{Created: []string{}, Updated: []string{}, Removed: []string{}, Unchanged: 4}, same)
	after, err := intentVersion(ctx, w.db)
	require.NoError(t, err)
	assert.Equal(t, before, after, "nothing changed, so nobody learns again")

	changed := []byte(strings.Replace(string(file), "Gift cards are sold at the till.", "Gift cards are sold online.", 1) +
		"- name: Parking\n  answer: Behind the house.\n  examples: [where can I park]\n")
	changed = bytes.Replace(changed, []byte("name: invoice"), []byte("name: bill"), 1)
	want := IntentReport{Created: []string{"bill", "Parking"}, Updated: []string{"gift_cards"}, Removed: []string{"invoice"}, Unchanged: 2}
	told, err := w.svc.ImportIntents(ctx, "Ben", changed, IntentImport{Prune: true, DryRun: true})
	require.NoError(t, err)
	assert.ElementsMatch(t, want.Created, told.Created)
	now, err := w.svc.ExportIntents(ctx)
	require.NoError(t, err)
	assert.Equal(t, string(file), string(now), "a dry run changes nothing")

	done, err := w.svc.ImportIntents(ctx, "Ben", changed, IntentImport{Prune: true})
	require.NoError(t, err)
	assert.Equal(t, told, done)
	assert.Equal(t, want.Removed, done.Removed)
	assert.Equal(t, want.Updated, done.Updated)

	list, err := w.svc.IntentVersions(ctx)
	require.NoError(t, err)
	assert.Equal(t, "Ben", list[0].Author)
	assert.Equal(t, "5 intents imported", list[0].Change)
	require.NoError(t, w.svc.RestoreIntents(ctx, "Ada", list[1].Version))
	back, err := w.svc.ExportIntents(ctx)
	require.NoError(t, err)
	assert.Equal(t, string(file), string(back), "as before the import")
	require.True(t, errs.Is(w.svc.RestoreIntents(ctx, "Ada", 99999), errs.NotFound))
}

func TestBadFilesOfIntentsChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct{ file, says string }{
		"no list":       {"name: x", "no list of intents"},
		"unknown field": {"- name: x\n  anwser: typo\n  examples: []", "anwser"},
		"without name":  {"- name: ok\n  examples: [a]\n- answer: x", "intent 2"},
		"twice":         {"- name: x\n- name: X", "two intents"},
		"unknown inbox": {"- name: x\n  inboxes: [nowhere]", "nowhere"},
	} {
		_, err := w.svc.ImportIntents(t.Context(), "Ben", []byte(test.file), IntentImport{Prune: true})
		require.ErrorContains(t, err, test.says, name)
	}
	list, err := w.svc.Intents(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 4)
}

func FuzzIntentFile(f *testing.F) {
	f.Add([]byte("- name: x\n  examples: [a, b]\n"))
	f.Add(demoFile)
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := readIntents(data)
		if err != nil {
			return
		}
		for i := range list {
			require.NoError(t, list[i].validate())
		}
	})
}

func TestOnlyTheLastVersionsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range keptVersions + 3 {
		require.NoError(t, w.svc.changeIntents(t.Context(), edit{"Ada", "nothing"}, func(pgx.Tx) error { return nil }))
	}
	list, err := w.svc.IntentVersions(t.Context())
	require.NoError(t, err)
	require.Len(t, list, keptVersions)
}

func TestExamination(t *testing.T) {
	t.Parallel()
	list := shopIntents()
	for i := range list {
		list[i].ID = list[i].Name
	}
	twin := Intent{ID: "hours_again", Name: "hours_again", Enabled: true, Examples: slices.Clone(list[0].Examples)}
	few := Intent{ID: "few", Name: "few", Enabled: true, Examples: []string{"one", "two"}}
	off := Intent{ID: "off", Name: "off", Examples: []string{"when do you open the doors"}}
	got, err := examine(t.Context(), append(list, twin, few, off), 0.5)
	require.NoError(t, err)
	assert.Equal(t, 40, got.Examples)
	assert.Greater(t, got.Accuracy, 0.5)
	assert.GreaterOrEqual(t, got.Right, got.Accuracy, "it answers what it knows")
	require.NotEmpty(t, got.Confused)
	pair := []string{got.Confused[0].Intent, got.Confused[0].Other}
	assert.ElementsMatch(t, []string{"opening_hours", "hours_again"}, pair, "two intents with the same examples")
	assert.NotEmpty(t, got.Confused[0].Examples)
	grades := map[string]Grade{}
	for _, g := range got.Intents {
		grades[g.Name] = g
	}
	assert.Len(t, grades, 6, "what is off is not examined")
	assert.False(t, grades["few"].Examined)
	assert.Greater(t, grades["gift_cards"].Recall, 0.7)

	none, err := examine(t.Context(), nil, 0.5)
	require.NoError(t, err)
	assert.Zero(t, none.Examples)
}

func TestClustersPutTheSameQuestionsTogether(t *testing.T) {
	t.Parallel()
	texts := []string{
		"can I pay by bank transfer", "do you have a phone number for the warehouse", "is paying via bank transfer possible", "the app crashes when I open it",
		"I would like to pay with a bank transfer", "app keeps crashing on start", "blorp", "my app crashed as soon as I opened it",
	}
	list := make([]Misfit, len(texts))
	for i, text := range texts {
		list[i] = Misfit{ID: text, Text: text}
	}
	got := clusters(vectors.Builtin(), list)
	require.Len(t, got[0].Messages, 3)
	require.Len(t, got[1].Messages, 3)
	titles := got[0].Title + got[1].Title
	assert.Contains(t, titles, "bank transfer")
	assert.Contains(t, titles, "crash")
	assert.Equal(t, got, clusters(vectors.Builtin(), list), "the same every time")
	assert.Empty(t, clusters(vectors.Builtin(), nil))
}

func TestMisfitsAreKeptMaskedAndForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	require.NoError(t, c.deliver(c.say("anything about zorblax at ada@example.com or +49 170 1234567?")))
	require.NoError(t, c.deliver(c.say("when are you open")))
	list, err := misfits(t.Context(), w.db, w.svc.now().AddDate(0, 0, -1), nil)
	require.NoError(t, err)
	require.Len(t, list, 1, "what was answered is not kept")
	assert.Equal(t, "anything about zorblax at <e-mail> or <number>?", list[0].Text)
	assert.Equal(t, c.id, list[0].Conv)
	for _, none := range []func(*conversation, *event.Event) uint64{
		func(c *conversation, offer *event.Event) uint64 { return c.click(choiceOf(t, offer, "none")) },
		func(c *conversation, _ *event.Event) uint64 { return c.say("no") },
	} {
		c := w.open(event.StateBot, "en")
		seq := c.say("where is my parcel")
		require.NoError(t, c.deliver(seq))
		answer, _ := c.answer(seq)
		seq = c.click(choiceOf(t, &answer, "no"))
		require.NoError(t, c.deliver(seq))
		offer, trace := c.answer(seq)
		require.Equal(t, actClarify, trace.Action)
		require.NoError(t, c.deliver(none(c, &offer)))
		list, err = misfits(t.Context(), w.db, w.svc.now().AddDate(0, 0, -1), nil)
		require.NoError(t, err)
		require.Equal(t, "where is my parcel", list[0].Text, "the question, not the refusal of what was offered")
		require.NoError(t, w.svc.Forget(t.Context(), []string{c.id}))
	}
	others, err := misfits(t.Context(), w.db, w.svc.now().AddDate(0, 0, -1), []string{"cinema"})
	require.NoError(t, err)
	assert.Empty(t, others, "of other inboxes")
	require.NoError(t, w.svc.Forget(t.Context(), []string{c.id}))
	list, err = misfits(t.Context(), w.db, w.svc.now().AddDate(0, 0, -1), nil)
	require.NoError(t, err)
	assert.Empty(t, list)
}

func TestInsightsOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open(event.StateBot, "en")
	require.NoError(t, c.deliver(c.say("anything about zorblax")))
	app := w.app()

	var found struct {
		Clusters []Cluster `json:"clusters"`
		Messages int       `json:"messages"`
	}
	require.Equal(t, http.StatusForbidden, w.call(app, "agent", "GET", "/bot/misfits", nil, nil), "the texts of all inboxes")
	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "GET", "/bot/misfits?days=7", nil, &found))
	require.Equal(t, 1, found.Messages)
	ids := []string{found.Clusters[0].Messages[0].ID}
	require.Equal(t, http.StatusUnprocessableEntity, w.call(app, "supervisor", "POST", "/bot/misfits/dismiss", map[string]any{"ids": []string{"no id?"}}, nil))
	require.Equal(t, http.StatusNoContent, w.call(app, "supervisor", "POST", "/bot/misfits/dismiss", map[string]any{"ids": ids}, nil))
	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "GET", "/bot/misfits", nil, &found))
	require.Zero(t, found.Messages)

	var x Examination
	require.Equal(t, http.StatusOK, w.call(app, "agent", "GET", "/bot/examination", nil, &x))
	require.Equal(t, 32, x.Examples)
	first, err := w.svc.Examine(t.Context())
	require.NoError(t, err)
	again, err := w.svc.Examine(t.Context())
	require.NoError(t, err)
	require.Same(t, first, again, "kept until the intents change")

	req := httptest.NewRequest(http.MethodGet, "/api/v1/intents/export", http.NoBody)
	req.Header.Set("Authorization", "Bearer agent")
	resp, err := app.Test(req, -1)
	require.NoError(t, err)
	file, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Contains(t, string(file), "name: gift_cards")

	var versions struct {
		Versions []IntentVersion `json:"versions"`
	}
	require.Equal(t, http.StatusOK, w.call(app, "agent", "GET", "/intents/versions", nil, &versions))
	require.Len(t, versions.Versions, 4)
	require.Equal(t, http.StatusNoContent, w.call(app, "supervisor", "POST", "/intents/versions/2/restore", nil, nil))
	require.Equal(t, http.StatusNotFound, w.call(app, "supervisor", "POST", "/intents/versions/x/restore", nil, nil))
}
