package bot

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

func supervisor(inboxes ...string) auth.Viewer {
	return auth.Viewer{Kind: auth.Agent, ID: "s", Name: "Sam", Role: auth.RoleSupervisor, Inboxes: inboxes}
}

// past is a world in which things were said, and when.
type past struct {
	*world
	from, to time.Time
}

// newPast has one conversation with the bot, one with an agent, one in another
// inbox, and one before the time.
func newPast(t *testing.T) *past {
	t.Helper()
	w := newWorld(t)
	old := w.open(event.StateBot, "en")
	old.say("where is my parcel")
	old.deliverAll()
	p := &past{world: w, from: event.Now()}
	require.Eventually(t, func() bool { return event.Now().After(p.from) }, patience, time.Millisecond)
	p.from = event.Now()
	bot := w.open(event.StateBot, "en")
	for _, text := range []string{"where is my parcel", "when are you open", "thanks", "I want to talk to a human"} {
		bot.say(text)
		bot.deliverAll()
	}
	bot.say("are you there?") // to people
	bot.reply("Yes, hello.", false)
	person := w.openIn("cinema", event.StateAssigned, "en")
	person.say("hello")
	person.say("can I return this")
	person.reply("Within 30 days.", false)
	require.Eventually(t, func() bool { return event.Now().After(p.from.Add(2 * time.Millisecond)) }, patience, time.Millisecond)
	p.to = event.Now().Add(time.Second)
	return p
}

func (p *past) spec() ReplaySpec { return ReplaySpec{From: p.from, To: p.to} }

func (p *past) rows(r Replay) map[string]ReplayRow {
	p.Helper()
	rows, err := p.svc.ReplayRows(p.Context(), supervisor(), r.ID, "", 0, 100)
	require.NoError(p, err)
	out := map[string]ReplayRow{}
	for _, row := range rows {
		out[row.Said] = row
	}
	return out
}

func TestReplayOfTheSameBotIsTheSame(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	before := p.lastSeqs()
	var steps int
	r, err := p.svc.Replay(t.Context(), supervisor(), p.spec(), func(_, total int) { steps++; assert.Equal(t, 2, total) })
	require.NoError(t, err)
	assert.Equal(t, 2, steps)
	assert.Equal(t, ReplayDone, r.State)
	assert.Equal(t, map[Verdict]int{VerdictSame: 4}, r.Counts)
	assert.Equal(t, before, p.lastSeqs(), "nothing is written to conversations")
	row := p.rows(r)["where is my parcel"]
	assert.Equal(t, []string{"Track a parcel"}, row.Recorded.Sources[:1])
	assert.Equal(t, row.Recorded.Text, row.Shadow.Text)
	assert.InDelta(t, row.Recorded.Confidence, row.Shadow.Confidence, 1e-9)
	assert.Equal(t, "requested", p.rows(r)["I want to talk to a human"].Shadow.Reason)
}

// lastSeqs are the ends of all streams.
func (w *world) lastSeqs() []uint64 {
	w.Helper()
	var out []uint64
	for _, stream := range w.bus.ChatStreams() {
		state, err := w.bus.StreamState(w.Context(), stream)
		require.NoError(w, err)
		out = append(out, state.LastSeq)
	}
	return out
}

func TestReplayOfAnotherVersion(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	spec := p.spec()
	spec.People, spec.Intents = true, `
- name: returns
  answer: Two weeks.
  examples: [can I return this, how do I return a jacket, I want to send it back, return policy]
- name: weather
  answer: It is sunny.
  examples: [will it rain, how is the weather, is it sunny today, weather forecast please]
`
	delete(p.library.passages, "parcel")
	r, err := p.svc.Replay(t.Context(), supervisor(), spec, nil)
	require.NoError(t, err)
	assert.Equal(t, "intents of a file", r.Name)
	rows := p.rows(r)
	assert.Equal(t, VerdictDifferent, rows["when are you open"].Verdict, "the intent is gone")
	assert.Equal(t, VerdictDifferent, rows["where is my parcel"].Verdict, "so is the article")
	answered := rows["hello\ncan I return this"]
	assert.Equal(t, VerdictAnswers, answered.Verdict, "two messages that people answered as one")
	assert.Equal(t, "Within 30 days.", answered.Recorded.Text)
	assert.Contains(t, answered.Shadow.Text, "Two weeks.")
	assert.Equal(t, VerdictSame, rows["thanks"].Verdict)
}

