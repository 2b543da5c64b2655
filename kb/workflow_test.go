package kb_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/kb"
)

// colleagues are two agents and two supervisors.
type colleagues struct{}

func (colleagues) Agents(_ context.Context, list []string) ([]event.AgentProfile, error) {
	roles := map[string]string{"ana": "agent", "ben": "supervisor", "cleo": "supervisor", "dan": "agent"}
	var out []event.AgentProfile
	for _, id := range list {
		if role := roles[id]; role != "" {
			out = append(out, event.AgentProfile{ID: id, Name: id, Role: role})
		}
	}
	return out, nil
}

func withStaff(c *kb.Config) { c.Staff = colleagues{} }

// do asks as somebody and expects a draft.
func (d *desk) do(t testing.TB, method, path, who, body string) kb.Draft {
	t.Helper()
	a := d.ask(t, method, "/api/v1/articles"+path, who, body)
	require.Less(t, a.status, 300, a.body)
	return decode[kb.Draft](t, a)
}

func (d *desk) step(t testing.TB, id, who, body string) answer {
	t.Helper()
	return d.ask(t, "POST", "/api/v1/articles/"+id+"/workflow", who, body)
}

// An agent writes and asks, a supervisor returns, approves and publishes; each
// learns of it.
func TestReview(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	notices := make(chan event.Notice, 16)
	sub, err := d.bus.Subscribe(event.AgentAll, func(_ string, data []byte) {
		var n event.Notice
		if assert.NoError(t, json.Unmarshal(data, &n)) {
			notices <- n
		}
	})
	require.NoError(t, err)
	defer sub.Unsubscribe()
	told := func(agent, reason string) {
		t.Helper()
		select {
		case n := <-notices:
			assert.Equal(t, event.NoticeArticle, n.Type)
			assert.Equal(t, [2]string{agent, reason}, [2]string{n.Agent, n.Reason})
		case <-time.After(10 * time.Second):
			t.Fatal("nobody was told")
		}
	}

	a := d.do(t, "POST", "", "agent/ana", `{"title":"Reset","markdown":"Press it."}`)
	assert.Equal(t, kb.StatusInProgress, a.Status)
	assert.Equal(t, "ana", a.Work.Owner)
	assert.Equal(t, 403, d.step(t, a.ID, "agent/ana", `{"action":"publish"}`).status)
	assert.Equal(t, 422, d.step(t, a.ID, "agent/ana", `{"action":"ask","reviewer":"dan"}`).status, "an agent cannot approve")
	assert.Equal(t, 422, d.step(t, a.ID, "agent/ana", `{"action":"ask","reviewer":"eve"}`).status)
	require.Equal(t, 200, d.step(t, a.ID, "agent/ana", `{"action":"ask","reviewer":"ben","comment":"Is that all?"}`).status)
	told("ben", "ask")
	tasks := decode[kb.Tasks](t, d.ask(t, "GET", "/api/v1/articles/tasks", "supervisor/ben", ""))
	require.Len(t, tasks.Review, 1)
	assert.Empty(t, decode[kb.Tasks](t, d.ask(t, "GET", "/api/v1/articles/tasks", "supervisor/cleo", "")).Review, "Ben was asked")

	assert.Equal(t, 422, d.step(t, a.ID, "supervisor/ben", `{"action":"return"}`).status, "returned without a word")
	assert.Equal(t, 403, d.step(t, a.ID, "agent/dan", `{"action":"return","comment":"No."}`).status)
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"return","comment":"Which button?"}`).status)
	told("ana", "return")
	require.Len(t, decode[kb.Tasks](t, d.ask(t, "GET", "/api/v1/articles/tasks", "agent/ana", "")).Returned, 1)
	changed := d.do(t, "PATCH", "/"+a.ID, "agent/ana", `{"markdown":"Press **Reset**."}`)
	require.Equal(t, 200, d.step(t, a.ID, "agent/ana", `{"action":"ask"}`).status)
	assert.Equal(t, 409, d.step(t, a.ID, "supervisor/ben", `{"action":"approve","revision":1}`).status, "another text than the one that was read")
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"approve","revision":`+json.Number(itoa(changed.Revision)).String()+`}`).status)
	told("ana", "approve")
	require.Len(t, decode[kb.Tasks](t, d.ask(t, "GET", "/api/v1/articles/tasks", "supervisor/cleo", "")).Approved, 1)
	published := decode[kb.Draft](t, d.step(t, a.ID, "supervisor/cleo", `{"action":"publish"}`))
	told("ana", "publish")
	assert.Equal(t, kb.StatusPublished, published.Status)
	assert.NotEmpty(t, d.find(t, "reset"))
	assert.Equal(t, 409, d.step(t, a.ID, "supervisor/ben", `{"action":"approve"}`).status)

	remarks := decode[struct{ Remarks []kb.Remark }](t, d.ask(t, "GET", "/api/v1/articles/"+a.ID+"/remarks", "agent", "")).Remarks
	require.Len(t, remarks, 5)
	assert.Equal(t, kb.ActionPublish, remarks[0].Kind)
	assert.Equal(t, "Which button?", remarks[3].Text)
	assert.Equal(t, "Ben", remarks[3].Author)
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// A new version is written and reviewed while readers see the old one.
func TestStagedVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Reset","markdown":"Old words.","status":"published"}`)
	assert.Equal(t, 403, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID, "agent/ana", `{"markdown":"x"}`).status)
	staged := d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"markdown":"New words.","revision":1}`)
	require.NotNil(t, staged.Staged)
	assert.Equal(t, "Old words.", staged.Markdown)
	assert.Equal(t, "New words.", staged.Staged.Markdown)
	assert.Equal(t, "Reset", staged.Staged.Title, "what is not named stays")
	assert.Equal(t, 2, staged.Staged.Revision)
	assert.Equal(t, 409, d.ask(t, "PUT", "/api/v1/articles/"+a.ID+"/staged", "agent/dan", `{"markdown":"Other.","revision":1}`).status)
	for _, p := range d.find(t, "new words") {
		assert.NotContains(t, p.Markdown, "New", "readers do not see it")
	}
	require.Equal(t, 200, d.step(t, a.ID, "agent/ana", `{"action":"ask"}`).status)
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"approve"}`).status)

	again := d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"markdown":"Newer words."}`)
	assert.Equal(t, kb.StatusInProgress, again.Staged.Status, "another text than the one that was approved")
	live := d.do(t, "PATCH", "/"+a.ID, "supervisor/ben", `{"summary":"A fix"}`)
	assert.Equal(t, 4, live.Revision, "one line of numbers for live and staged texts")
	conflict := d.step(t, a.ID, "supervisor/ben", `{"action":"publish"}`)
	assert.Equal(t, 409, conflict.status, "it would undo the fix")
	assert.Contains(t, conflict.body, "compare")
	d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"summary":"A fix","base":4}`)
	published := decode[kb.Draft](t, d.step(t, a.ID, "supervisor/ben", `{"action":"publish"}`))
	assert.Nil(t, published.Staged)
	assert.Equal(t, "Newer words.", published.Markdown)
	assert.Equal(t, 5, published.Revision)
	list := decode[struct{ Revisions []kb.Revision }](t, d.ask(t, "GET", "/api/v1/articles/"+a.ID+"/revisions", "agent", "")).Revisions
	require.Len(t, list, 5)

	restored := d.do(t, "POST", "/"+a.ID+"/revisions/1/restore?staged=1", "supervisor/ben", "")
	assert.Equal(t, "Newer words.", restored.Markdown)
	assert.Equal(t, "Old words.", restored.Staged.Markdown)
	discarded := decode[kb.Draft](t, d.step(t, a.ID, "agent/ana", `{"action":"discard"}`))
	assert.Nil(t, discarded.Staged)

	d.do(t, "POST", "/"+a.ID+"/revisions/1/restore", "agent/ana", "")
	reopened := decode[kb.Draft](t, d.step(t, a.ID, "supervisor/ben", `{"action":"reopen"}`))
	assert.Equal(t, kb.StatusInProgress, reopened.Status)
	assert.Equal(t, "Old words.", reopened.Markdown, "the latest text goes on")
	assert.Nil(t, reopened.Staged)
}

