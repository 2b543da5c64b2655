package bot

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// brands are two inboxes whose visitors ask the same in the same words, beside
// what they have in common.
func brands(t *testing.T) (all []Sample, inboxes map[string][]string) {
	t.Helper()
	list := shopIntents()
	for i := range list {
		list[i].ID = list[i].Name
	}
	common := samples(list)
	inboxes = map[string][]string{}
	all = append(all, common...)
	for _, s := range common {
		if s.Intent == "gift_cards" {
			continue
		}
		twin := "cinema_" + s.Intent
		all = append(all, Sample{s.Text, twin})
		inboxes[s.Intent], inboxes[twin] = []string{"shop"}, []string{"cinema"}
	}
	for _, text := range []string{"which films are on tonight", "what is playing on friday", "is the new film on", "programme for the weekend"} {
		all = append(all, Sample{text, "cinema_programme"})
	}
	inboxes["cinema_programme"] = []string{"cinema"}
	return all, inboxes
}

func TestAnInboxIsNotDisturbedByTheIntentsOfAnother(t *testing.T) {
	t.Parallel()
	all, inboxes := brands(t)
	m, err := Train(t.Context(), all, inboxes, trainSeed)
	require.NoError(t, err)
	var own []Sample
	for _, s := range all {
		if len(inboxes[s.Intent]) == 0 || inboxes[s.Intent][0] == "shop" {
			own = append(own, s)
		}
	}
	alone, err := Train(t.Context(), own, nil, trainSeed)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"when do you close today": "opening_hours", "I want to return my shoes": "return_goods",
		"my invoice is wrong": "invoice", "where do you sell gift cards": "gift_cards",
	} {
		got, without := m.Predict(text, "shop"), alone.Predict(text, "")
		assert.Equal(t, want, got.Guesses[0].Intent, text)
		assert.Greater(t, got.Confidence(), 0.8*without.Confidence(), "%s: about as sure as if there were no other inbox", text)
		if want == "gift_cards" {
			assert.Equal(t, want, m.Predict(text, "cinema").Guesses[0].Intent, "it is in all inboxes")
			assert.Equal(t, want, m.Predict(text, "museum").Guesses[0].Intent, "it is in all inboxes")
			continue
		}
		got = m.Predict(text, "cinema")
		assert.Equal(t, "cinema_"+want, got.Guesses[0].Intent, text)
		assert.Greater(t, got.Confidence(), 0.8*without.Confidence(), text)
		elsewhere := m.Predict(text, "museum")
		assert.Equal(t, "gift_cards", elsewhere.Guesses[0].Intent, "an inbox that no intent names has those of all inboxes only")
		assert.Empty(t, elsewhere.Guesses[1])
		assert.Less(t, elsewhere.Confidence(), 0.5, text)
	}
	film := m.Predict("which films are playing tonight", "cinema")
	assert.Equal(t, "cinema_programme", film.Guesses[0].Intent)
	elsewhere := m.Predict("which films are playing tonight", "shop")
	assert.Less(t, elsewhere.Confidence(), certain, "the articles are asked first")
	assert.Less(t, elsewhere.Confidence(), 0.8*film.Confidence())
}

func TestScopesHideNothingWithoutInboxes(t *testing.T) {
	t.Parallel()
	s := newScopes([]string{"a", "b"}, nil)
	assert.Nil(t, s.of("shop"))
	assert.Nil(t, s.rivals, "training costs nothing more")
	s = newScopes([]string{"a", "b", "c"}, map[string][]string{"b": {"shop", "cinema"}, "c": {"cinema"}})
	assert.Equal(t, []bool{false, false, true}, s.of("shop"))
	assert.Nil(t, s.of("cinema"))
	assert.Equal(t, []bool{false, true, true}, s.of("museum"))
	assert.Nil(t, s.of(""), "a try without an inbox sees all")
	assert.Equal(t, [][]bool{nil, nil, nil}, s.rivals, "all meet in the cinema")
}

func TestNoIntentOfTheInboxIsNoPrediction(t *testing.T) {
	t.Parallel()
	m, err := Train(t.Context(), []Sample{{"one two", "a"}, {"three four", "b"}}, map[string][]string{"a": {"shop"}, "b": {"shop"}}, 1)
	require.NoError(t, err)
	assert.Zero(t, m.Predict("one two", "cinema"))
	assert.Equal(t, "a", m.Predict("one two", "shop").Guesses[0].Intent)
}

func TestIntentsAnswerInTheirInboxesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	var made Intent
	require.Equal(t, http.StatusCreated, w.call(app, "supervisor", "POST", "/intents", object{
		"name": "cinema_hours", "answer": "The box office opens at **18:30**.", "inbox_ids": []string{"cinema", "cinema"}, "examples": shopIntents()[0].Examples,
	}, &made))
	assert.Equal(t, []string{"cinema"}, made.InboxIDs)
	list, err := w.svc.Intents(t.Context())
	require.NoError(t, err)
	for _, i := range list {
		if i.Name == "opening_hours" {
			assert.Equal(t, []string{}, i.InboxIDs, "never null")
			require.Equal(t, http.StatusOK, w.call(app, "supervisor", "PATCH", "/intents/"+i.ID, object{"inbox_ids": []string{"shop"}}, nil))
		}
	}
	w.start()
	for inbox, want := range map[string]string{"shop": "from 9 to 17", "cinema": "18:30"} {
		answer, trace := w.openIn(inbox, event.StateBot, "en").ask("when are you open on sunday")
		assert.Equal(t, "intent", trace.Action, inbox)
		assert.Contains(t, answer.Text, want)
		var got tried
		require.Equal(t, http.StatusOK, w.call(app, "agent", "POST", "/bot/try", object{"text": "when are you open on sunday", "inbox_id": inbox}, &got))
		assert.Contains(t, got.Text, want)
	}

	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "PATCH", "/intents/"+made.ID, object{"inbox_ids": []string{}}, &made))
	assert.Empty(t, made.InboxIDs, "back in all inboxes")
}

func TestInboxesOfAnIntentExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	for _, id := range []string{"nowhere", "closed-down", ""} {
		var out struct {
			Error struct{ Fields map[string]string }
		}
		status := w.call(app, "supervisor", "POST", "/intents", object{"name": "x", "inbox_ids": []string{"shop", id}}, &out)
		assert.Equal(t, http.StatusUnprocessableEntity, status, id)
		assert.Contains(t, out.Error.Fields, "inbox_ids", id)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, w.call(app, "agent", "POST", "/bot/try", object{"text": "hi", "inbox_id": "nowhere"}, nil))

	list, err := w.svc.Intents(t.Context())
	require.NoError(t, err)
	_, err = w.db.Exec(t.Context(), `UPDATE bot.intents SET inboxes = '{closed-down}' WHERE id = $1`, list[0].ID)
	require.NoError(t, err)
	var changed Intent
	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "PATCH", "/intents/"+list[0].ID, object{"answer": "New."}, &changed))
	assert.Equal(t, []string{"closed-down"}, changed.InboxIDs, "an inbox that is gone stays named, and the intent answers nowhere")
}