func TestReplayIsOnlyOfInboxesThatTheViewerSees(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	spec := p.spec()
	spec.People = true
	all, err := p.svc.Replay(t.Context(), supervisor(), spec, nil)
	require.NoError(t, err)
	cinema := supervisor("cinema")
	rows, err := p.svc.ReplayRows(t.Context(), cinema, all.ID, "", 0, 100)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	seen, err := p.svc.FindReplay(t.Context(), cinema, all.ID)
	require.NoError(t, err)
	total := 0
	for _, n := range seen.Counts {
		total += n
	}
	assert.Equal(t, 1, total)

	spec.Inboxes = []string{"shop"}
	_, err = p.svc.Replay(t.Context(), cinema, spec, nil)
	assert.True(t, errs.Is(err, errs.Invalid))
	shop, err := p.svc.Replay(t.Context(), supervisor(), spec, nil)
	require.NoError(t, err)
	_, err = p.svc.FindReplay(t.Context(), cinema, shop.ID)
	assert.True(t, errs.Is(err, errs.NotFound))
	assert.True(t, errs.Is(p.svc.DeleteReplay(t.Context(), cinema, shop.ID), errs.NotFound))
	list, err := p.svc.Replays(t.Context(), cinema)
	require.NoError(t, err)
	assert.Len(t, list, 1)
	spec.Inboxes = nil
	own, err := p.svc.Replay(t.Context(), cinema, spec, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"cinema"}, own.Inboxes, "all means all that they see")
}

func TestReplaysOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	p.start()
	app := p.app()
	var made Replay
	require.Equal(t, http.StatusAccepted, p.call(app, "supervisor", "POST", "/bot/replays", map[string]any{"from": p.from, "to": p.to, "people": true}, &made))
	var out struct {
		Replay Replay
		Rows   []ReplayRow
		Next   int
	}
	require.Eventually(t, func() bool {
		out.Replay = Replay{}
		return p.call(app, "supervisor", "GET", "/bot/replays/"+made.ID+"?limit=2", nil, &out) == http.StatusOK && out.Replay.State == ReplayDone
	}, patience, 20*time.Millisecond)
	assert.Len(t, out.Rows, 2)
	assert.Equal(t, 2, out.Next)
	require.Equal(t, http.StatusOK, p.call(app, "supervisor", "GET", "/bot/replays/"+made.ID+"?verdict=would_answer", nil, &out))
	require.NotEmpty(t, out.Rows)
	for _, row := range out.Rows {
		assert.Equal(t, VerdictAnswers, row.Verdict)
	}
	var list struct{ Replays []Replay }
	require.Equal(t, http.StatusOK, p.call(app, "supervisor", "GET", "/bot/replays", nil, &list))
	require.Len(t, list.Replays, 1)
	assert.NotEmpty(t, list.Replays[0].Counts)

	for name, bad := range map[string]map[string]any{
		"no times": {}, "backwards": {"from": p.to, "to": p.from}, "too long": {"from": "2020-01-01T00:00:00Z", "to": p.to},
		"no model": {"from": p.from, "to": p.to, "model": true}, "no inbox": {"from": p.from, "to": p.to, "inbox_ids": []string{"nothing"}},
		"no YAML": {"from": p.from, "to": p.to, "intents": "{"}, "a long name": {"from": p.from, "to": p.to, "bot": string(make([]byte, 100))},
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, p.call(app, "supervisor", "POST", "/bot/replays", bad, nil), name)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, p.call(app, "supervisor", "GET", "/bot/replays/"+made.ID+"?verdict=x", nil, nil))
	assert.Equal(t, http.StatusForbidden, p.call(app, "agent", "GET", "/bot/replays", nil, nil))
	assert.Equal(t, http.StatusNoContent, p.call(app, "supervisor", "DELETE", "/bot/replays/"+made.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, p.call(app, "supervisor", "GET", "/bot/replays/"+made.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, p.call(app, "supervisor", "GET", "/bot/replays/"+ids.New(), nil, nil))
}

func TestReplayThatWasAbandonedIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	r, err := p.svc.newReplay(t.Context(), supervisor(), p.spec(), ReplayRunning)
	require.NoError(t, err)
	now := p.svc.now()
	_, found, err := claimReplay(t.Context(), p.db, now, now.Add(-replayStale))
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = claimReplay(t.Context(), p.db, now, now.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, found)
	got, err := p.svc.FindReplay(t.Context(), supervisor(), r.ID)
	require.NoError(t, err)
	assert.Equal(t, ReplayFailed, got.State)
	assert.NotEmpty(t, got.Error)
}