// Where reviews are required nothing is published that somebody else has not
// approved, on no way.
func TestReviewRequired(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	assert.Equal(t, 403, d.ask(t, "PATCH", "/api/v1/kb/settings", "supervisor", `{"review_required":true}`).status)
	require.Equal(t, 200, d.ask(t, "PATCH", "/api/v1/kb/settings", "admin", `{"review_required":true,"review_days":90}`).status)
	refused := func(method, path, who, body string) {
		t.Helper()
		a := d.ask(t, method, "/api/v1/articles"+path, who, body)
		assert.GreaterOrEqual(t, a.status, 400, "%s %s %s: %s", method, path, body, a.body)
		assert.Less(t, a.status, 500, a.body)
	}
	refused("POST", "", "admin/cleo", `{"title":"Now","status":"published"}`)
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Reset","markdown":"Text."}`)
	refused("POST", "/"+a.ID+"/publish", "supervisor/ben", "")
	refused("PATCH", "/"+a.ID, "supervisor/ben", `{"status":"published"}`)
	refused("PATCH", "/"+a.ID, "supervisor/ben", `{"status":"approved"}`)
	refused("POST", "/"+a.ID+"/workflow", "supervisor/ben", `{"action":"approve"}`)
	refused("POST", "/"+a.ID+"/workflow", "supervisor/ben", `{"action":"schedule","publish_at":"2999-01-01T00:00:00Z"}`)
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/cleo", `{"action":"approve"}`).status)
	refused("PATCH", "/"+a.ID, "supervisor/ben", `{"status":"published","markdown":"Another text."}`)
	require.Equal(t, 200, d.step(t, a.ID, "supervisor/ben", `{"action":"publish"}`).status)
	got := d.do(t, "GET", "/"+a.ID, "agent", "")
	assert.NotEmpty(t, got.Work.ReviewAfter, "by the rule of the team")
	refused("PATCH", "/"+a.ID, "supervisor/ben", `{"markdown":"Live at once."}`)
	d.do(t, "PATCH", "/"+a.ID, "supervisor/ben", `{"position":4}`)
	bulk := decode[kb.BulkOutcome](t, d.ask(t, "POST", "/api/v1/articles/bulk", "supervisor/ben", `{"ids":["`+a.ID+`","`+ids.New()+`"],"action":"move","collection":""}`))
	assert.Equal(t, []string{a.ID}, bulk.Done)
	require.Len(t, bulk.Failed, 1)
}