func TestErasedPeopleLeaveReports(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	r, err := p.svc.Replay(t.Context(), supervisor(), p.spec(), nil)
	require.NoError(t, err)
	for _, row := range p.rows(r) {
		require.NoError(t, p.svc.Forget(t.Context(), []string{row.Conversation}))
	}
	assert.Empty(t, p.rows(r))
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "parcel")
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	answer := func(article string) ReplaySide {
		return ReplaySide{By: sideBot, Action: actAnswer, Text: "of " + article, articles: []string{article}}
	}
	reworded := answer("a")
	reworded.Text = "other words"
	handoff := ReplaySide{By: sideBot, Action: actHandoff, Reason: reasonFailure}
	fallback := ReplaySide{By: sideBot, Action: actFallback, Text: "Could you say that again?"}
	person := ReplaySide{By: sidePerson, Text: "Hello."}
	nobody := ReplaySide{By: sideNobody}
	for name, test := range map[string]struct {
		recorded, shadow ReplaySide
		want             Verdict
	}{
		"the same":             {answer("a"), answer("a"), VerdictSame},
		"other words":          {answer("a"), reworded, VerdictSame},
		"another article":      {answer("a"), answer("b"), VerdictDifferent},
		"asks back":            {answer("a"), fallback, VerdictDifferent},
		"hands over":           {answer("a"), handoff, VerdictHandsOver},
		"answers now":          {handoff, answer("a"), VerdictAnswers},
		"answers for a person": {person, answer("a"), VerdictAnswers},
		"still hands over":     {handoff, handoff, VerdictSame},
		"a person it is":       {person, fallback, VerdictSame},
		"asks before":          {handoff, fallback, VerdictDifferent},
		"nobody had answered":  {nobody, answer("a"), VerdictUnanswered},
		"pleasantries of a kind": {
			ReplaySide{By: sideBot, Action: actSmallTalk, Text: "You are welcome."}, ReplaySide{By: sideBot, Action: actSmallTalk, Text: "Glad to help."}, VerdictSame,
		},
	} {
		assert.Equal(t, test.want, verdict(&test.recorded, &test.shadow), name)
	}
}

// A click on a quick reply is compared where the version has offered it too.
func TestReplayOfQuickReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := &past{world: w, from: event.Now().Add(-time.Second), to: event.Now().Add(time.Minute)}
	c := w.open(event.StateBot, "en")
	seq := c.say("where is my parcel")
	c.deliverAll()
	answer, _ := c.answer(seq)
	no := choiceOf(t, &answer, "no")
	c.click(no)
	c.deliverAll()
	r, err := w.svc.Replay(t.Context(), supervisor(), p.spec(), nil)
	require.NoError(t, err)
	assert.Equal(t, map[Verdict]int{VerdictSame: 2}, r.Counts)
	assert.Contains(t, p.rows(r), no.Label)

	delete(w.library.passages, "parcel") // then there is nothing to say no to
	r, err = w.svc.Replay(t.Context(), supervisor(), p.spec(), nil)
	require.NoError(t, err)
	assert.Equal(t, map[Verdict]int{VerdictDifferent: 1}, r.Counts)
	assert.NotContains(t, p.rows(r), no.Label)
}