// A scheduled version goes live once, at its time, whatever process is there.
func TestScheduledPublishing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withStaff)
	d.run(t)
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Reset","markdown":"Words of tomorrow."}`)
	assert.Equal(t, 422, d.step(t, a.ID, "supervisor/ben", `{"action":"schedule","publish_at":"2001-01-01T00:00:00Z"}`).status)
	plan := func(in time.Duration) kb.Draft {
		t.Helper()
		body, err := json.Marshal(kb.Step{Action: kb.ActionSchedule, PublishAt: new(time.Now().Add(in))})
		require.NoError(t, err)
		got := d.step(t, a.ID, "supervisor/ben", string(body))
		require.Equal(t, 200, got.status, got.body)
		return decode[kb.Draft](t, got)
	}
	far := plan(time.Hour)
	assert.Equal(t, kb.StatusApproved, far.Status)
	require.NotNil(t, far.Work.PublishAt)
	plan(400 * time.Millisecond)
	var got kb.Draft
	require.Eventually(t, func() bool {
		got = d.do(t, "GET", "/"+a.ID, "agent", "")
		return got.Status == kb.StatusPublished
	}, 20*time.Second, 50*time.Millisecond)
	assert.Nil(t, got.Work.PublishAt)
	require.Eventually(t, func() bool { return len(d.find(t, "words of tomorrow")) > 0 }, 20*time.Second, 50*time.Millisecond)

	d.do(t, "PUT", "/"+a.ID+"/staged", "agent/ana", `{"markdown":"Words of next week."}`)
	plan(time.Hour)
	kept := decode[kb.Draft](t, d.step(t, a.ID, "supervisor/ben", `{"action":"unschedule"}`))
	assert.Nil(t, kept.Work.PublishAt)
	assert.Equal(t, kb.StatusApproved, kept.Staged.Status)
}

func TestReminders(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := newDesk(t, withStaff, func(c *kb.Config) { c.Clock = func() time.Time { return now } })
	a := d.do(t, "POST", "", "supervisor/ben", `{"title":"Old","status":"published"}`)
	assert.Equal(t, 422, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID+"/work", "supervisor", `{"review_after":"soon"}`).status)
	assert.Equal(t, 422, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID+"/work", "supervisor", `{"owner":"eve"}`).status)
	d.do(t, "PATCH", "/"+a.ID+"/work", "supervisor/ben", `{"owner":"dan","review_after":"`+now.AddDate(0, 0, 10).UTC().Format(time.DateOnly)+`"}`)
	assert.Equal(t, 403, d.ask(t, "PATCH", "/api/v1/articles/"+a.ID+"/work", "agent/ana", `{"owner":"ana"}`).status)
	remind := func() int {
		t.Helper()
		n, err := d.Remind(t.Context())
		require.NoError(t, err)
		return n
	}
	due := func() int {
		return len(decode[struct{ Articles []kb.Draft }](t, d.ask(t, "GET", "/api/v1/articles?due=1", "agent", "")).Articles)
	}
	assert.Zero(t, remind())
	assert.Zero(t, due())
	now = now.AddDate(0, 0, 11)
	assert.Equal(t, 1, due())
	assert.Equal(t, 1, remind())
	assert.Zero(t, remind(), "once for each date")
	assert.Len(t, decode[kb.Tasks](t, d.ask(t, "GET", "/api/v1/articles/tasks", "agent/dan", "")).Due, 1)
	d.do(t, "PATCH", "/"+a.ID+"/work", "agent/dan", `{"review_after":""}`)
	assert.Zero(t, due())
}

func TestAutosave(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const path = "/api/v1/articles/autosave"
	assert.Equal(t, 204, d.ask(t, "GET", path, "agent/ana", "").status, "nothing yet")
	require.Equal(t, 204, d.ask(t, "PUT", path, "agent/ana", `{"body":{"title":"Half a"},"revision":0}`).status)
	require.Equal(t, 204, d.ask(t, "PUT", path, "agent/ana", `{"body":{"title":"Half a sentence"}}`).status)
	got := decode[kb.Autosave](t, d.ask(t, "GET", path, "agent/ana", ""))
	assert.JSONEq(t, `{"title":"Half a sentence"}`, string(got.Body))
	assert.Equal(t, 204, d.ask(t, "GET", path, "agent/dan", "").status, "each has their own")
	assert.Equal(t, 422, d.ask(t, "PUT", path, "agent/ana", `{"body":"text"}`).status)
	assert.Equal(t, 204, d.ask(t, "GET", path+"?article=nothing", "agent/ana", "").status, "of an article that is no more")
	assert.Equal(t, 404, d.ask(t, "GET", path+"?article=no-id", "agent/ana", "").status)
	require.Equal(t, 204, d.ask(t, "DELETE", path, "agent/ana", "").status)
	assert.Equal(t, 204, d.ask(t, "GET", path, "agent/ana", "").status)
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := func() []kb.Template {
		return decode[struct{ Templates []kb.Template }](t, d.ask(t, "GET", "/api/v1/kb/templates", "agent", "")).Templates
	}
	first := list()
	require.Len(t, first, 4)
	assert.Equal(t, "How-to", first[0].Name)
	made := decode[kb.Template](t, d.ask(t, "POST", "/api/v1/kb/templates", "supervisor", `{"name":"Policy","markdown":"## Who","position":9}`))
	changed := decode[kb.Template](t, d.ask(t, "PATCH", "/api/v1/kb/templates/"+first[0].ID, "supervisor", `{"name":"Guide"}`))
	assert.Equal(t, first[0].Markdown, changed.Markdown)
	assert.Equal(t, 422, d.ask(t, "POST", "/api/v1/kb/templates", "supervisor", `{"name":" "}`).status)
	assert.Equal(t, 204, d.ask(t, "DELETE", "/api/v1/kb/templates/"+made.ID, "supervisor", "").status)
	assert.Equal(t, 404, d.ask(t, "DELETE", "/api/v1/kb/templates/"+made.ID, "supervisor", "").status)
	assert.Equal(t, "Guide", list()[0].Name)
}

func TestNobodyReviewsForAnUnknownStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "One", "Text.")
	_, err := d.Take(t.Context(), viewer("admin", "ana"), a.ID, kb.Step{Action: "burn"})
	assert.True(t, errs.Is(err, errs.Invalid))
}
